#pragma once

/// \file
/// Invocation: one parsed command line.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"

namespace pulse::app {

/// Asking for an option or argument the command does not have gives "absent"; the table says what
/// there is.
class Invocation {
 public:
  /// Null when help on `help_path` was asked for instead ("" is everything).
  const Command* command = nullptr;
  std::string help_path;

  bool Has(std::string_view option) const { return options.contains(option); }
  /// The last value given; `fallback` when none was.
  std::string Value(std::string_view option, std::string_view fallback = {}) const;
  std::vector<std::string> Values(std::string_view option) const;
  /// Values split at commas: --entity a,b --entity c.
  std::vector<std::string> List(std::string_view option) const;
  std::string Argument(std::size_t index) const {
    return index < arguments.size() ? arguments[index] : std::string{};
  }

  std::map<std::string, std::vector<std::string>, std::less<>> options;  ///< Switches: no values.
  std::vector<std::string> arguments;
};

}  // namespace pulse::app
