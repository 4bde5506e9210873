#include "pulse/simulate/world.h"

#include <algorithm>
#include <charconv>

namespace pulse::simulate {
namespace {

// Topics of HashOf: one per independent choice.
enum Topic : unsigned char {
  kPersonTopic = 1,
  kCreatedTopic,
  kUpdatedTopic,
  kTypeTopic,
};

constexpr EpochMs kWorldSpan = 900 * kDayMs;
constexpr EpochMs kSprintLength = 14 * kDayMs;
constexpr EpochMs kQuarter = 91 * kDayMs;
constexpr std::int64_t kFirstIssueId = 10001;
constexpr std::int64_t kFirstSprintId = 1;

// Which project each of 16 consecutive issues belongs to: shares 5 3 3 2 2 1, well mixed. It does
// not depend on the seed, so keys are the same in every world and can be turned back into indexes.
constexpr std::array<std::uint8_t, 16> kPattern = {0, 1, 0, 2, 3, 0, 1, 4, 0, 2, 3, 0, 1, 4, 2, 5};
constexpr std::array<std::uint8_t, kProjectCount> kShare = {5, 3, 3, 2, 2, 1};

constexpr std::array<std::uint8_t, 16> RanksOfSlots() {
  std::array<std::uint8_t, 16> ranks{};
  std::array<std::uint8_t, kProjectCount> seen{};
  for (std::size_t slot = 0; slot < kPattern.size(); ++slot) {
    ranks[slot] = seen[kPattern[slot]]++;
  }
  return ranks;
}
constexpr std::array<std::uint8_t, 16> kRank = RanksOfSlots();

constexpr auto SlotsOfRanks() {
  std::array<std::array<std::uint8_t, 5>, kProjectCount> slots{};
  for (std::size_t slot = 0; slot < kPattern.size(); ++slot) {
    slots[static_cast<std::size_t>(kPattern[slot])][static_cast<std::size_t>(kRank[slot])] =
        static_cast<std::uint8_t>(slot);
  }
  return slots;
}

constexpr std::array<Project, kProjectCount> kProjects = {{
    {0,
     10001,
     "PAY",
     "Payments",
     BoardKind::kScrum,
     false,
     {"checkout", "ledger", "refunds", "risk"}},
    {1,
     10002,
     "OPS",
     "Operations",
     BoardKind::kKanban,
     false,
     {"alerting", "cluster", "deploy", "network"}},
    {2,
     10003,
     "WEB",
     "Web Shop",
     BoardKind::kScrum,
     false,
     {"cart", "design-system", "search", "storefront"}},
    {3,
     10004,
     "DATA",
     "Data Platform",
     BoardKind::kScrum,
     false,
     {"ingest", "lineage", "reports", "warehouse"}},
    {4, 10005, "IOS", "Mobile App", BoardKind::kScrum, false, {"login", "offline", "push", "wallet"}
    },
    {5,
     10006,
     "LAB",
     "Labor & Experimente",
     BoardKind::kScrum,
     true,
     {"prototyp", "messung", "modell", "notizen"}},
}};

constexpr std::array<std::string_view, 40> kFirstNames = {
    "Mira",   "Jonas", "Aiko",  "Tomás", "Nadia", "Oluwaseun", "Grace", "Émile", "Priya",  "Lars",
    "Chiara", "Yusuf", "Hanna", "Mateo", "Zofia", "Dmitri",    "Leila", "Søren", "Ingrid", "Rafael",
    "Wei",    "Amara", "Björn", "Noor",  "Kaito", "Beatriz",   "Finn",  "Ayşe",  "Viktor", "Sade",
    "Hugo",   "Linh",  "Anton", "Freya", "Pablo", "Ines",      "Marek", "Tara",  "Ravi",   "Юлия"
};
constexpr std::array<std::string_view, 40> kLastNames = {
    "Novak",     "Lindqvist",  "Tanaka", "Herrera", "Okafor",     "Kowalski", "Schäfer",
    "Moreau",    "Iyer",       "Jensen", "Romano",  "Demir",      "Virtanen", "Castillo",
    "Zieliński", "Petrov",     "Haddad", "Nygaard", "Berg",       "Almeida",  "Zhang",
    "Mensah",    "Ólafsson",   "Rahman", "Sato",    "Carvalho",   "O'Brien",  "Yılmaz",
    "Horák",     "Adeyemi",    "Martin", "Nguyễn",  "Kravchenko", "Larsen",   "García",
    "Fonseca",   "Wiśniewska", "Singh",  "Menon",   "林"
};
constexpr std::array<std::string_view, 24> kHandles = {
    "quiet-falcon",  "red-maple",  "north-wind", "paper-crane", "blue-heron",  "tall-birch",
    "salt-flat",     "late-train", "grey-wolf",  "iron-fern",   "wild-mint",   "cold-brew",
    "sunny-patch",   "lone-pine",  "fast-otter", "old-harbor",  "clear-creek", "night-owl",
    "green-lantern", "soft-rain",  "black-swan", "river-stone", "amber-fox",   "snow-goose"
};
constexpr std::array<std::string_view, 6> kTimeZones = {
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "Europe/London",
    "America/Los_Angeles",
    "Asia/Kolkata"
};

EpochMs FloorToMonday(EpochMs instant) {
  constexpr EpochMs kFirstMonday = 4 * kDayMs + 9 * kHourMs;  // 1970-01-05T09:00Z
  return kFirstMonday + (instant - kFirstMonday) / (7 * kDayMs) * (7 * kDayMs);
}

IssueType TypeOf(std::uint64_t seed, std::int64_t index, std::int64_t number) {
  // Every block of 20 numbers is an epic and its children; three of them are subtasks of the issue
  // just before. The frame is the same in every world, what fills it is not.
  const std::int64_t place = (number - 1) % 20;
  if (place == 0) return IssueType::kEpic;
  if (place % 6 == 0) return IssueType::kSubtask;
  const auto roll = HashOf(seed, kTypeTopic, static_cast<std::uint64_t>(index)) % 100;
  return roll < 45 ? IssueType::kStory : roll < 75 ? IssueType::kTask : IssueType::kBug;
}

std::string UuidOf(std::uint64_t a, std::uint64_t b) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "00000000-0000-4000-8000-000000000000";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '0') continue;
    text[i] = kDigits[(i < 18 ? a >> (i * 3) : b >> ((i - 18) * 3)) & 15];
  }
  return text;
}

