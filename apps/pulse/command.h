#pragma once

/// \file
/// Command: one row of the table that the parser, --help, the completions and
/// docs/reference/cli.md are all made from. The rows are in command_table.h.

#include <cstddef>
#include <span>
#include <string_view>

namespace pulse::app {

/// What a shell may offer for a value.
enum class Words : unsigned char { kNothing, kFile, kTenant, kIntegration, kEntityType, kTable };

enum class Repeat : unsigned char {
  kOnce,    ///< The last one counts.
  kEach,    ///< --x A --x B
  kGreedy,  ///< --x A B C, and again
};

struct Option {
  std::string_view name;        ///< Without dashes.
  std::string_view value = {};  ///< Placeholder; empty: a switch.
  std::string_view help;
  Repeat repeat = Repeat::kOnce;
  char letter = 0;                ///< -q
  std::string_view choices = {};  ///< "table|json": every other value is a usage error.
  Words words = Words::kNothing;
  bool required = false;
};

struct Argument {
  std::string_view name;
  std::string_view help;
  bool required = true;
  bool many = false;
  std::string_view choices = {};
  Words words = Words::kNothing;
};

struct Command {
  std::string_view path;  ///< "tenant create"
  std::string_view summary;
  std::span<const Argument> arguments = {};
  std::span<const Option> options = {};
  std::string_view details = {};
  std::span<const std::string_view> examples = {};
};

/// "tenant": what the commands below it have in common.
struct Group {
  std::string_view name;
  std::string_view summary;
};

/// Another word for the last word of a path: ls for list, rm for remove and delete.
struct Alias {
  std::string_view alias;
  std::string_view word;
};

}  // namespace pulse::app
