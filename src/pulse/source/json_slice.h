#pragma once

/// \file
/// Cutting an array or a field out of a text that is not quite JSON, by brackets and quotes alone.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::source {

/// The elements of the array at `path`, as views into `body`. Looks at quotes, escapes, brackets
/// and commas only; what lies between is not checked. No recursion: nesting costs nothing.
/// Errors: kInvalid when the array is not there or is not closed.
Result<std::vector<std::string_view>> SliceArray(
    std::string_view body, std::span<const std::string_view> path
);

/// The bytes of the value `key` has in the object `body`, a text with its quotes; nothing when it
/// is not there. Looks at as little as SliceArray.
std::optional<std::string_view> SliceField(std::string_view body, std::string_view key);

}  // namespace pulse::source
