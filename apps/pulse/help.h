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

/// Help on a command path, a group, a topic (help_topics.h) or, for "", on everything.
/// Errors: kNotFound with the nearest topic.
Result<std::string> HelpOn(std::string_view topic);

/// The same as one JSON value, for programs. "": {"commands","everywhere","exit_codes",
/// "environment","topics"}; a command: {"path","summary","usage","details","arguments","options",
/// "examples"}; a group: {"path","summary","about","commands"}. Errors: as HelpOn.
Result<std::string> HelpJson(std::string_view topic);

/// The error of both.
Error NoHelpOn(std::string_view topic);

/// docs/reference/cli.md.
std::string ReferenceMarkdown();

}  // namespace pulse::app
