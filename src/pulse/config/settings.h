#pragma once

/// \file
/// Settings: everything an operator can set, described once as rows and read once at start.
///
/// A value comes from, strongest first: a flag, the environment, the settings file (TOML, flat
/// `name = value`), the row's default. Reading is strict: an unknown name or a value out of bounds
/// is an error naming its nearest neighbour or its bounds, and all errors are reported at once.
/// Secrets cannot be given as flags (other users see a command line) and are masked in everything
/// shown. A secret, or an address that may hold one, can also be in a file that NAME_FILE names.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::config {

struct ListenAddress {
  std::string host;  ///< IPv4 or IPv6 without brackets.
  std::uint16_t port = 0;
};

/// The values themselves; what each means, its bounds and its cost stand in its row (rows.cc).
struct Settings {
  std::string home;
  std::string database_url;    ///< Never empty: the default names a file in `home`.
  std::string queue_url;       ///< "ledger" or amqp://…
  std::string redis_url;       ///< Empty: the built-in cache.
  std::string qdrant_url;      ///< Empty: the built-in vector store.
  std::string qdrant_api_key;  ///< Secret. Empty: none is sent.
  std::string embeddings_url;  ///< Empty: the built-in embedder.
  std::string embeddings_model;
  std::string embeddings_api_key;  ///< Secret. Empty: none is sent.
  bool allow_private_sources = false;
  bool vectors = true;
  bool fused = true;
  int concurrency = 0;
  std::string stages;  ///< Comma-separated names; checked where they are used.
  int claim_batch = 0;
  int vectorize_batch = 0;
  int extract_concurrency_per_integration = 0;
  ListenAddress backend_listen;
  ListenAddress etl_listen;
  std::string metrics_token;  ///< Secret. Empty: metrics are served to loopback only.
  std::string log_level;      ///< debug | info | warn | error
  std::string log_file;       ///< Empty: stderr.
  int tenant_label_cap = 0;
  std::string ca_file;
  std::chrono::milliseconds http_timeout{0};
};

/// Where a value can live in Settings; the alternative also is the row's type.
using Field = std::variant<
    std::string Settings::*,
    bool Settings::*,
    int Settings::*,
    ListenAddress Settings::*,
    std::chrono::milliseconds Settings::*>;

struct Row {
  std::string_view name;  ///< In the file; the flag is the same with dashes: --claim-batch.
  /// "text" | "url" | "path" | "switch" | "count" | "address" | "duration" | "level"
  std::string_view type;
  std::string_view unit;          ///< Of a count; empty otherwise.
  std::string_view default_text;  ///< "" for none. `{home}` and `{state}` are filled in when read.
  std::string_view bounds;        ///< For people: "1..1024", "on | off".
  std::string_view example;
  std::string_view env;  ///< Environment variable.
  bool secret = false;
  bool needs_restart = true;
  std::string_view doc;  ///< A paragraph, including what turning it up costs.
  Field field;
  std::int64_t min = 0;  ///< Of a count; milliseconds of a duration; characters of a text.
  std::int64_t max = 0;
  /// "a|b://": the only texts accepted; one that ends in a slash is how they begin. Empty: any.
  std::string_view choices{};
};

/// All rows, in the order of the documentation.
std::span<const Row> Rows();

/// "--claim-batch" for "claim_batch".
std::string FlagOf(const Row& row);

/// Whether `env` + "_FILE" may name a file with the value: secrets, and URLs with one inside.
bool MayComeFromFile(const Row& row);

enum class Origin : unsigned char { kDefault, kFile, kEnvironment, kFlag };
std::string_view Name(Origin origin) noexcept;  ///< "default" | "file" | "environment" | "flag"

/// One place that named a value, the strongest first.
struct Candidate {
  Origin origin = Origin::kDefault;
  std::string where;  ///< "--claim-batch", "PULSE_CLAIM_BATCH", "pulse.toml:7", "default"
  std::string text;   ///< As given, already masked when the row is secret.
};

struct Explained {
  const Row* row = nullptr;
  std::vector<Candidate> candidates;  ///< [0] won; the others are shadowed by it.
};

struct Inputs {
  std::map<std::string, std::string> flags;  ///< By row name: {"claim_batch", "64"}.
  /// The whole environment; foreign names are fine, an empty value counts as absent.
  std::map<std::string, std::string> environment;
  /// The file to read. Empty: the one PULSE_CONFIG names, else `pulse.toml` in home if it is there.
  std::string file;
};

struct Loaded {
  Settings settings;
  std::vector<Explained> explained;  ///< One per row, in the rows' order.
  std::string file;                  ///< The file that was read; empty: none.
};

/// Reads everything. Error: kInvalid; the message has one line per problem, none with a secret.
/// An environment variable that no row names is ignored, unless it is within two typing errors of
/// one that is (PULSE_VECTOR): then it is a problem too.
Result<Loaded> Load(const Inputs& inputs);

/// A variable of this process's environment; nothing when it is absent, "" when it is empty.
std::optional<std::string> EnvironmentValue(const std::string& name);

/// This process's environment as Inputs wants it.
std::map<std::string, std::string> ProcessEnvironment();

/// docs/reference/config.md, generated from the rows.
std::string Markdown();

}  // namespace pulse::config
