#pragma once

/// \file
/// Taking a JSON array apart without reading what is in it: results can be large. Pure.

#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::app {

/// The elements of a JSON array as they stand in `json`. Errors: kInternal (no array).
Result<std::vector<std::string_view>> SplitJsonArray(std::string_view json);

}  // namespace pulse::app