/// ASCII letters and dots of a name, for an e-mail address.
std::string AsciiOf(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') text += static_cast<char>(c - 'A' + 'a');
    if (c >= 'a' && c <= 'z') text += c;
  }
  return text;
}

}  // namespace

bool IsTransition(Status from, Status to) noexcept {
  switch (from) {
    case Status::kToDo:
      return to == Status::kInProgress || to == Status::kDone;
    case Status::kInProgress:
      return to != Status::kInProgress;
    case Status::kInReview:
      return to == Status::kInProgress || to == Status::kBlocked || to == Status::kDone;
    case Status::kBlocked:
      return to == Status::kInProgress || to == Status::kDone;
    case Status::kDone:
      return to == Status::kInProgress;
  }
  return false;
}

World::World(WorldOptions options)
    : options_(options),
      start_(options.now - kWorldSpan),
      // The last issue is at least an hour old: it has had time to be worked on.
      step_(std::max<EpochMs>(1, (kWorldSpan - kHourMs) / (options.issues + 1))),
      first_sprint_(FloorToMonday(start_)),
      person_count_(static_cast<int>(40 + options.issues / 500)),
      sprint_count_(static_cast<int>((options.now - first_sprint_) / kSprintLength) + 3),
      version_count_(static_cast<int>(kWorldSpan / kQuarter) + 2) {}

Person World::PersonAt(int index) const {
  const auto place = static_cast<std::uint64_t>(index);
  Random random(options_.seed, kPersonTopic, place);
  const std::string_view first = kFirstNames[random.Below(kFirstNames.size())];
  const std::string_view last = kLastNames[random.Below(kLastNames.size())];
  Person person;
  person.index = index;
  person.display_name.append(first).append(" ").append(last);
  person.account_id = "712020:" + UuidOf(Mix(place), Mix(~place));
  person.user_key = "JIRAUSER" + std::to_string(10100 + index);
  const std::string_view handle = kHandles[place % kHandles.size()];
  person.github_login = std::string(handle) + "-" + std::to_string(index + 1);
  person.user_name = AsciiOf(handle) + std::to_string(index + 1);
  person.email = AsciiOf(first) + "." + AsciiOf(last) + std::to_string(index + 1) + "@acme.example";
  person.email_hidden = random.Chance(300);
  person.active = !random.Chance(80);
  person.time_zone = kTimeZones[random.Below(kTimeZones.size())];
  return person;
}

const Project& World::ProjectAt(int index) { return kProjects[static_cast<std::size_t>(index)]; }

std::string World::VersionName(int project, int version) const {
  const std::string day = FormatInstant(VersionReleasedAt(version));
  const int month = (day[5] - '0') * 10 + (day[6] - '0');
  std::string name(ProjectAt(project).key);
  return name.append(" ").append(day, 0, 4).append(".").append(std::to_string((month - 1) / 3 + 1));
}

