#pragma once

/// \file
/// Id<Tag>: integers that cannot be mixed up (a TenantId is not a JobId).

#include <compare>
#include <cstdint>
#include <functional>

namespace pulse {

template <class Tag>
class Id {
 public:
  constexpr Id() noexcept = default;  ///< The id 0, which no stored row ever has.
  constexpr explicit Id(std::int64_t value) noexcept : value_(value) {}
  constexpr std::int64_t value() const noexcept { return value_; }
  constexpr explicit operator bool() const noexcept { return value_ != 0; }
  friend constexpr auto operator<=>(Id, Id) noexcept = default;

 private:
  std::int64_t value_ = 0;
};

using TenantId = Id<struct TenantTag>;
using IntegrationId = Id<struct IntegrationTag>;
using JobId = Id<struct JobTag>;
using StepId = Id<struct StepTag>;
using RawId = Id<struct RawTag>;
using RowId = Id<struct RowTag>;
using DeadLetterId = Id<struct DeadLetterTag>;
using WorkerId = Id<struct WorkerTag>;
using Term = Id<struct TermTag>;  ///< One leader's time in office; a later one is a higher number.

}  // namespace pulse

template <class Tag>
struct std::hash<pulse::Id<Tag>> {
  std::size_t operator()(pulse::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value());
  }
};
