#include "pulse/simulate/github_text.h"

#include <array>
#include <string_view>

namespace pulse::simulate::github {
namespace {

constexpr std::array<std::string_view, 16> kVerbs = {
    "Retry",
    "Fix",
    "Speed up",
    "Stop losing",
    "Add metrics for",
    "Refactor",
    "Document",
    "Remove",
    "Validate",
    "Cache",
    "Throttle",
    "Test",
    "Log",
    "Paginate",
    "Encrypt",
    "Simplify"
};
constexpr std::array<std::string_view, 20> kSubjects = {
    "card authorisations",   "payment webhooks",   "the checkout timeout",   "deploy rollbacks",
    "the settlement export", "search suggestions", "push notifications",     "session tokens",
    "the invoice renderer",  "queue consumers",    "database migrations",    "the login redirect",
    "currency rounding",     "feature flags",      "the order history page", "flaky browser tests",
    "rate limit headers",    "image uploads",      "the data retention job", "audit log entries"
};
constexpr std::array<std::string_view, 12> kTails = {
    "after a deploy",
    "when the gateway is slow",
    "for large merchants",
    "on mobile",
    "under load",
    "in the nightly run",
    "behind a proxy",
    "with empty carts",
    "on the first request",
    "during failover",
    "for guests",
    "in the sandbox"
};
constexpr std::array<std::string_view, 18> kSentences = {
    "Payments time out after a deploy because the pool is drained before the new pods are ready.",
    "The retry is bounded and uses the same idempotency key.",
    "I measured this on staging with the recorded traffic of last Friday.",
    "No schema change is needed, the column was there already.",
    "Could you add a test for the case where the gateway answers late?",
    "This reads better, thank you.",
    "The old path stays behind a flag for one release.",
    "We saw the same error in the incident last month.",
    "The dashboard shows the p99 going down from 2.4 s to 300 ms.",
    "Rolling back is safe: old and new code understand both formats.",
    "Please split this function, it does two things.",
    "The lock was held while the request was in flight.",
    "Looks good to me once the build is green.",
    "This branch is hit only when the cart is empty.",
    "I would rather fail early here than guess.",
    "The timeout is now a setting with a documented default.",
    "Rebased on main, no functional change.",
    "We should backport this to the release branch."
};
constexpr std::array<std::string_view, 8> kFolders = {
    "src/checkout",
    "src/gateway",
    "src/ledger",
    "web/app",
    "deploy",
    "lib/queue",
    "api/orders",
    "tests/integration"
};
constexpr std::array<std::string_view, 10> kFiles = {
    "retry.go",
    "client.ts",
    "handler.py",
    "pool.cc",
    "README.md",
    "schema.sql",
    "values.yaml",
    "index.tsx",
    "session.rb",
    "timeout_test.go"
};

template <std::size_t N>
std::string_view Pick(Random& random, const std::array<std::string_view, N>& from) {
  return from[random.Below(static_cast<std::uint32_t>(N))];
}

}  // namespace

void AppendTitle(Random& random, std::string& out) {
  out += Pick(random, kVerbs);
  out += ' ';
  out += Pick(random, kSubjects);
  if (random.Chance(600)) {
    out += ' ';
    out += Pick(random, kTails);
  }
}

void AppendSentence(Random& random, std::string& out) { out += Pick(random, kSentences); }

void AppendParagraph(Random& random, int sentences, std::string& out) {
  for (int i = 0; i < sentences; ++i) {
    if (i > 0) out += ' ';
    AppendSentence(random, out);
  }
}

void AppendPath(Random& random, std::string& out) {
  out += Pick(random, kFolders);
  out += '/';
  out += Pick(random, kFiles);
}

std::string Slug(std::string_view title, std::size_t max_bytes) {
  std::string slug;
  for (const char c : title) {
    if (slug.size() >= max_bytes) break;
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || plain) {
      slug += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

}  // namespace pulse::simulate::github
