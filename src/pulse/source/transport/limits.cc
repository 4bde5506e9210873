#include "pulse/source/transport/limits.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "pulse/resilience/pause.h"

namespace pulse::source {
namespace {

using std::chrono::milliseconds;

/// Atlassian's guide: 2, 4, 8, 16 seconds for a 429 that does not say for how long.
constexpr milliseconds kFirstUnannounced{2000};
constexpr milliseconds kLongestUnannounced{60'000};

std::optional<EpochMs> ParseEpoch(std::string_view text) {
  EpochMs value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Limits::Limits(
    std::string key,
    const LimitsPolicy& policy,
    cache::Cache& cache,
    const Clock& clock,
    const SteadyNow& steady_now,
    std::uint64_t seed
)
    : key_(std::move(key)),
      policy_(policy),
      cache_(cache),
      clock_(clock),
      breaker_(policy.breaker, steady_now),
      budget_(
          policy.budget,
          [this](double tokens) {
            return cache_.TakeTokens(
                "budget/" + key_, tokens, policy_.calls_per_second, policy_.burst
            );
          }
      ),
      random_(seed) {}

Result<> Limits::RefuseWhilePaused(const std::string& quota) const {
  EpochMs until = PausedUntil({});
  if (!quota.empty()) until = std::max(until, PausedUntil(quota));
  const EpochMs left = until - clock_.Now();
  if (left <= 0) return {};
  return Error{
      ErrorKind::kRateLimited,
      "the source wants no calls for another " + std::to_string(left) + " ms"
  }
      .RetryAfter(milliseconds(left));
}

std::string Limits::WindowKey(const std::string& quota) const {
  return "paused/" + key_ + (quota.empty() ? "" : "/" + quota);
}

EpochMs Limits::PausedUntil(const std::string& quota) const {
  const EpochMs here = windows_.With([&](const std::map<std::string, Window>& windows) {
    const auto found = windows.find(quota);
    return found == windows.end() ? 0 : found->second.until;
  });
  return std::max(here, SharedUntil(WindowKey(quota), policy_.longest_pause * 2));
}

EpochMs Limits::SharedUntil(const std::string& key, milliseconds longest) const {
  const auto shared = cache_.Get(key);
  const EpochMs until = shared ? ParseEpoch(*shared).value_or(0) : 0;
  return until <= clock_.Now() + longest.count() ? until : 0;
}

void Limits::ShareUntil(const std::string& key, EpochMs until, milliseconds ttl) {
  cache_.Put(key, std::to_string(until), ttl);
}

Result<resilience::Breaker::Pass> Limits::Admit() {
  // A breaker that opened here sends its own probes; one that never did leaves that to the others.
  if (breaker_.state() == resilience::BreakerState::kClosed) {
    const EpochMs left = SharedUntil("open/" + key_, policy_.breaker.open_for * 2) - clock_.Now();
    if (left > 0) {
      return Error{ErrorKind::kUnavailable, "another process found that the source fails"}
          .RetryAfter(milliseconds(left));
    }
  }
  return breaker_.Admit();
}

void Limits::Worked(resilience::Breaker::Pass pass) {
  pass.Succeeded();
  if (!told_others_ || breaker_.state() != resilience::BreakerState::kClosed) return;
  if (told_others_.exchange(false)) ShareUntil("open/" + key_, 0, milliseconds(1));
}

void Limits::Broke(resilience::Breaker::Pass pass) {
  pass.Failed();
  if (breaker_.state() != resilience::BreakerState::kOpen) return;
  told_others_ = true;
  const milliseconds open_for = policy_.breaker.open_for;
  ShareUntil("open/" + key_, clock_.Now() + open_for.count(), open_for);
}

milliseconds Limits::PauseFor(std::optional<milliseconds> announced, const std::string& quota) {
  // "Come back in 0 seconds" is no figure: obeyed, it would be a storm.
  const bool known = announced && *announced > milliseconds(0);
  // A tenth, at most ten seconds: enough to spread the steps, little beside an hour's window.
  const milliseconds figure = known ? std::min(*announced, policy_.longest_pause) : milliseconds(0);
  const double tenth = std::min(static_cast<double>(figure.count()) / 10, 10'000.0);
  const double longer = Random(0, tenth);
  const double factor = Random(0.7, 1.3);

  const EpochMs now = clock_.Now();
  bool opened = false;
  const EpochMs end = windows_.With([&](std::map<std::string, Window>& windows) {
    Window& window = windows[quota];
    double wait = static_cast<double>(figure.count()) + longer;
    if (!known) {
      // Calls that were under way when the window opened tell of the same limit, not of the next.
      if (window.until <= now) ++window.unannounced_in_a_row;
      const int earlier = std::clamp(window.unannounced_in_a_row - 1, 0, 5);
      const milliseconds step = std::min(kFirstUnannounced * (1 << earlier), kLongestUnannounced);
      wait = static_cast<double>(step.count()) * factor;
    }
    const EpochMs until = now + static_cast<EpochMs>(wait);
    opened = until > window.until;
    window.until = std::max(window.until, until);
    return window.until;
  });
  const milliseconds left(end - now);
  if (opened) ShareUntil(WindowKey(quota), end, left);
  return left;
}

double Limits::Random(double from, double to) {
  return random_.With([&](std::mt19937_64& random) {
    return std::uniform_real_distribution<double>(from, to)(random);
  });
}

void Limits::NoteSuccess(const std::string& quota) {
  windows_.With([&](std::map<std::string, Window>& windows) {
    for (const std::string& name : {std::string(), quota}) {
      const auto found = windows.find(name);
      if (found != windows.end()) found->second.unannounced_in_a_row = 0;
    }
  });
}

void Limits::NoteQuota(
    const std::string& quota, double remaining, EpochMs resets_at, Stops spent_stops
) {
  const EpochMs left = resets_at - clock_.Now();
  // Servers without limits report 0 of 0 until 1970.
  if (left <= 0) return;
  if (remaining < 1) {
    PauseFor(milliseconds(left), spent_stops == Stops::kQuota ? quota : std::string());
    return;
  }
  paces_.With([&](std::map<std::string, Pace>& paces) {
    if (remaining >= policy_.slow_below) {
      paces.erase(quota);
      return;
    }
    Pace& pace = paces[quota];
    pace.ms_per_token =
        static_cast<double>(std::min(left, policy_.longest_pause.count())) / remaining;
    pace.until = resets_at;
  });
}

Result<> Limits::AwaitTurn(const std::string& quota, double cost, std::stop_token stop) {
  const EpochMs now = clock_.Now();
  const milliseconds wait = paces_.With([&](std::map<std::string, Pace>& paces) {
    const auto found = paces.find(quota);
    if (found == paces.end()) return milliseconds(0);
    Pace& pace = found->second;
    if (pace.until <= now) {
      paces.erase(found);
      return milliseconds(0);
    }
    const EpochMs turn = std::clamp(pace.next_turn, now, pace.until);
    const milliseconds until_turn(turn - now);
    if (until_turn <= policy_.patience) {
      pace.next_turn = turn + static_cast<EpochMs>(pace.ms_per_token * cost);
    }
    return until_turn;
  });
  if (wait > policy_.patience) {
    return Error{
        ErrorKind::kRateLimited, "little of the source's quota is left, so calls are spread out"
    }
        .RetryAfter(wait);
  }
  if (wait > milliseconds(0)) PULSE_CHECK(resilience::Pause(wait, std::move(stop)));
  return {};
}

LimitsRegistry::LimitsRegistry(
    cache::Cache& cache, const Clock& clock, LimitsPolicy policy, SteadyNow steady_now
)
    : cache_(cache), clock_(clock), policy_(policy), steady_now_(std::move(steady_now)) {}

Limits& LimitsRegistry::For(TenantId tenant, IntegrationId integration) {
  return limits_.With([&](auto& limits) -> Limits& {
    std::unique_ptr<Limits>& found = limits[Key(tenant, integration)];
    if (!found) {
      std::string key = std::to_string(tenant.value()) + '/' + std::to_string(integration.value());
      found = std::make_unique<Limits>(
          std::move(key), policy_, cache_, clock_, steady_now_, std::random_device{}()
      );
    }
    return *found;
  });
}

void LimitsRegistry::ForEach(const std::function<void(TenantId, IntegrationId, Limits&)>& see) {
  // Limits never go away, so `see` runs on a copy of the list and outside of the lock.
  std::vector<std::pair<Key, Limits*>> all;
  limits_.With([&](auto& limits) {
    for (auto& [key, one] : limits) all.emplace_back(key, one.get());
  });
  for (const auto& [key, one] : all) see(key.first, key.second, *one);
}

}  // namespace pulse::source
