#include "planted_fault.h"

#include <optional>
#include <string_view>

#include "values.h"

#include "pulse/simulate/github_breakage.h"

namespace pulse::app {
namespace {

constexpr std::string_view kIssueIdMember = R"("id":")";
constexpr std::string_view kPullIdMember = R"("fullDatabaseId":")";

/// The digits behind the first `member`. Inside a text its quotes would be escaped.
std::optional<std::int64_t> NumberAfter(std::string_view json, std::string_view member) {
  const std::size_t at = json.find(member);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = json.substr(at + member.size());
  const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
  const auto number = ParseCount("number", digits, 1, INT32_MAX * std::int64_t{1000});
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace

bool IsPlantedFault(
    const simulate::FaultPlan& plan, bool github, const store::NewDeadLetter& letter
) {
  // A broken record is set aside by its transform, from a page that is stored; nobody planted a
  // failed fetch or a step that crashed.
  if (letter.stage != model::Stage::kTransform || !letter.raw) return false;
  const std::uint64_t salt = github ? simulate::github::kPullSalt : 0;
  const auto marked = [&](std::int64_t id) {
    return plan.Marks(simulate::Fault::kBadRecord, static_cast<std::uint64_t>(id), salt);
  };
  if (!letter.external_id.empty()) {
    const auto id = ParseCount("id", letter.external_id, 1, INT64_MAX);
    return id && marked(*id);
  }
  // A text that is no JSON has its id nevertheless, before what breaks it.
  if (const auto id = NumberAfter(letter.sample, github ? kPullIdMember : kIssueIdMember)) {
    return marked(*id);
  }
  // One way to break a pull request is to leave its id out; its number is still there.
  const auto number = NumberAfter(letter.sample, R"("number":)");
  if (!github || !number) return false;
  for (int index = 0; index < simulate::github::kRepositorySlots; ++index) {
    const std::int64_t id = simulate::github::PullIdOf(index, *number);
    const bool idless = simulate::github::BreakageOf(id) == simulate::github::Breakage::kNoId;
    if (idless && marked(id)) return true;
  }
  return false;
}

}  // namespace pulse::app
