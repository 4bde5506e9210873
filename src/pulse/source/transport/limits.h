#pragma once

/// \file
/// What all steps of one integration share while they ask its source: a breaker, a budget, the
/// windows in which the source wants no calls, and a pace that makes a dwindling quota last.

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/base/ids.h"
#include "pulse/base/sync.h"
#include "pulse/cache/cache.h"
#include "pulse/resilience/breaker.h"
#include "pulse/resilience/budget.h"
#include "pulse/source/source.h"

namespace pulse::source {

struct LimitsPolicy {
  /// Below what both sources tolerate: GitHub's secondary limit is 900 points a minute, Atlassian
  /// advises to design for about ten calls a second. (docs.github.com, developer.atlassian.com;
  /// 2026-11) A self-hosted source takes more.
  double calls_per_second = 12;
  double burst = 60;
  /// From here on the rest of a quota is spread evenly over the time until it is filled again.
  double slow_below = 200;
  /// A step waits so long at most, holding its worker; for longer it is parked.
  std::chrono::milliseconds patience{1000};
  /// Longer windows are asked again after this: a source may announce nonsense.
  std::chrono::milliseconds longest_pause{std::chrono::hours(1)};
  resilience::BudgetPolicy budget{};
  resilience::BreakerPolicy breaker{};
};

/// What a call counts against: its endpoint, unless it names more.
inline const std::string& QuotaOf(const Call& call) {
  return call.quota.empty() ? call.endpoint : call.quota;
}

/// Thread-safe. Shared through the cache with other processes, as far as that can be reached: the
/// rate, the windows, and that a breaker opened. Each process's own: the calls in flight, and the
/// pace, which corrects itself because the source counts everybody's calls in each answer.
class Limits {
 public:
  Limits(
      std::string key,
      const LimitsPolicy& policy,
      cache::Cache& cache,
      const Clock& clock,
      const SteadyNow& steady_now,
      std::uint64_t seed
  );

  /// Leave for one call. Errors: kUnavailable with retry_after, while the breaker is open or
  /// another process found that the source fails. How the call went is told to Worked or Broke; a
  /// pass that is dropped says nothing.
  Result<resilience::Breaker::Pass> Admit();
  void Worked(resilience::Breaker::Pass pass);
  void Broke(resilience::Breaker::Pass pass);  ///< Only for kUnavailable and kTimeout.

  /// Of this process; to look at.
  const resilience::Breaker& breaker() const { return breaker_; }
  resilience::Budget& budget() { return budget_; }
  const LimitsPolicy& policy() const { return policy_; }

  // A `quota` is what QuotaOf says of a call; "" stands for the whole integration.

  /// kRateLimited, with retry_after, inside a window of this quota or of the integration; at once.
  Result<> RefuseWhilePaused(const std::string& quota = {}) const;

  /// Opens a window. `announced` is the source's own figure; without one, 2, 4, 8, … seconds by how
  /// often that happened in a row, 0.7 to 1.3 times. Bounded, and an announced one lengthened a
  /// little at random so that not all steps come back at its very end. Never shortens a window.
  /// Returns how long it is from now.
  std::chrono::milliseconds PauseFor(
      std::optional<std::chrono::milliseconds> announced, const std::string& quota = {}
  );

  /// A call went through: the next unannounced limit counts from the start again.
  void NoteSuccess(const std::string& quota);

  /// The source says: `remaining` calls until `resets_at` (our clock). Slows the quota down when
  /// they are few, opens a window when there are none.
  void NoteQuota(const std::string& quota, double remaining, EpochMs resets_at, Stops spent_stops);

  /// Waits for this call's turn under the pace of its quota. Errors: kRateLimited with retry_after
  /// (the turn is beyond our patience), kCancelled.
  Result<> AwaitTurn(const std::string& quota, double cost, std::stop_token stop);

 private:
  struct Window {
    EpochMs until = 0;
    int unannounced_in_a_row = 0;
  };
  struct Pace {
    double ms_per_token = 0;
    EpochMs until = 0;
    EpochMs next_turn = 0;
  };
  double Random(double from, double to);
  std::string WindowKey(const std::string& quota) const;
  EpochMs PausedUntil(const std::string& quota) const;
  /// An instant that some process put under `key`; nothing if it lies beyond `longest` from now,
  /// for whatever else is in the cache.
  EpochMs SharedUntil(const std::string& key, std::chrono::milliseconds longest) const;
  void ShareUntil(const std::string& key, EpochMs until, std::chrono::milliseconds ttl);

  const std::string key_;
  const LimitsPolicy policy_;
  cache::Cache& cache_;
  const Clock& clock_;
  resilience::Breaker breaker_;
  resilience::Budget budget_;
  std::atomic<bool> told_others_ = false;           // That the breaker opened.
  Guarded<std::map<std::string, Window>> windows_;  // By quota.
  Guarded<std::map<std::string, Pace>> paces_;      // By quota.
  Guarded<std::mt19937_64> random_;
};

/// All integrations' limits in this process. Thread-safe; what it refers to must outlive it.
class LimitsRegistry {
 public:
  LimitsRegistry(
      cache::Cache& cache,
      const Clock& clock,
      LimitsPolicy policy = {},
      SteadyNow steady_now = RealSteadyNow()
  );

  /// The same object for the same integration, as long as the registry lives.
  Limits& For(TenantId tenant, IntegrationId integration);

  /// Runs `see` for each integration asked so far, e.g. to show breakers and windows.
  void ForEach(const std::function<void(TenantId, IntegrationId, Limits&)>& see);

 private:
  using Key = std::pair<TenantId, IntegrationId>;

  cache::Cache& cache_;
  const Clock& clock_;
  const LimitsPolicy policy_;
  const SteadyNow steady_now_;
  Guarded<std::map<Key, std::unique_ptr<Limits>>> limits_;
};

}  // namespace pulse::source
