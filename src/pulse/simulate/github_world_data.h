#pragma once

/// \file
/// WorldData, for the files that implement it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/simulate/github_data.h"
#include "pulse/simulate/github_node_id.h"
#include "pulse/simulate/github_world.h"
#include "pulse/simulate/github_world_people.h"
#include "pulse/simulate/random.h"

namespace pulse::simulate::github {

/// Independent choices draw from streams of their own.
enum class Topic : std::uint8_t {
  kRepository = 200,
  kPull,
  kTimes,
  kUpdated,
  kCommits,
  kReviews,
  kComments,
  kThreads,
  kOid,
  kDeployment,
  kRelease,
};

/// When the pull requests of one repository happen. Positions count from the newest.
class Timeline {
 public:
  Timeline(std::int64_t count, EpochMs now);

  std::int64_t count() const noexcept { return count_; }
  EpochMs step() const noexcept { return step_; }
  std::int64_t block() const noexcept { return block_; }
  EpochMs now() const noexcept { return now_; }

  /// Where the pull request that was created `created`-th last stands in the order of updates.
  std::int64_t UpdatedPosition(std::int64_t created) const noexcept;
  /// The inverse.
  std::int64_t CreatedPosition(std::int64_t updated) const noexcept;
  /// At least three days before the update of the same pull request. `noise` is any number.
  EpochMs CreatedAt(std::int64_t created, std::uint64_t noise) const noexcept;
  EpochMs UpdatedAt(std::int64_t updated, std::uint64_t noise) const noexcept;

 private:
  EpochMs Jitter(std::uint64_t noise) const noexcept;

  std::int64_t count_;
  EpochMs now_;
  EpochMs step_;
  std::int64_t block_;
};

class WorldData final : public Data {
 public:
  explicit WorldData(const WorldDataOptions& options);

  const Actor& viewer() const override { return accounts_.viewer(); }
  const std::vector<const Actor*>& owners() const override { return owners_; }
  const std::vector<Repository>& repositories() const override { return repositories_; }
  std::int64_t PullCount(const Repository& repository) const override;
  PullHead HeadAt(const Repository& repository, PullOrder order, std::int64_t position)
      const override;
  bool PullOf(const Repository& repository, std::int64_t number, PullRequest& out) const override;
  std::vector<std::int64_t> OtherConversations(const Repository&) const override { return {}; }
  std::int64_t CommitCount(const PullRequest& pull) const override;
  void CommitAt(const PullRequest& pull, std::int64_t position, Commit& out) const override;
  std::int64_t ReviewCount(const PullRequest& pull) const override;
  void ReviewAt(const PullRequest& pull, std::int64_t position, Review& out) const override;
  std::int64_t CommentCount(const Repository& repository, const PullHead& pull, CommentKind kind)
      const override;
  CommentHead CommentHeadAt(
      const Repository& repository, const PullHead& pull, CommentKind kind, std::int64_t position
  ) const override;
  void CommentAt(
      const Repository& repository,
      const PullHead& pull,
      CommentKind kind,
      std::int64_t position,
      Comment& out
  ) const override;
  std::int64_t ThreadCount(const PullRequest& pull) const override;
  void ThreadAt(const PullRequest& pull, std::int64_t position, Thread& out) const override;
  std::int64_t DeploymentCount(const Repository& repository) const override;
  void DeploymentAt(const Repository& repository, std::int64_t position, Deployment& out)
      const override;
  std::int64_t ReleaseCount(const Repository& repository) const override;
  void ReleaseAt(const Repository& repository, std::int64_t position, Release& out) const override;
  const Actor* FindActor(std::string_view login) const override { return accounts_.Find(login); }
  std::int64_t BrokenPulls() const override;
  NodeRef FindNode(std::string_view node_id) const override;

 private:
  const Timeline& TimelineOf(const Repository& repository) const;
  Random Draw(
      Topic topic, const Repository& repository, std::int64_t number, std::int64_t child = 0
  ) const;
  std::uint64_t Noise(
      Topic topic, const Repository& repository, std::int64_t number, std::int64_t child = 0
  ) const;
  /// Same in every world: ids do not depend on the seed.
  static std::int64_t Slot(const Repository& repository, std::int64_t number);
  static std::int64_t PullId(const Repository& repository, std::int64_t number);
  static std::int64_t ChildId(
      const Repository& repository, std::int64_t number, std::int64_t child
  );
  static std::string ChildNode(
      std::string_view prefix, const Repository& repository, std::int64_t number, std::int64_t child
  );
  std::string Oid(const Repository& repository, std::int64_t number, std::int64_t child) const;
  PullHead HeadOf(const Repository& repository, std::int64_t number) const;
  /// The position-th of `count` moments between creation and last update; ascends.
  static EpochMs Moment(const PullHead& pull, std::int64_t position, std::int64_t count);
  std::int64_t CommitsOf(const Repository& repository, std::int64_t number) const;
  /// First review comment and number of comments of every thread.
  struct Span {
    std::int64_t first = 0;
    std::int64_t count = 0;
  };
  std::int64_t ThreadsOf(const Repository& repository, std::int64_t number) const;
  std::int64_t ThreadSize(const Repository& repository, std::int64_t number, std::int64_t thread)
      const;
  Span ThreadSpan(const Repository& repository, std::int64_t number, std::int64_t thread) const;

  void MakeRepositories(std::int64_t prs);
  void FillText(Random& random, PullRequest& out) const;
  void FillState(Random& random, PullRequest& out) const;
  void FillPeople(Random& random, PullRequest& out) const;
  void FillBranches(Random& random, PullRequest& out) const;
  void FillReviewComment(
      const Repository& repository, std::int64_t number, std::int64_t position, Comment& out
  ) const;
  bool IsBroken(std::int64_t pull_id) const;
  std::string IssueKeyFor(Random& random, const PullRequest& pull) const;

  World world_;
  const FaultPlan* faults_;
  Accounts accounts_;
  std::vector<const Actor*> owners_;
  std::vector<Repository> repositories_;
  std::vector<std::string> repository_texts_;  ///< Their REST forms; no longer grows.
  std::vector<Timeline> timelines_;
  std::vector<Label> labels_;
  std::vector<Milestone> milestones_;
};

}  // namespace pulse::simulate::github
