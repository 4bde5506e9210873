#pragma once

/// \file
/// Everything `pulse help` prints, made from the command table. Pure: text out.

#include <string>
#include <string_view>

#include "command.h"

#include "pulse/base/error.h"

namespace pulse::app {

/// "pulse sync INTEGRATION [options]"
std::string UsageLine(const Command& command);

/// Help on a command path, a group, a topic (exit-codes, environment) or, for "", on everything.
/// Errors: kNotFound with the nearest topic.
Result<std::string> HelpOn(std::string_view topic);

/// docs/reference/cli.md.
std::string ReferenceMarkdown();

}  // namespace pulse::app
