#pragma once

/// \file
/// From argv to an Invocation, by the command table. Where settings come from (flag, environment,
/// file) is config's business, not the parser's.

#include <span>
#include <string>

#include "invocation.h"

#include "pulse/base/error.h"

namespace pulse::app {

/// `words`: argv without the program's name. `setting_flags`: names of the settings every command
/// accepts as `--name VALUE`, without dashes. Errors: kInvalid, one line that names the word that
/// is wrong, the nearest right one, and the usage.
Result<Invocation> ParseCommandLine(
    std::span<const std::string> words, std::span<const std::string> setting_flags
);

}  // namespace pulse::app
