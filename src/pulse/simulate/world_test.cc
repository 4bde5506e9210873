#include "pulse/simulate/world.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/world_text.h"

namespace pulse::simulate {
namespace {

using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::int64_t kIssues = 5000;

World Make(std::uint64_t seed = 7) { return World({.seed = seed, .issues = kIssues}); }

/// Calls see(issue) for every issue of the world.
template <class See>
void ForEachIssue(const World& world, See see) {
  Issue issue;
  for (std::int64_t i = 0; i < world.issue_count(); ++i) {
    world.IssueAt(i, issue);
    see(issue);
  }
}

TEST(World, CreatesIssuesInTheOrderOfTheirIndexAndNothingAfterItsClock) {
  const World world = Make();

  EpochMs before = world.start();
  ForEachIssue(world, [&](const Issue& issue) {
    EXPECT_GT(issue.created, before) << issue.index;
    EXPECT_GE(issue.updated, issue.created) << issue.index;
    EXPECT_LT(issue.updated, world.now()) << issue.index;
    before = issue.created;
  });
}

TEST(World, LeadsEveryIssueFromItsFirstStateToItsPresentOne) {
  const World world = Make();

  std::size_t histories = 0;
  ForEachIssue(world, [&](const Issue& issue) {
    IssueState state = issue.initial;
    EpochMs at = issue.created;
    for (const History& history : issue.histories) {
      EXPECT_EQ(history.before, state) << World::IssueKey(issue.index);
      EXPECT_GE(history.at, at) << World::IssueKey(issue.index);
      state = history.after;
      at = history.at;
      ++histories;
    }
    EXPECT_EQ(state, issue.state) << World::IssueKey(issue.index);
    EXPECT_EQ(issue.histories.empty() ? issue.updated : issue.histories.back().at, issue.updated);
  });
  EXPECT_THAT(histories, Gt(3U * kIssues));
}

TEST(World, SaysInEveryHistoryExactlyWhatChanged) {
  const World world = Make();
  const auto touches = [](const History& history, ChangedField field) {
    for (int i = 0; i < history.field_count; ++i) {
      if (history.fields[static_cast<std::size_t>(i)] == field) return true;
    }
    return false;
  };

  ForEachIssue(world, [&](const Issue& issue) {
    for (const History& h : issue.histories) {
      EXPECT_EQ(touches(h, ChangedField::kStatus), h.before.status != h.after.status);
      EXPECT_EQ(touches(h, ChangedField::kResolution), h.before.resolution != h.after.resolution);
      EXPECT_EQ(touches(h, ChangedField::kAssignee), h.before.assignee != h.after.assignee);
      EXPECT_EQ(touches(h, ChangedField::kPriority), h.before.priority != h.after.priority);
      EXPECT_EQ(touches(h, ChangedField::kPoints), h.before.points != h.after.points);
      EXPECT_EQ(touches(h, ChangedField::kSprint), h.before.sprints != h.after.sprints);
      EXPECT_EQ(touches(h, ChangedField::kLabels), h.before.labels != h.after.labels);
      EXPECT_EQ(touches(h, ChangedField::kFlagged), h.before.flagged != h.after.flagged);
    }
  });
}

TEST(World, MovesIssuesOnlyAlongTransitionsOfTheWorkflow) {
  const World world = Make();

  std::set<std::pair<Status, Status>> seen;
  ForEachIssue(world, [&](const Issue& issue) {
    for (const History& history : issue.histories) {
      const Status from = history.before.status;
      const Status to = history.after.status;
      if (from == to) continue;
      EXPECT_TRUE(IsTransition(from, to)) << static_cast<int>(from) << static_cast<int>(to);
      seen.insert({from, to});
    }
  });
  EXPECT_TRUE(seen.contains({Status::kDone, Status::kInProgress})) << "nothing is ever reopened";
  EXPECT_TRUE(seen.contains({Status::kInProgress, Status::kBlocked})) << "nothing gets stuck";
}

TEST(World, HasTheTailOfLongHistoriesAndConversations) {
  const World world = Make();

  int over_forty = 0;
  int over_hundred = 0;
  int long_talks = 0;
  int long_work = 0;
  ForEachIssue(world, [&](const Issue& issue) {
    over_forty += issue.histories.size() > 40 ? 1 : 0;
    over_hundred += issue.histories.size() > 100 ? 1 : 0;
    long_talks += issue.comments.size() > 100 ? 1 : 0;
    long_work += issue.worklogs.size() > 20 ? 1 : 0;
  });

  EXPECT_NEAR(over_forty, kIssues * 0.03, kIssues * 0.01);
  EXPECT_THAT(over_hundred, Gt(0));
  EXPECT_THAT(long_talks, Gt(0));
  EXPECT_THAT(long_work, Gt(0));
}

TEST(World, SeesEveryLinkFromBothEnds) {
  const World world = Make();

  std::size_t links = 0;
  Issue other;
  ForEachIssue(world, [&](const Issue& issue) {
    for (const Link& link : issue.links) {
      world.IssueAt(link.other, other);
      const auto back = std::find_if(other.links.begin(), other.links.end(), [&](const Link& each) {
        return each.id == link.id;
      });
      ASSERT_NE(back, other.links.end()) << World::IssueKey(issue.index);
      EXPECT_EQ(back->other, issue.index);
      EXPECT_EQ(back->type, link.type);
      EXPECT_NE(back->side, link.side);
      ++links;
    }
  });
  EXPECT_THAT(links, Gt(1000U));
}

TEST(World, PutsChildrenUnderParentsThatExistedBefore) {
  const World world = Make();

  std::map<IssueType, int> children;
  Issue parent;
  ForEachIssue(world, [&](const Issue& issue) {
    if (issue.parent < 0) return;
    world.IssueAt(issue.parent, parent);
    EXPECT_LT(parent.created, issue.created);
    EXPECT_EQ(parent.project, issue.project);
    ++children[issue.type];
    if (issue.type == IssueType::kSubtask) {
      EXPECT_THAT(parent.subtasks, ::testing::Contains(issue.index));
    } else {
      EXPECT_EQ(parent.type, IssueType::kEpic);
      EXPECT_EQ(issue.epic, issue.parent);
    }
  });
  EXPECT_THAT(children[IssueType::kSubtask], Gt(100));
  EXPECT_THAT(children[IssueType::kStory], Gt(100));
}

TEST(World, GivesBackTheIndexOfEveryIdAndKey) {
  const World world = Make();

  std::set<std::string> keys;
  for (std::int64_t i = 0; i < kIssues; ++i) {
    const std::string key = World::IssueKey(i);
    EXPECT_EQ(world.FindIssueKey(key), i);
    EXPECT_EQ(world.FindIssue(World::IssueId(i)), i);
    keys.insert(key);
  }
  EXPECT_THAT(keys, SizeIs(kIssues));
  EXPECT_EQ(world.FindIssueKey("PAY-99999999"), std::nullopt);
  EXPECT_EQ(world.FindIssueKey("PAY-0"), std::nullopt);
  EXPECT_EQ(world.FindIssueKey("NOPE-1"), std::nullopt);
  EXPECT_EQ(world.FindIssue(World::IssueId(kIssues)), std::nullopt);
}

TEST(World, IsTheSameInEveryRunAndOrder) {
  const World one = Make();
  const World two = Make();
  Issue first;
  Issue again;

  one.IssueAt(4321, first);
  for (const std::int64_t index : {17, 4999, 0, 4321}) two.IssueAt(index, again);

  EXPECT_EQ(again.state, first.state);
  EXPECT_EQ(again.histories.size(), first.histories.size());
  EXPECT_EQ(SummaryOf(again), SummaryOf(first));
}

TEST(World, CollidesWithAnotherSeedInNamesButNotInContent) {
  const World acme = Make(1);
  const World globex = Make(2);

  int same_summary = 0;
  int same_name = 0;
  Issue a;
  Issue b;
  for (std::int64_t i = 0; i < 1000; ++i) {
    acme.IssueAt(i, a);
    globex.IssueAt(i, b);
    EXPECT_EQ(a.id, b.id);
    same_summary += SummaryOf(a) == SummaryOf(b) ? 1 : 0;
  }
  for (int i = 0; i < acme.person_count(); ++i) {
    EXPECT_EQ(acme.PersonAt(i).account_id, globex.PersonAt(i).account_id);
    EXPECT_EQ(acme.PersonAt(i).github_login, globex.PersonAt(i).github_login);
    same_name += acme.PersonAt(i).display_name == globex.PersonAt(i).display_name ? 1 : 0;
  }
  EXPECT_LT(same_summary, 20);
  EXPECT_LT(same_name, 5);
}

TEST(World, KeepsSprintsOfIssuesWithinTheSprintsThereAre) {
  const World world = Make();

  int planned = 0;
  ForEachIssue(world, [&](const Issue& issue) {
    const SprintRange range = issue.state.sprints;
    if (range.first == kNoSprint) return;
    ++planned;
    EXPECT_LE(range.first, range.last);
    EXPECT_LT(range.last, world.sprint_count());
    const Sprint sprint = world.SprintAt(issue.project, range.last);
    ASSERT_TRUE(world.FindSprint(sprint.id).has_value());
    EXPECT_EQ(world.FindSprint(sprint.id)->number, range.last);
  });
  EXPECT_THAT(planned, Gt(500));
}

TEST(WorldText, SpeaksAboutPaymentsThatTimeOutAfterADeploy) {
  const World world({.seed = 1, .issues = 20000});

  bool found = false;
  for (std::int64_t i = 0; i < world.issue_count() && !found; ++i) {
    Issue issue;
    world.IssueAt(i, issue);
    found = SummaryOf(issue).find("Payments time out after deploy") != std::string::npos;
  }
  EXPECT_TRUE(found);
}

TEST(WorldText, HoldsEveryAwkwardPieceSomewhere) {
  const World world({.seed = 1, .issues = 20000});

  std::map<Awkward, int> seen;
  Issue issue;
  for (std::int64_t i = 0; i < world.issue_count(); ++i) {
    world.IssueAt(i, issue);
    const Awkward awkward = AwkwardOf(issue.text_seed);
    ++seen[awkward];
    if (awkward == Awkward::kNul) {
      EXPECT_NE(SummaryOf(issue).find('\0'), std::string::npos);
    }
    if (awkward == Awkward::kLineSeparator) {
      EXPECT_THAT(SummaryOf(issue), HasSubstr("\xE2\x80\xA8"));
    }
  }
  EXPECT_THAT(seen, SizeIs(9));
}

}  // namespace
}  // namespace pulse::simulate
