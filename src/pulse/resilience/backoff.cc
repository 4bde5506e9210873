#include "pulse/resilience/backoff.h"

#include <algorithm>

namespace pulse::resilience {
namespace {

using std::chrono::milliseconds;

milliseconds UpTo(milliseconds most, std::mt19937_64& random) {
  return milliseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random));
}

}  // namespace

milliseconds BackoffFor(
    const BackoffPolicy& policy,
    int failures,
    std::optional<milliseconds> retry_after,
    std::mt19937_64& random
) {
  if (retry_after) return std::max(*retry_after, milliseconds(0)) + UpTo(policy.base, random);

  milliseconds most = std::min(policy.base, policy.cap);
  for (int n = 1; n < failures && most < policy.cap; ++n) most = std::min(policy.cap, most * 2);
  return UpTo(most, random);
}

}  // namespace pulse::resilience
