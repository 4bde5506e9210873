#pragma once

/// \file
/// What every Vectors refuses before it asks anybody. Pure.

#include <span>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/vectors/vectors.h"

namespace pulse::vectors {

inline constexpr int kMostDimensions = 4096;
inline constexpr int kMostHits = 1000;
inline constexpr int kMostListedPoints = 10'000;

/// Errors: kInvalid (other dimensions, not of unit length, not finite); `what` names it.
Result<> CheckVector(std::string_view what, std::span<const float> values, std::size_t dimensions);

/// Errors: kInvalid unless 1..most.
Result<> CheckLimit(int limit, int most);

/// A uuid as PointId writes it: 36 characters, lower case.
bool IsPointId(std::string_view id) noexcept;

}  // namespace pulse::vectors
