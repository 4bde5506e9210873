#pragma once

/// \file
/// "did you mean": the known word nearest to an unknown one.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pulse::app {

/// Edits (insert, delete, replace, swap two neighbours) that turn `a` into `b`, case ignored.
int EditDistance(std::string_view a, std::string_view b);

/// The nearest of `known`, first of equals; nothing when all are more than a third of the word (at
/// least two edits) away.
std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> known);

/// `: did you mean "x"?`, or nothing: to append to a message.
std::string DidYouMean(std::string_view word, std::span<const std::string> known);

}  // namespace pulse::app
