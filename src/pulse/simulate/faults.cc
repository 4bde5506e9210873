#include "pulse/simulate/faults.h"

#include <algorithm>
#include <cmath>

#include "pulse/simulate/random.h"
#include "pulse/simulate/simulator.h"

namespace pulse::simulate {
namespace {

constexpr std::array<std::string_view, kFaultCount> kNames = {
    "429",
    "500",
    "502",
    "503",
    "reset",
    "cut",
    "html",
    "slow",
    "repeat-token",
    "empty-page",
    "malformed",
    "partial-graphql",
    "secondary-limit",
    "big-page",
    "bad-record",
    "deleted",
    "index-lag",
    "numeric-created"
};
constexpr std::uint64_t kMillion = 1'000'000;

}  // namespace

std::string_view FaultName(Fault fault) noexcept { return kNames[static_cast<std::size_t>(fault)]; }

Result<std::unique_ptr<FaultPlan>> FaultPlan::Make(
    std::uint64_t seed, const std::vector<FaultOption>& options
) {
  std::unique_ptr<FaultPlan> plan(new FaultPlan(seed));
  for (const FaultOption& option : options) {
    const auto found = std::find(kNames.begin(), kNames.end(), option.name);
    if (found == kNames.end()) {
      std::string known;
      for (const std::string_view name : kNames)
        known.append(known.empty() ? "" : " ").append(name);
      return Error(ErrorKind::kInvalid, "fault " + option.name + ": unknown; known are " + known);
    }
    if (!(option.percent >= 0 && option.percent <= 100)) {
      return Error(ErrorKind::kInvalid, "fault " + option.name + ": percent must be 0 to 100");
    }
    const auto place = static_cast<std::size_t>(found - kNames.begin());
    Slot& slot = plan->slots_[place];
    slot.per_million = static_cast<std::uint32_t>(std::lround(option.percent * 10'000));
    // Faults of equal rates must not strike the same calls, nor all of them the first.
    slot.phase = HashOf(seed, 200 + place, 0) % kMillion / 2;
  }
  return plan;
}

bool FaultPlan::Strikes(Fault fault) const noexcept {
  const Slot& slot = slots_[static_cast<std::size_t>(fault)];
  if (slot.per_million == 0) return false;
  const std::uint64_t call = slot.calls.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t before = slot.phase + call * slot.per_million;
  if (before / kMillion == (before + slot.per_million) / kMillion) return false;
  slot.struck.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool FaultPlan::Marks(Fault fault, std::uint64_t record_id, std::uint64_t salt) const noexcept {
  const auto place = static_cast<std::size_t>(fault);
  const std::uint32_t per_million = slots_[place].per_million;
  if (per_million == 0) return false;
  return HashOf(seed_, 100 + place, Mix(salt) ^ record_id) % kMillion < per_million;
}

std::string FaultPlan::CountsJson() const {
  std::string out = "{";
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const bool content = i >= static_cast<std::size_t>(Fault::kBadRecord);
    if (slots_[i].per_million == 0 || content) continue;
    if (out.size() > 1) out += ',';
    out.append("\"").append(kNames[i]).append("\":");
    out += std::to_string(slots_[i].struck.load(std::memory_order_relaxed));
  }
  return out += '}';
}

}  // namespace pulse::simulate
