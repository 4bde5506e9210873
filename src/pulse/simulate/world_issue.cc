// The story of one issue: where it belongs, what happened to it, what people said about it.

#include <algorithm>

#include "pulse/simulate/world.h"

namespace pulse::simulate {
namespace {

enum Topic : unsigned char {
  kPlaceTopic = 16,
  kHistoryTopic,
  kConversationTopic,
  kLinkTopic,
  kLinkMaskTopic,
  kTextTopic,
};

// Ids of histories, comments and worklogs: 256 of each per issue, so an id names its issue.
constexpr std::int64_t kChildrenPerIssue = 256;
constexpr std::int64_t kFirstChildId = 100000;
constexpr std::int64_t kFirstLinkId = 20000;

constexpr std::array<int, 6> kPointScale = {1, 2, 3, 5, 8, 13};

std::int64_t ChildId(std::int64_t index, std::size_t position) {
  return kFirstChildId + index * kChildrenPerIssue + static_cast<std::int64_t>(position);
}

/// 3 % have more than 40 (what the APIs cut off), 3 in a thousand more than 100; 3.8 on average.
int HistoryCount(Random& random) {
  constexpr std::array<int, 12> kUsual = {0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5};
  const std::uint32_t roll = random.Below(1000);
  if (roll < 3) return 101 + random.Int(40);
  if (roll < 30) return 41 + random.Int(30);
  return kUsual[random.Below(kUsual.size())];
}

bool HasPoints(IssueType type) { return type == IssueType::kStory || type == IssueType::kTask; }
bool HasSprint(const Issue& issue) {
  return World::ProjectAt(issue.project).board == BoardKind::kScrum &&
         issue.type != IssueType::kEpic && issue.type != IssueType::kSubtask;
}

/// Moves one issue through its workflow, one history at a time.
class Storyteller {
 public:
  Storyteller(const World& world, Issue& issue, Random& random)
      : world_(world), issue_(issue), random_(random) {}

  void Begin() {
    IssueState& state = issue_.initial;
    state = IssueState{};
    state.priority = random_.Chance(600) ? 2 : random_.Int(5);
    if (random_.Chance(400)) state.assignee = random_.Int(world_.person_count());
    if (HasPoints(issue_.type) && random_.Chance(500)) state.points = AnyPoints();
    if (HasSprint(issue_) && random_.Chance(200)) {
      state.sprints.first = state.sprints.last = SprintNumberAt(issue_.created);
    }
    if (random_.Chance(300)) state.labels = 1U << random_.Below(kLabelCount);
    issue_.state = state;
    issue_.resolved = 0;
  }

  void Tell(History& history) {
    history.before = issue_.state;
    history.field_count = 1;
    const std::uint32_t roll = random_.Below(100);
    if (roll < 45) {
      Work(history);
    } else if (roll < 60) {
      Assign(history);
    } else if (roll < 74) {
      Plan(history);
    } else {
      Tidy(history, roll);
    }
    history.after = issue_.state;
  }

  /// The last word, for an issue that ended well but is not there yet.
  void Close(History& history) {
    history.before = issue_.state;
    history.field_count = 1;
    MoveTo(history, Status::kDone);
    history.after = issue_.state;
  }

 private:
  int AnyPoints() { return kPointScale[random_.Below(kPointScale.size())]; }

  int SprintNumberAt(EpochMs instant) const {
    const EpochMs first = world_.SprintAt(0, 0).start;
    return static_cast<int>((instant - first) / (14 * kDayMs));
  }

  void MoveTo(History& history, Status to) {
    IssueState& state = issue_.state;
    history.fields[0] = ChangedField::kStatus;
    if (to == Status::kDone && !World::ProjectAt(issue_.project).team_managed) {
      // One in fifty workflows forgets the resolution, as real ones do.
      if (!random_.Chance(20)) {
        state.resolution = random_.Chance(850) ? 0 : 1 + random_.Int(3);
        history.fields[1] = ChangedField::kResolution;
        history.field_count = 2;
        issue_.resolved = history.at;
      }
    } else if (state.resolution >= 0) {
      state.resolution = -1;
      history.fields[1] = ChangedField::kResolution;
      history.field_count = 2;
      issue_.resolved = 0;
    }
    state.status = to;
  }

  void Work(History& history) {
    const std::uint32_t roll = random_.Below(100);
    switch (issue_.state.status) {
      case Status::kToDo:
        return MoveTo(history, roll < 92 ? Status::kInProgress : Status::kDone);
      case Status::kInProgress:
        return MoveTo(
            history,
            roll < 65   ? Status::kInReview
            : roll < 80 ? Status::kBlocked
            : roll < 88 ? Status::kToDo
                        : Status::kDone
        );
      case Status::kInReview:
        return MoveTo(
            history,
            roll < 65   ? Status::kDone
            : roll < 92 ? Status::kInProgress
                        : Status::kBlocked
        );
      case Status::kBlocked:
        return MoveTo(history, Status::kInProgress);
      case Status::kDone:
        if (roll < 25) return MoveTo(history, Status::kInProgress);
        return Rank(history);
    }
  }

