#pragma once

/// \file
/// Faults: what goes wrong on purpose. Two kinds, both repeatable.
///
/// Transport faults hit calls. They follow a fixed sequence (a call counter per fault), so a given
/// order of calls always meets the same faults, and a call that is repeated gets through:
///   429 500 502 503 reset cut html slow repeat-token empty-page malformed
///   partial-graphql secondary-limit big-page (GitHub; big-page: of the queries over 5,000 nodes)
/// Content faults hit records. They are a function of (seed, record id): every sync sees the same:
///   bad-record deleted index-lag numeric-created (changelog/bulkfetch says `created` as a number,
///   as the vendor's own example does and its schema does not)

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::simulate {

struct FaultOption;

enum class Fault : unsigned char {
  k429,
  k500,
  k502,
  k503,
  kReset,
  kCut,
  kHtml,
  kSlow,
  kRepeatToken,
  kEmptyPage,
  kMalformed,
  kPartialGraphql,
  kSecondaryLimit,
  kBigPage,
  kBadRecord,
  kDeleted,
  kIndexLag,
  kNumericCreated,
};
inline constexpr int kFaultCount = 18;

std::string_view FaultName(Fault fault) noexcept;

/// Thread-safe.
class FaultPlan {
 public:
  /// Errors: kInvalid (unknown name, percent outside 0..100).
  static Result<std::unique_ptr<FaultPlan>> Make(
      std::uint64_t seed, const std::vector<FaultOption>& options
  );

  /// Whether the next call that could meet this transport fault does; counts it when so.
  /// Exactly `percent` of a long run of calls, spread evenly and never two calls running below 50
  /// %.
  bool Strikes(Fault fault) const noexcept;

  /// Whether this record has the content fault. `salt` keeps record families apart.
  bool Marks(Fault fault, std::uint64_t record_id, std::uint64_t salt = 0) const noexcept;

  /// {"502":3,"cut":0}: the configured transport faults and how often each struck. How many records
  /// content faults mark is told by each Api among its records.
  std::string CountsJson() const;

 private:
  explicit FaultPlan(std::uint64_t seed) : seed_(seed) {}

  struct Slot {
    std::uint32_t per_million = 0;
    std::uint64_t phase = 0;
    mutable std::atomic<std::uint64_t> calls{0};
    mutable std::atomic<std::uint64_t> struck{0};
  };
  std::uint64_t seed_;
  std::array<Slot, kFaultCount> slots_;
};

}  // namespace pulse::simulate
