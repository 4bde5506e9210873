#pragma once

/// \file
/// What `pulse help` knows besides the commands, as data: the topics and the environment.

#include <string_view>

namespace pulse::app {

struct Variable {
  std::string_view name;
  std::string_view help;
};

inline constexpr Variable kVariables[] = {
    {"PULSE_HOME",
     "State directory: pulse.db, vectors, the generated key (default $XDG_STATE_HOME/pulse)."},
    {"DATABASE_URL", "sqlite:///PATH (default PULSE_HOME/pulse.db) or postgresql://…"},
    {"QUEUE_URL", "ledger (default) or amqp://…"},
    {"REDIS_URL", "Optional shared cache."},
    {"QDRANT_URL", "Optional vector server; without it vectors are a file in PULSE_HOME."},
    {"EMBEDDINGS_URL", "Optional embeddings server; without it a built-in one that knows words."},
    {"…_FILE", "DATABASE_URL_FILE and the like: a file that holds the URL or secret."},
    {"PULSE_ALLOW_PRIVATE_SOURCES",
     "1 lets integrations point at loopback and private addresses, and at http."},
    {"PULSE_TENANT", "Tenant when --tenant is not given."},
    {"PULSE_CONFIG", "Settings file when --config is not given."},
    {"NO_COLOR", "Set to anything: no colours."},
};

struct Topic {
  std::string_view name;
  std::string_view summary;
  std::string_view text = {};  ///< Empty: made from a table.
};

inline constexpr Topic kTopics[] = {
    {.name = "exit-codes", .summary = "What the exit code says."},
    {.name = "environment", .summary = "The variables most often set."},
    {.name = "formatting",
     .summary = "What goes to stdout and what to stderr, and in which form.",
     .text = R"(Results go to stdout; progress, notes, warnings and errors go to stderr.

  --json      One JSON value on stdout and nothing else there; an error is the object
              {"type","title","status","detail","code","retryable"}. The exit code is the same.
  -o FORMAT   Of `pulse data query` alone: table, json, ndjson (an object a line) or csv.
  -q          No progress and no notes; warnings and errors stay.
  --no-color  No colours, as with NO_COLOR; there are none either when stderr is no terminal.

Tables fit the terminal; into a pipe or a file they go whole. Times are UTC.
)"},
    {.name = "config",
     .summary = "Where settings come from.",
     .text =
         R"(A flag wins over the environment, which wins over the settings file, which wins over the default.
The file is flat TOML (claim_batch = 16): the one that --config or PULSE_CONFIG names, else
pulse.toml in PULSE_HOME. Every setting but a secret is a flag of every command (--claim-batch 16).
An unknown name or a value out of bounds stops the program, with all problems at once.
)"},
};

}  // namespace pulse::app
