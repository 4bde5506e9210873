#pragma once

/// \file
/// The known word nearest to an unknown one, for "did you mean".

#include <optional>
#include <span>
#include <string_view>

namespace pulse {

/// Edits (insert, delete, replace, swap two neighbours) that turn `a` into `b`; ASCII case ignored.
int EditDistance(std::string_view a, std::string_view b);

/// The nearest of `known`, the first of equals; nothing when every one is further than `max_edits`.
std::optional<std::string_view> Nearest(
    std::string_view word, std::span<const std::string_view> known, int max_edits
);

}  // namespace pulse
