#include "pulse/simulate/github_breakage.h"

#include "pulse/simulate/random.h"

namespace pulse::simulate::github {
namespace {

constexpr std::size_t kNestingDepth = 2000;  // Over the depth limits of common JSON readers.

std::string DeepList() { return std::string(kNestingDepth, '[') + std::string(kNestingDepth, ']'); }

bool OneOf(
    std::string_view field, std::string_view a, std::string_view b, std::string_view c = {}
) {
  return field == a || field == b || (!c.empty() && field == c);
}

}  // namespace

std::int64_t PullIdOf(int index, std::int64_t number) noexcept {
  // Starts just below 2^31, so that even a small world has ids on both sides of it.
  return 2'147'400'000 + (number * kRepositorySlots + index) * 997;
}

Breakage BreakageOf(std::int64_t pull_id) noexcept {
  const auto mixed = Mix(static_cast<std::uint64_t>(pull_id));
  return static_cast<Breakage>(1 + mixed % (kBreakageCount - 1));
}

std::optional<std::string> BrokenValue(Breakage breakage, std::string_view field) {
  switch (breakage) {
    case Breakage::kNone:
      break;
    case Breakage::kBadTime:
      if (OneOf(field, "createdAt", "created_at")) return "\"the day before yesterday\"";
      break;
    case Breakage::kNoTitle:
      if (field == "title") return "";
      break;
    case Breakage::kNumberIsObject:
      if (field == "number") return R"({"value":7})";
      break;
    case Breakage::kUpdatedIsNumber:
      if (OneOf(field, "updatedAt", "updated_at")) return "12";
      break;
    case Breakage::kNoId:
      if (OneOf(field, "id", "fullDatabaseId", "databaseId")) return "";
      break;
    case Breakage::kInvalidUtf8:
      if (field == "title") return "\"caf\xE9 latte\"";
      break;
    case Breakage::kLoneSurrogate:
      if (field == "title") return R"("half a pair \ud83d here")";
      break;
    case Breakage::kHugeNumber:
      if (field == "number") return "1e999";
      break;
    case Breakage::kDeepNesting:
      if (field == "title") return DeepList();
      break;
  }
  return std::nullopt;
}

}  // namespace pulse::simulate::github