EpochMs World::VersionReleasedAt(int version) const noexcept {
  return start_ + (version + 1) * kQuarter;
}

Sprint World::SprintAt(int project, int number) const noexcept {
  Sprint sprint;
  sprint.project = project;
  sprint.number = number;
  sprint.id = kFirstSprintId + std::int64_t{number} * kProjectCount + project;
  sprint.board_id = project + 1;
  sprint.start = first_sprint_ + number * kSprintLength;
  sprint.end = sprint.start + kSprintLength;
  if (sprint.end <= options_.now) {
    sprint.state = SprintState::kClosed;
    sprint.complete = std::min(sprint.end + kHourMs, options_.now);
  } else {
    sprint.state = sprint.start <= options_.now ? SprintState::kActive : SprintState::kFuture;
  }
  return sprint;
}

std::optional<Sprint> World::FindSprint(std::int64_t id) const noexcept {
  const std::int64_t place = id - kFirstSprintId;
  const auto project = static_cast<int>(place % kProjectCount);
  if (place < 0 || place / kProjectCount >= sprint_count_) return std::nullopt;
  if (ProjectAt(project).board != BoardKind::kScrum) return std::nullopt;
  return SprintAt(project, static_cast<int>(place / kProjectCount));
}

EpochMs World::CreatedAt(std::int64_t index) const noexcept {
  const auto jitter = HashOf(options_.seed, kCreatedTopic, static_cast<std::uint64_t>(index)) %
                      static_cast<std::uint64_t>(step_);
  return start_ + index * step_ + static_cast<EpochMs>(jitter);
}

IssueHead World::HeadAt(std::int64_t index) const noexcept {
  const auto slot = static_cast<std::size_t>(index % 16);
  IssueHead head;
  head.index = index;
  head.id = IssueId(index);
  head.project = kPattern[slot];
  head.number = index / 16 * kShare[static_cast<std::size_t>(head.project)] + kRank[slot] + 1;
  head.type = TypeOf(options_.seed, index, head.number);
  head.created = CreatedAt(index);
  Random random(options_.seed, kUpdatedTopic, static_cast<std::uint64_t>(index));
  const EpochMs room = options_.now - head.created - kMinuteMs;
  if (random.Chance(30)) {  // Old issues get touched, too.
    const auto recent = static_cast<EpochMs>(random.Next() % (7 * kDayMs));
    head.updated = head.created + std::max(room - recent, room / 2);
    return head;
  }
  // Lifetimes spread evenly over the powers of two from ten minutes to eight months.
  const EpochMs scale = (10 * kMinuteMs) << random.Below(15);
  EpochMs life = scale + static_cast<EpochMs>(random.Next() % static_cast<std::uint64_t>(scale));
  if (life > room)
    life = room - static_cast<EpochMs>(random.Next() % static_cast<std::uint64_t>(room / 4));
  head.updated = head.created + life;
  return head;
}

std::int64_t World::IssueId(std::int64_t index) noexcept { return kFirstIssueId + index; }

std::string World::IssueKey(std::int64_t index) {
  const auto slot = static_cast<std::size_t>(index % 16);
  const auto project = static_cast<std::size_t>(kPattern[slot]);
  std::string key(kProjects[project].key);
  return key.append("-").append(std::to_string(index / 16 * kShare[project] + kRank[slot] + 1));
}

std::optional<std::int64_t> World::FindIssue(std::int64_t id) const noexcept {
  const std::int64_t index = id - kFirstIssueId;
  if (index < 0 || index >= options_.issues) return std::nullopt;
  return index;
}

std::optional<std::int64_t> World::FindIssueKey(std::string_view key) const noexcept {
  const std::size_t dash = key.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto project = std::find_if(kProjects.begin(), kProjects.end(), [&](const Project& each) {
    return each.key == key.substr(0, dash);
  });
  std::int64_t number = 0;
  const char* end = key.data() + key.size();
  const auto read = std::from_chars(key.data() + dash + 1, end, number);
  if (project == kProjects.end() || read.ec != std::errc() || read.ptr != end || number < 1) {
    return std::nullopt;
  }
  const std::int64_t index = IndexOf(project->index, number);
  if (index >= options_.issues) return std::nullopt;
  return index;
}

std::int64_t World::IndexOf(int project, std::int64_t number) noexcept {
  constexpr auto kSlots = SlotsOfRanks();
  const auto place = static_cast<std::size_t>(project);
  const std::int64_t rank = (number - 1) % kShare[place];
  return (number - 1) / kShare[place] * 16 + kSlots[place][static_cast<std::size_t>(rank)];
}

}  // namespace pulse::simulate
