#include "pulse/simulate/github_budget.h"

#include <limits>

namespace pulse::simulate::github {
namespace {

constexpr EpochMs kHour = 3'600'000;

}  // namespace

Budget::Budget(std::int64_t per_hour)
    : per_hour_(per_hour > 0 ? per_hour : std::numeric_limits<std::int32_t>::max()) {}

Standing Budget::Charge(
    std::string_view credential, Resource resource, std::int64_t points, EpochMs now
) {
  return windows_.With([&](Windows& windows) {
    Window& window = windows[{std::string(credential), resource}];
    if (window.start == 0 || now - window.start >= kHour) window = {now, 0};
    Standing standing;
    standing.granted = window.used + points <= per_hour_;
    if (standing.granted) window.used += points;
    standing.limit = per_hour_;
    standing.used = window.used;
    standing.remaining = standing.granted ? per_hour_ - window.used : 0;
    // Whole seconds, rounded up: a client that waits until then finds a new hour.
    standing.reset_at = (window.start + kHour + 999) / 1000 * 1000;
    return standing;
  });
}

Standing Budget::Look(std::string_view credential, Resource resource, EpochMs now) {
  return Charge(credential, resource, 0, now);
}

void AppendRateHeaders(const Standing& standing, Resource resource, http::Headers& headers) {
  headers.emplace_back("X-RateLimit-Limit", std::to_string(standing.limit));
  headers.emplace_back("X-RateLimit-Remaining", std::to_string(standing.remaining));
  headers.emplace_back("X-RateLimit-Used", std::to_string(standing.used));
  headers.emplace_back("X-RateLimit-Reset", std::to_string(standing.reset_at / 1000));
  headers.emplace_back("X-RateLimit-Resource", resource == Resource::kCore ? "core" : "graphql");
}

}  // namespace pulse::simulate::github
