#pragma once

/// \file
/// "did you mean" for messages.

#include <span>
#include <string>
#include <string_view>

namespace pulse::app {

/// `: did you mean "x"?` with the nearest of `known`, or nothing when all of them are more than a
/// third of the word (at least two edits) away: to append to a message.
std::string DidYouMean(std::string_view word, std::span<const std::string> known);

}  // namespace pulse::app
