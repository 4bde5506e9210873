#include "pulse/vectors/check.h"

#include <cmath>
#include <string>

namespace pulse::vectors {

Result<> CheckVector(std::string_view what, std::span<const float> values, std::size_t dimensions) {
  if (values.size() != dimensions) {
    return Error{
        ErrorKind::kInvalid,
        std::string(what) + " has " + std::to_string(values.size()) + " dimensions, not " +
            std::to_string(dimensions)
    };
  }
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  // NaN fails this comparison, too. An embedder's own rounding stays far below the tolerance.
  if (!(std::abs(std::sqrt(squares) - 1) < 1e-3)) {
    return Error{ErrorKind::kInvalid, std::string(what) + " is not of unit length"};
  }
  return {};
}

Result<> CheckLimit(int limit, int most) {
  if (limit >= 1 && limit <= most) return {};
  return Error{
      ErrorKind::kInvalid,
      "limit " + std::to_string(limit) + " is not within 1.." + std::to_string(most)
  };
}

bool IsPointId(std::string_view id) noexcept {
  if (id.size() != 36) return false;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
    if (dash ? id[i] != '-' : !digit) return false;
  }
  return true;
}

}  // namespace pulse::vectors
