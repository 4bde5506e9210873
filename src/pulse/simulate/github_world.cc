#include "pulse/simulate/github_world.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pulse/base/ascii.h"
#include "pulse/simulate/github_breakage.h"
#include "pulse/simulate/github_rest_json.h"
#include "pulse/simulate/github_text.h"
#include "pulse/simulate/github_types.h"
#include "pulse/simulate/github_world_data.h"

namespace pulse::simulate::github {
namespace {

constexpr EpochMs kSpan = 730 * kDayMs;    // Two years of pull requests.
constexpr EpochMs kShortest = 3 * kDayMs;  // From a pull request's creation to its last update.
constexpr EpochMs kSmallestStep = 4'000;   // Keeps times of neighbours apart by whole seconds.
constexpr std::int64_t kLargestBlock = 16;

struct RepositoryPlan {
  std::string_view name;
  int percent;  ///< Of all pull requests.
  std::string_view language;
  std::string_view topic;
  std::string_view description;
};
constexpr std::array<RepositoryPlan, 8> kRepositories = {{
    {"payments-api", 30, "Go", "payments", "Takes cards, talks to gateways, settles at night"},
    {"web-store", 22, "TypeScript", "frontend", "The shop in the browser"},
    {"orders", 15, "Python", "backend", "Carts, orders and their history"},
    {"mobile-app", 12, "Kotlin", "mobile", "The shop in your pocket"},
    {"data-platform", 9, "Scala", "data", "Events to warehouse"},
    {"search", 6, "Rust", "search", "Finds products, forgives typing"},
    {"deploy-tools", 4, "Shell", "infrastructure", "How everything reaches production"},
    {"handbook", 2, "", "docs", "How we work"},
}};
constexpr std::array<std::string_view, 8> kLabelNames = {
    "bug",
    "enhancement",
    "dependencies",
    "security",
    "performance",
    "breaking change",
    "good first issue",
    "needs rebase"
};

EpochMs WholeSeconds(EpochMs at) { return at / 1000 * 1000; }

}  // namespace

// --- Timeline ----------------------------------------------------------------------------------

Timeline::Timeline(std::int64_t count, EpochMs now)
    : count_(count),
      now_(now),
      step_(std::max(kSmallestStep, kSpan / std::max<std::int64_t>(count, 1))),
      block_(1) {
  while (block_ < kLargestBlock && block_ * 128 <= count_) block_ *= 2;
}

std::int64_t Timeline::UpdatedPosition(std::int64_t created) const noexcept {
  const std::int64_t base = created / block_ * block_;
  if (base + block_ > count_) return created;  // The last, incomplete block stays in order.
  return base + ((created - base) * 5 + 3) % block_;
}

std::int64_t Timeline::CreatedPosition(std::int64_t updated) const noexcept {
  const std::int64_t base = updated / block_ * block_;
  if (base + block_ > count_) return updated;
  // 13 * 5 = 65, which is 1 modulo every block size; 3 * block_ keeps the difference positive.
  return base + (updated - base - 3 + 3 * block_) * 13 % block_;
}

EpochMs Timeline::Jitter(std::uint64_t noise) const noexcept {
  return static_cast<EpochMs>(noise % static_cast<std::uint64_t>(step_ / 2));
}

EpochMs Timeline::CreatedAt(std::int64_t created, std::uint64_t noise) const noexcept {
  const EpochMs lead = kShortest + (block_ + 1) * step_;
  return WholeSeconds(now_ - lead - created * step_ - Jitter(noise));
}

EpochMs Timeline::UpdatedAt(std::int64_t updated, std::uint64_t noise) const noexcept {
  return WholeSeconds(now_ - updated * step_ - Jitter(noise));
}

// --- WorldData: the organisation ---------------------------------------------------------------

WorldData::WorldData(const WorldDataOptions& options)
    : world_(options.world), faults_(options.faults), accounts_(world_) {
  owners_.push_back(&accounts_.organization());
  MakeRepositories(std::max<std::int64_t>(options.prs, 0));
  for (std::size_t i = 0; i < kLabelNames.size(); ++i) {
    Label& label = labels_.emplace_back();
    label.id = 600'000 + static_cast<std::int64_t>(i);
    label.node_id = FormatNodeId({"LA", 0, static_cast<std::uint32_t>(i), 0});
    label.name = kLabelNames[i];
    label.description = "";
    label.color = fmt::format("{:06x}", 0x1D76DB + i * 0x0A1B2C);
  }
  for (std::int64_t i = 0; i < 8; ++i) {
    Milestone& milestone = milestones_.emplace_back();
    milestone.id = 500'000 + i;
    milestone.node_id = FormatNodeId({"MI", 0, static_cast<std::uint32_t>(i), 0});
    milestone.number = i + 1;
    milestone.title = fmt::format("Quarter {}", i + 1);
    milestone.due_on = WholeSeconds(options.world.now - (7 - i) * 91 * kDayMs);
    milestone.state = i < 6 ? "closed" : "open";
    milestone.created = *milestone.due_on - 91 * kDayMs;
    milestone.updated = milestone.created;
  }
}

void WorldData::MakeRepositories(std::int64_t prs) {
  std::int64_t others = 0;
  for (std::size_t i = kRepositories.size(); i-- > 0;) {
    const std::int64_t share = i == 0 ? prs - others : prs * kRepositories[i].percent / 100;
    others += share;
    timelines_.emplace_back(share, world_.now());
  }
  std::ranges::reverse(timelines_);
  for (std::size_t i = 0; i < kRepositories.size(); ++i) {
    const RepositoryPlan& plan = kRepositories[i];
    Random random(world_.seed(), static_cast<std::uint64_t>(Topic::kRepository), i);
    Repository& repository = repositories_.emplace_back();
    repository.index = static_cast<int>(i);
    repository.generated = true;
    repository.id = 480'000'000 + static_cast<std::int64_t>(i) * 1'237;
    repository.node_id = FormatNodeId({"R", static_cast<std::uint32_t>(i), 0, 0});
    repository.name = plan.name;
    repository.full_name = fmt::format("{}/{}", accounts_.organization().login, plan.name);
    repository.url = fmt::format("{}/{}", kWebBase, repository.full_name);
    repository.owner = &accounts_.organization();
    repository.description = std::string(plan.description);
    if (!plan.language.empty()) repository.language = std::string(plan.language);
    repository.default_branch = "main";
    repository.head_oid = Oid(repository, 0, 0);
    repository.visibility = i % 3 == 1 ? "public" : "private";
    repository.archived = plan.percent == 2 && random.Chance(500);
    repository.created = WholeSeconds(world_.now() - (1200 + random.Int(400)) * kDayMs);
    repository.pushed = WholeSeconds(world_.now() - static_cast<EpochMs>(i) * kHourMs);
    repository.updated = *repository.pushed - kMinuteMs;
    repository.disk_kib = 1000 + random.Int(90'000);
    repository.stars = random.Int(500);
    repository.forks = random.Int(40);
    repository.topics = {std::string(plan.topic), "acme"};
    AppendRepository(repository_texts_.emplace_back(), repository);
  }
  // Every pull request repeats its repository twice: write that text once.
  for (std::size_t i = 0; i < repositories_.size(); ++i) {
    repositories_[i].verbatim = &repository_texts_[i];
  }
}

const Timeline& WorldData::TimelineOf(const Repository& repository) const {
  return timelines_[static_cast<std::size_t>(repository.index)];
}

std::int64_t WorldData::Slot(const Repository& repository, std::int64_t number) {
  return number * kRepositorySlots + repository.index;
}

std::uint64_t WorldData::Noise(
    Topic topic, const Repository& repository, std::int64_t number, std::int64_t child
) const {
  const auto slot = static_cast<std::uint64_t>(Slot(repository, number));
  return HashOf(
      world_.seed(),
      static_cast<std::uint64_t>(topic),
      slot << 16 ^ static_cast<std::uint64_t>(child)
  );
}

Random WorldData::Draw(
    Topic topic, const Repository& repository, std::int64_t number, std::int64_t child
) const {
  return Random(Noise(topic, repository, number, child));
}

std::int64_t WorldData::PullId(const Repository& repository, std::int64_t number) {
  return PullIdOf(repository.index, number);
}

std::int64_t WorldData::ChildId(
    const Repository& repository, std::int64_t number, std::int64_t child
) {
  return 1'700'000'000 + Slot(repository, number) * 2048 + child;
}

std::string WorldData::ChildNode(
    std::string_view prefix, const Repository& repository, std::int64_t number, std::int64_t child
) {
  return FormatNodeId(
      {prefix,
       static_cast<std::uint32_t>(repository.index),
       static_cast<std::uint32_t>(number),
       static_cast<std::uint32_t>(child)}
  );
}

std::string WorldData::Oid(const Repository& repository, std::int64_t number, std::int64_t child)
    const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string oid(40, '0');
  std::uint64_t bits = Noise(Topic::kOid, repository, number, child);
  for (std::size_t i = 0; i < oid.size(); ++i) {
    if (i % 16 == 0) bits = Mix(bits);
    oid[i] = kDigits[bits & 15];
    bits >>= 4;
  }
  return oid;
}

// --- WorldData: lists --------------------------------------------------------------------------

std::int64_t WorldData::PullCount(const Repository& repository) const {
  return TimelineOf(repository).count();
}

PullHead WorldData::HeadOf(const Repository& repository, std::int64_t number) const {
  const Timeline& timeline = TimelineOf(repository);
  const std::int64_t created = timeline.count() - number;
  PullHead head;
  head.number = number;
  head.created = timeline.CreatedAt(created, Noise(Topic::kTimes, repository, number));
  head.updated = timeline.UpdatedAt(
      timeline.UpdatedPosition(created), Noise(Topic::kUpdated, repository, number)
  );
  Random random = Draw(Topic::kPull, repository, number);
  const std::uint32_t open = created < 20 ? 450 : 40;  // The newest are still being worked on.
  if (random.Chance(open)) return head;
  head.state = random.Chance(140) ? PullState::kClosed : PullState::kMerged;
  return head;
}

PullHead WorldData::HeadAt(const Repository& repository, PullOrder order, std::int64_t position)
    const {
  const Timeline& timeline = TimelineOf(repository);
  if (order == PullOrder::kUpdated) position = timeline.CreatedPosition(position);
  return HeadOf(repository, timeline.count() - position);
}

bool WorldData::IsBroken(std::int64_t pull_id) const {
  return faults_ != nullptr &&
         faults_->Marks(Fault::kBadRecord, static_cast<std::uint64_t>(pull_id), kPullSalt);
}

std::int64_t WorldData::BrokenPulls() const {
  std::int64_t broken = 0;
  for (const Repository& repository : repositories_) {
    for (std::int64_t number = 1; number <= PullCount(repository); ++number) {
      broken += IsBroken(PullId(repository, number)) ? 1 : 0;
    }
  }
  return broken;
}

Data::NodeRef WorldData::FindNode(std::string_view node_id) const {
  NodeRef node;
  const auto id = ParseNodeId(node_id);
  if (!id) return node;
  if (id->prefix == "U" || id->prefix == "O" || id->prefix == "BOT") {
    for (const Repository& repository : repositories_) {
      if (repository.owner->node_id == node_id) node.actor = repository.owner;
    }
    if (accounts_.viewer().node_id == node_id) node.actor = &accounts_.viewer();
    if (node.actor != nullptr) node.kind = NodeRef::Kind::kActor;
    return node;
  }
  if (id->repository >= repositories_.size()) return node;
  node.repository = &repositories_[id->repository];
  node.number = id->number;
  node.position = id->child;
  if (id->prefix == "R") node.kind = NodeRef::Kind::kRepository;
  if (id->prefix == "PR") node.kind = NodeRef::Kind::kPull;
  if (id->prefix == "PRRT") node.kind = NodeRef::Kind::kThread;
  return node;
}

// --- WorldData: one pull request ---------------------------------------------------------------

bool WorldData::PullOf(const Repository& repository, std::int64_t number, PullRequest& out) const {
  if (number < 1 || number > PullCount(repository)) return false;
  out = PullRequest{};
  static_cast<PullHead&>(out) = HeadOf(repository, number);
  out.repository = &repository;
  out.id = PullId(repository, number);
  out.node_id = ChildNode("PR", repository, number, 0);
  out.url = fmt::format("{}/pull/{}", repository.url, number);
  out.created_at = out.created;
  out.updated_at = out.updated;
  Random random = Draw(Topic::kPull, repository, number, 1);
  FillPeople(random, out);
  FillText(random, out);
  FillState(random, out);
  FillBranches(random, out);
  out.commits = CommitsOf(repository, number);
  out.comments = CommentCount(repository, out, CommentKind::kIssue);
  out.review_comments = CommentCount(repository, out, CommentKind::kReview);
  if (IsBroken(out.id)) out.breakage = BreakageOf(out.id);
  return true;
}

void WorldData::FillPeople(Random& random, PullRequest& out) const {
  constexpr std::array<std::string_view, 4> kAssociations = {
      "MEMBER", "CONTRIBUTOR", "COLLABORATOR", "NONE"
  };
  out.author = accounts_.Anyone(random);
  out.association = out.author == nullptr ? "NONE" : kAssociations[random.Below(3)];
  for (int i = random.Int(3); i > 0; --i) out.assignees.push_back(accounts_.Person(random));
  if (out.state != PullState::kMerged || random.Chance(100)) {
    for (int i = random.Int(3); i > 0; --i) out.requested.push_back(accounts_.Person(random));
    if (random.Chance(200)) out.requested.push_back(accounts_.Team(random));
  }
  for (int i = random.Int(3); i > 0; --i) {
    const Label* label = &labels_[random.Below(static_cast<std::uint32_t>(labels_.size()))];
    if (out.labels.empty() || out.labels.front() != label) out.labels.push_back(label);
  }
  if (random.Chance(200)) {
    out.milestone = &milestones_[random.Below(static_cast<std::uint32_t>(milestones_.size()))];
  }
}

std::string WorldData::IssueKeyFor(Random& random, const PullRequest& pull) const {
  // Old pull requests are about old issues: the same share of the way through both lists.
  const std::int64_t issues = std::max<std::int64_t>(world_.issue_count(), 1);
  const std::int64_t middle = pull.number * issues / (PullCount(*pull.repository) + 1);
  return World::IssueKey(std::clamp<std::int64_t>(middle + random.Int(41) - 20, 0, issues - 1));
}

void WorldData::FillText(Random& random, PullRequest& out) const {
  std::string title;
  AppendTitle(random, title);
  const std::string key = IssueKeyFor(random, out);
  const std::uint32_t form = random.Below(100);
  out.head_ref = Slug(title, 40);
  if (form < 75) out.head_ref = (form < 50 ? "feature/" : "fix/") + key + "-" + out.head_ref;
  if (form < 55) title = key + ": " + title;
  if (form >= 55 && form < 65) title = "[" + key + "] " + title;
  if (form == 99) title = "Bump SLF4J-2 to UTF-8";      // Looks like keys, names no issue.
  if (random.Chance(10)) title += " \xF0\x9F\x9A\x80";  // A rocket.
  if (random.Chance(5)) title = "\xC2\xA0" + title + " ";
  out.title = std::move(title);
  if (random.Chance(30)) return;  // No description at all.
  std::string& body = out.body.emplace();
  const std::string_view line = random.Chance(300) ? "\r\n" : "\n";
  AppendParagraph(random, 1 + random.Int(3), body);
  body.append(line).append(line).append("- ");
  AppendSentence(random, body);
  body.append(line).append("- ");
  AppendSentence(random, body);
  if (random.Chance(300)) body.append(line).append(line).append("Refs ").append(key);
  if (out.number > 1 && random.Chance(120)) {
    const std::int64_t closed =
        1 + random.Int(static_cast<int>(std::min<std::int64_t>(out.number - 1, 1'000'000)));
    body += fmt::format("{}{}Closes #{}", line, line, closed);
    out.closes.push_back({closed, out.repository});
  }
}

void WorldData::FillState(Random& random, PullRequest& out) const {
  constexpr std::array<std::string_view, 3> kDecisions = {
      "APPROVED", "CHANGES_REQUESTED", "REVIEW_REQUIRED"
  };
  out.draft = out.state == PullState::kOpen && random.Chance(200);
  out.locked = random.Chance(10);
  out.merged = out.state == PullState::kMerged;
  out.merge_oid = Oid(*out.repository, out.number, 1'000);
  if (random.Chance(700)) {
    out.review_decision = std::string(out.merged ? "APPROVED" : kDecisions[random.Below(3)]);
  }
  out.additions = random.Int(30) * random.Int(30);
  out.deletions = random.Int(20) * random.Int(20);
  out.changed_files = 1 + random.Int(25);
  if (out.state == PullState::kOpen) return;
  // Most take hours, some the whole time until the last update.
  const EpochMs took = (1 + random.Int(60)) * (random.Chance(300) ? kHourMs : 10 * kMinuteMs);
  out.closed_at = std::min(out.created + took, out.updated);
  if (!out.merged) return;
  out.merged_at = out.closed_at;
  out.merged_by = random.Chance(30) ? accounts_.Bot(random) : accounts_.Person(random);
}

void WorldData::FillBranches(Random& random, PullRequest& out) const {
  out.base_ref = random.Chance(50) ? "release/1.x" : "main";
  out.base_oid = Oid(*out.repository, out.number, 1'001);
  out.head_oid = Oid(*out.repository, out.number, CommitsOf(*out.repository, out.number));
  const std::uint32_t draw = random.Below(100);
  if (draw == 0) return;  // The fork is gone.
  out.head_repository = out.repository->full_name;
  if (draw < 6 && out.author != nullptr && out.author->type == "User") {
    out.head_repository = out.author->login + "/" + out.repository->name;
  }
}

std::unique_ptr<Data> NewWorldData(const WorldDataOptions& options) {
  return std::make_unique<WorldData>(options);
}

const Repository* FindRepository(const Data& data, std::string_view full_name) {
  for (const Repository& repository : data.repositories()) {
    if (!EqualIgnoringCase(repository.full_name, full_name)) continue;
    return data.IsHidden(repository) ? nullptr : &repository;
  }
  return nullptr;
}

void Data::SetHidden(const Repository& repository, bool hidden) {
  hidden_.With([&](std::set<std::string>& names) {
    if (hidden) {
      names.insert(repository.full_name);
    } else {
      names.erase(repository.full_name);
    }
  });
}

bool Data::IsHidden(const Repository& repository) const {
  return hidden_.With([&](const std::set<std::string>& names) {
    return names.contains(repository.full_name);
  });
}

}  // namespace pulse::simulate::github
