#include "pulse/simulate/world_text.h"

namespace pulse::simulate {
namespace {

constexpr std::array<std::string_view, 24> kSubjects = {
    "Payments",
    "Checkout requests",
    "Refunds",
    "Card authorisations",
    "Ledger exports",
    "Push notifications",
    "Nightly imports",
    "Search queries",
    "Login attempts",
    "Webhook deliveries",
    "Canary deploys",
    "Cache lookups",
    "Session tokens",
    "Orders",
    "Invoices",
    "Wallet balances",
    "Currency conversions",
    "Database connections",
    "Replica reads",
    "Rate limit counters",
    "Background jobs",
    "Feature flags",
    "Price updates",
    "Audit records"
};
constexpr std::array<std::string_view, 18> kPredicates = {
    "time out",
    "fail",
    "arrive twice",
    "get lost",
    "return stale data",
    "take over ten seconds",
    "are rejected",
    "leak memory",
    "block the queue",
    "show the wrong amount",
    "are not retried",
    "hang",
    "exceed the quota",
    "drop the last item",
    "ignore the locale",
    "break on empty input",
    "deadlock",
    "answer with 502"
};
constexpr std::array<std::string_view, 16> kContexts = {
    "after deploy",
    "under load",
    "in eu-west",
    "when the replica lags",
    "on the first Monday of the month",
    "for guests",
    "after the certificate rotation",
    "behind the new proxy",
    "on old phones",
    "when two tabs are open",
    "during failover",
    "with more than 100 items",
    "after the schema migration",
    "at midnight UTC",
    "for customers in Japan",
    "when the cache is cold"
};
constexpr std::array<std::string_view, 10> kOpenings = {
    "",
    "",
    "",
    "",
    "Since Tuesday: ",
    "Seen by support: ",
    "Measured again: ",
    "Still true: ",
    "From the logs: ",
    "To be clear: "
};
constexpr std::array<std::string_view, 10> kRemarks = {
    "Rolling back helped.",
    "The error rate is below one percent now.",
    "I could not reproduce it.",
    "We should add an alert for this.",
    "The runbook is out of date.",
    "A retry hides it.",
    "Traces are attached.",
    "It needs a decision from the team.",
    "The fix is behind a flag.",
    "This blocks the release."
};
constexpr std::array<std::string_view, 8> kCodeLines = {
    "kubectl rollout undo deploy/checkout",
    "SELECT count(*) FROM orders WHERE state = 7;",
    "curl -fsS https://pay.acme.example/health",
    "timeout: 30s  # was 5s",
    "panic: send on closed channel",
    "GET /v2/payments/4711 504 30012ms",
    "if (retries > kMaxRetries) return Refuse(order);",
    "git bisect start HEAD v4.2.0"
};
constexpr std::array<std::string_view, 6> kLinks = {
    "https://wiki.acme.example/runbooks/payments",
    "https://grafana.acme.example/d/checkout",
    "https://logs.acme.example/q/7f3a",
    "https://status.acme.example/incidents/218",
    "https://wiki.acme.example/decisions/timeouts",
    "https://ci.acme.example/builds/90210"
};
constexpr std::array<std::string_view, 8> kHeadings = {
    "What happens",
    "Expected",
    "Steps to reproduce",
    "Impact",
    "Proposal",
    "Acceptance criteria",
    "Out of scope",
    "Open questions"
};

template <std::size_t N>
std::string_view Pick(const std::array<std::string_view, N>& from, std::uint64_t seed) {
  return from[seed % N];
}

}  // namespace

void AppendClause(std::string& out, std::uint64_t seed) {
  out.append(Pick(kSubjects, seed)).append(" ");
  out.append(Pick(kPredicates, seed >> 16)).append(" ");
  out.append(Pick(kContexts, seed >> 32));
}

void AppendSentence(std::string& out, std::uint64_t seed) {
  if (seed % 5 == 0) {
    out.append(Pick(kRemarks, seed >> 8));
    return;
  }
  out.append(Pick(kOpenings, seed >> 48));
  AppendClause(out, seed);
  out.append(".");
}

std::string SummaryOf(const Issue& issue) { return SummaryOf(issue.type, issue.text_seed); }

std::string SummaryOf(IssueType type, std::uint64_t text_seed) {
  std::string text;
  const std::uint64_t seed = Mix(text_seed);
  switch (type) {
    case IssueType::kEpic:
      text = "Reliability: ";
      break;
    case IssueType::kStory:
      text = "Tell the customer when: ";
      break;
    case IssueType::kTask:
      text = "Find out why: ";
      break;
    case IssueType::kSubtask:
      text = "Write the test: ";
      break;
    case IssueType::kBug:
      break;
  }
  AppendClause(text, seed);
  const Awkward awkward = AwkwardOf(text_seed);
  switch (awkward) {
    case Awkward::kNone:
    case Awkward::kCrLf:
      break;
    case Awkward::kZeroWidth:
      text.insert(0, AwkwardText(awkward));
      break;
    case Awkward::kOuterSpaces:
      text.insert(0, "  ").append(" ");
      break;
    default:
      text.append(AwkwardText(awkward)).append("today");
      break;
  }
  return text;
}

Awkward AwkwardOf(std::uint64_t text_seed) noexcept {
  const std::uint64_t roll = Mix(text_seed ^ 0xA3) % 2000;
  if (roll == 0) return Awkward::kNul;
  if (roll > 66) return Awkward::kNone;
  return static_cast<Awkward>(1 + roll % 7);
}

std::string_view AwkwardText(Awkward awkward) noexcept {
  switch (awkward) {
    case Awkward::kEmoji:
      return " \xF0\x9F\x94\xA5 ";
    case Awkward::kNoBreakSpace:
      return "\xC2\xA0";
    case Awkward::kLineSeparator:
      return "\xE2\x80\xA8";
    case Awkward::kZeroWidth:
      return "\xE2\x80\x8B";
    case Awkward::kOuterSpaces:
      return "  ";
    case Awkward::kCrLf:
      return "\r\n";
    case Awkward::kQuotes:
      return " \"it's\\odd\" ";
    case Awkward::kNul:
      return std::string_view("\0", 1);
    case Awkward::kNone:
      break;
  }
  return "";
}

Paragraph ParagraphOf(std::uint64_t seed) noexcept {
  Random random(seed);
  Paragraph paragraph;
  paragraph.sentence_count = 1 + random.Int(3);
  for (auto& sentence : paragraph.sentences) sentence = random.Next();
  if (random.Chance(350)) paragraph.spice = static_cast<Spice>(1 + random.Below(7));
  paragraph.spice_seed = random.Next();
  return paragraph;
}

Document DescriptionOf(const Issue& issue) noexcept {
  Document document;
  Random random(Mix(issue.text_seed ^ 0xD0C));
  if (random.Chance(issue.type == IssueType::kSubtask ? 400 : 80)) return document;
  const auto add = [&](BlockKind kind) {
    document.blocks[static_cast<std::size_t>(document.block_count++)] = {kind, random.Next()};
  };
  add(BlockKind::kParagraph);
  if (random.Chance(400)) {
    add(BlockKind::kHeading);
    add(BlockKind::kParagraph);
  }
  const int more = random.Int(5);
  for (int i = 0; i < more; ++i) {
    add(static_cast<BlockKind>(random.Below(10)));
  }
  return document;
}

Document CommentText(std::uint64_t text_seed) noexcept {
  Document document;
  Random random(text_seed);
  document.block_count = 1;
  document.blocks[0] = {BlockKind::kParagraph, random.Next()};
  if (random.Chance(120)) {
    document.block_count = 2;
    document.blocks[1] = {random.Chance(500) ? BlockKind::kCode : BlockKind::kQuote, random.Next()};
  }
  return document;
}

std::string_view CodeLine(std::uint64_t seed) noexcept { return Pick(kCodeLines, seed); }
std::string_view LinkTarget(std::uint64_t seed) noexcept { return Pick(kLinks, seed); }
std::string_view HeadingText(std::uint64_t seed) noexcept { return Pick(kHeadings, seed); }

}  // namespace pulse::simulate
