#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pulse/simulate/github_text.h"
#include "pulse/simulate/github_types.h"
#include "pulse/simulate/github_world_data.h"

namespace pulse::simulate::github {
namespace {

constexpr std::int64_t kPullsPerDeployment = 5;
constexpr std::int64_t kPullsPerRelease = 40;
constexpr std::array<std::string_view, 3> kEnvironments = {"production", "staging", "qa"};

}  // namespace

std::int64_t WorldData::DeploymentCount(const Repository& repository) const {
  return PullCount(repository) / kPullsPerDeployment;
}

void WorldData::DeploymentAt(const Repository& repository, std::int64_t position, Deployment& out)
    const {
  const Timeline& timeline = TimelineOf(repository);
  const std::int64_t serial = DeploymentCount(repository) - position;  // 1 is the oldest.
  Random random = Draw(Topic::kDeployment, repository, serial);
  out = Deployment{};
  out.id = ChildId(repository, serial, 2047);
  out.node_id = ChildNode("DE", repository, serial, 0);
  out.created = timeline.UpdatedAt(position * kPullsPerDeployment, random.Next());
  // What is deployed was merged before: its last update is at least a block of updates back.
  std::int64_t back = position * kPullsPerDeployment + timeline.block();
  std::int64_t number = std::max<std::int64_t>(timeline.count() - back, 1);
  while (number > 1 && HeadOf(repository, number).state != PullState::kMerged) --number;
  out.oid = Oid(repository, number, 1'000);
  out.ref = random.Chance(700) ? "main" : fmt::format("v1.{}.0", serial);
  out.environment = kEnvironments[static_cast<std::size_t>(serial % 3)];
  out.original_environment = out.environment;
  out.creator = random.Chance(600) ? accounts_.Bot(random) : accounts_.Person(random);
  AppendTitle(random, out.description);
  const bool failed = random.Chance(120);
  const bool latest = position < static_cast<std::int64_t>(kEnvironments.size());
  out.state = failed ? "FAILURE" : latest ? "ACTIVE" : "INACTIVE";
  const std::array<std::string_view, 4> states = {
      "QUEUED", "IN_PROGRESS", failed ? "FAILURE" : "SUCCESS", "INACTIVE"
  };
  const std::size_t count = failed || latest ? 3 : 4;
  for (std::size_t i = 0; i < count; ++i) {
    DeploymentStatus& status = out.statuses.emplace_back();
    const auto child = static_cast<std::int64_t>(i);
    status.id = ChildId(repository, serial, 2040 + child);
    status.node_id = ChildNode("DES", repository, serial, child);
    status.state = states[i];
    status.created = std::min(out.created + (child + 1) * 4 * kMinuteMs, world_.now());
    status.creator = out.creator;
    status.environment = out.environment;
    status.log_url = fmt::format("{}/actions/runs/{}", repository.url, out.id);
  }
  std::ranges::reverse(out.statuses);
  out.updated = out.statuses.front().created;
}

std::int64_t WorldData::ReleaseCount(const Repository& repository) const {
  return PullCount(repository) / kPullsPerRelease;
}

void WorldData::ReleaseAt(const Repository& repository, std::int64_t position, Release& out) const {
  const Timeline& timeline = TimelineOf(repository);
  const std::int64_t serial = ReleaseCount(repository) - position;
  Random random = Draw(Topic::kRelease, repository, serial);
  out = Release{};
  out.id = ChildId(repository, serial, 2046);
  out.node_id = ChildNode("RE", repository, serial, 0);
  out.tag = fmt::format("v{}.{}.0", 1 + serial / 20, serial % 20);
  out.name = fmt::format("{} {}", repository.name, out.tag);
  AppendParagraph(random, 3, out.body);
  out.draft = position == 0 && random.Chance(300);
  out.prerelease = random.Chance(100);
  out.latest = position == (out.draft ? 1 : 0);
  out.created = timeline.UpdatedAt(position * kPullsPerRelease, random.Next());
  if (!out.draft) out.published = std::min(out.created + 10 * kMinuteMs, world_.now());
  out.author = accounts_.Person(random);
  out.oid = Oid(repository, 0, 10 + serial);
}

}  // namespace pulse::simulate::github