  void Assign(History& history) {
    int& assignee = issue_.state.assignee;
    const int next = random_.Chance(120) ? kNobody : random_.Int(world_.person_count());
    if (next == assignee) return Rank(history);
    assignee = next;
    history.fields[0] = ChangedField::kAssignee;
  }

  void Plan(History& history) {
    if (!HasSprint(issue_)) return Rank(history);
    SprintRange& sprints = issue_.state.sprints;
    const int current = SprintNumberAt(history.at);
    if (sprints.first == kNoSprint) {
      sprints.first = sprints.last = current + random_.Int(2);
    } else if (sprints.last < current) {
      // Carried over; an issue that slept for long starts anew.
      if (current - sprints.first > 3) sprints.first = current;
      sprints.last = current;
    } else {
      sprints = SprintRange{};
    }
    history.fields[0] = ChangedField::kSprint;
  }

  void Tidy(History& history, std::uint32_t roll) {
    IssueState& state = issue_.state;
    if (roll < 81) {
      const int next = (state.priority + 1 + random_.Int(4)) % 5;
      state.priority = next;
      history.fields[0] = ChangedField::kPriority;
    } else if (roll < 87 && HasPoints(issue_.type)) {
      const int next = random_.Chance(50) ? -1 : AnyPoints();
      if (next == state.points) return Rank(history);
      state.points = next;
      history.fields[0] = ChangedField::kPoints;
    } else if (roll < 92) {
      state.labels ^= 1U << random_.Below(kLabelCount);
      history.fields[0] = ChangedField::kLabels;
    } else if (roll < 95) {
      state.flagged = !state.flagged;
      history.fields[0] = ChangedField::kFlagged;
    } else if (roll < 97) {
      history.fields[0] = ChangedField::kDescription;
    } else {
      Rank(history);
    }
  }

  static void Rank(History& history) { history.fields[0] = ChangedField::kRank; }

