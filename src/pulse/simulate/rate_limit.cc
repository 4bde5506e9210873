#include "pulse/simulate/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace pulse::simulate {

RateDecision RateLimit::Take(std::string_view caller, Clock::time_point now) {
  if (per_second_ == 0) return {};
  // Forgetting all callers now and then costs them a full bucket and bounds the memory.
  constexpr std::size_t kMostCallers = 1000;
  const double rate = per_second_;
  RateDecision decision{.allowed = true, .limit = per_second_};
  buckets_.With([&](auto& buckets) {
    if (buckets.size() > kMostCallers) buckets.clear();
    const auto [at, fresh] =
        buckets.try_emplace(std::hash<std::string_view>{}(caller), Bucket{rate, now});
    Bucket& bucket = at->second;
    const std::chrono::duration<double> waited = now - bucket.filled;
    bucket.tokens = std::min(rate, bucket.tokens + waited.count() * rate);
    bucket.filled = now;
    decision.allowed = bucket.tokens >= 1;
    if (decision.allowed) bucket.tokens -= 1;
    decision.remaining = static_cast<int>(bucket.tokens);
    if (decision.allowed) return;
    decision.retry_after_seconds = static_cast<int>(std::ceil((1 - bucket.tokens) / rate));
  });
  return decision;
}

}  // namespace pulse::simulate