  const World& world_;
  Issue& issue_;
  Random& random_;
};

bool EndsDone(const World& world, const Issue& issue, Random& random) {
  const bool old = world.now() - issue.updated > 30 * kDayMs;
  if (issue.type == IssueType::kEpic) return random.Chance(old ? 600 : 150);
  return random.Chance(old ? 850 : 350);
}

}  // namespace

void World::IssueAt(std::int64_t index, Issue& issue) const {
  static_cast<IssueHead&>(issue) = HeadAt(index);
  issue.text_seed = HashOf(options_.seed, kTextTopic, static_cast<std::uint64_t>(index));
  FillPlace(issue);
  FillHistories(issue);
  FillConversation(issue);
  FillLinks(issue);
}

void World::FillPlace(Issue& issue) const {
  Random random(options_.seed, kPlaceTopic, static_cast<std::uint64_t>(issue.index));
  const std::int64_t place = (issue.number - 1) % 20;
  const std::int64_t epic = IndexOf(issue.project, issue.number - place);
  issue.parent = -1;
  issue.epic = -1;
  issue.subtasks.clear();
  if (issue.type == IssueType::kSubtask) {
    issue.parent = IndexOf(issue.project, issue.number - 1);
  } else if (issue.type != IssueType::kEpic) {
    // Three in ten belong to no epic.
    if (!random.Chance(300)) issue.parent = issue.epic = epic;
    if ((place + 1) % 6 == 0) {
      const std::int64_t subtask = IndexOf(issue.project, issue.number + 1);
      if (subtask < options_.issues && place + 1 < 20) issue.subtasks.push_back(subtask);
    }
  }
  issue.reporter = random.Int(person_count_);
  issue.creator = random.Chance(900) ? issue.reporter : random.Int(person_count_);
  issue.component = random.Chance(650) ? random.Int(kComponentCount) : -1;
  const auto quarter = static_cast<int>((issue.updated - start_) / (91 * kDayMs));
  issue.fix_version = random.Chance(350) ? std::min(quarter, version_count_ - 1) : -1;
  issue.due = random.Chance(150) ? issue.created + (3 + random.Int(60)) * kDayMs : 0;
}

void World::FillHistories(Issue& issue) const {
  Random random(options_.seed, kHistoryTopic, static_cast<std::uint64_t>(issue.index));
  int count = HistoryCount(random);
  const bool ends_done = EndsDone(*this, issue, random);
  if (ends_done && count == 0) count = 1;
  Storyteller story(*this, issue, random);
  story.Begin();
  issue.histories.clear();
  const EpochMs pace = count == 0 ? 0 : (issue.updated - issue.created) / count;
  for (int i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    History& history = issue.histories.emplace_back();
    history.id = ChildId(issue.index, static_cast<std::size_t>(i));
    history.at = issue.created + pace * (i + 1) -
                 static_cast<EpochMs>(random.Next() % static_cast<std::uint64_t>(pace / 2));
    if (last) history.at = issue.updated;
    history.author = issue.state.assignee >= 0 && random.Chance(600) ? issue.state.assignee
                                                                     : random.Int(person_count_);
    if (last && ends_done && issue.state.status != Status::kDone) {
      story.Close(history);
    } else {
      story.Tell(history);
    }
  }
}

void World::FillConversation(Issue& issue) const {
  Random random(options_.seed, kConversationTopic, static_cast<std::uint64_t>(issue.index));
  const auto within = [&] {
    const auto life = static_cast<std::uint64_t>(issue.updated - issue.created);
    return issue.created + static_cast<EpochMs>(random.Next() % life);
  };
  constexpr std::array<int, 8> kUsual = {0, 0, 0, 1, 1, 2, 2, 4};
  const std::uint32_t roll = random.Below(1000);
  const int comments = roll < 1    ? 101 + random.Int(60)
                       : roll < 10 ? 21 + random.Int(40)
                                   : kUsual[random.Below(kUsual.size())];
  issue.comments.resize(static_cast<std::size_t>(comments));
  for (Comment& comment : issue.comments) comment.created = within();
  std::sort(issue.comments.begin(), issue.comments.end(), [](const Comment& a, const Comment& b) {
    return a.created < b.created;
  });
  for (std::size_t i = 0; i < issue.comments.size(); ++i) {
    Comment& comment = issue.comments[i];
    comment.id = ChildId(issue.index, i);
    comment.author = random.Int(person_count_);
    comment.updated = random.Chance(900) ? comment.created
                                         : std::min(comment.created + 5 * kMinuteMs, issue.updated);
    comment.text_seed = random.Next();
  }
  const std::uint32_t effort = random.Below(1000);
  const int worklogs = effort < 5 ? 21 + random.Int(20) : effort < 200 ? 1 + random.Int(4) : 0;
  issue.worklogs.resize(static_cast<std::size_t>(worklogs));
  for (Worklog& worklog : issue.worklogs) worklog.created = within();
  std::sort(issue.worklogs.begin(), issue.worklogs.end(), [](const Worklog& a, const Worklog& b) {
    return a.created < b.created;
  });
  for (std::size_t i = 0; i < issue.worklogs.size(); ++i) {
    Worklog& worklog = issue.worklogs[i];
    worklog.id = ChildId(issue.index, i);
    worklog.author = random.Int(person_count_);
    worklog.seconds = (1 + random.Int(16)) * 1800;
    worklog.started = worklog.created - EpochMs{worklog.seconds} * 1000;
    worklog.updated = worklog.created;
    worklog.text_seed = random.Next();
  }
}

void World::FillLinks(Issue& issue) const {
  // Inside a block of 64 issues, index ^ mask is a pairing: both ends compute the same pair, so
  // links are symmetric without being stored. Two masks give up to two links per issue.
  issue.links.clear();
  const std::int64_t block = issue.index / 64;
  std::uint64_t used = 0;
  for (std::uint64_t round = 0; round < 2; ++round) {
    const auto key = static_cast<std::uint64_t>(block) * 2 + round;
    const std::uint64_t mask = 1 + HashOf(options_.seed, kLinkMaskTopic, key) % 63;
    const auto other = static_cast<std::int64_t>(static_cast<std::uint64_t>(issue.index) ^ mask);
    if (mask == used || other >= options_.issues) continue;
    used = mask;
    const std::int64_t lower = std::min(issue.index, other);
    const std::int64_t id = kFirstLinkId + lower * 2 + static_cast<std::int64_t>(round);
    Random random(options_.seed, kLinkTopic, static_cast<std::uint64_t>(id));
    if (!random.Chance(200)) continue;
    Link link;
    link.id = id;
    link.other = other;
    link.type = random.Int(static_cast<int>(kLinkTypes.size()));
    const bool lower_is_source = random.Chance(500);
    link.side = (issue.index == lower) == lower_is_source ? LinkSide::kOutward : LinkSide::kInward;
    issue.links.push_back(link);
  }
}

std::int64_t World::IssueOfChild(std::int64_t child_id) noexcept {
  return (child_id - kFirstChildId) / kChildrenPerIssue;
}

}  // namespace pulse::simulate
