#pragma once

/// \file
/// Data: read access to a simulated GitHub, whether generated or read from payload files.
///
/// Thread-safe and, but for SetHidden, immutable. Lists are addressed by position so that any page
/// is as cheap as the first one. Functions that fill an `out` object replace all of it and keep its
/// memory.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/sync.h"
#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

enum class PullOrder : unsigned char { kCreated, kUpdated };
enum class CommentKind : unsigned char { kIssue, kReview };

class Data {
 public:
  virtual ~Data() = default;

  virtual const Actor& viewer() const = 0;
  /// Owners of repositories: organisations and users.
  virtual const std::vector<const Actor*>& owners() const = 0;
  virtual const std::vector<Repository>& repositories() const = 0;

  virtual std::int64_t PullCount(const Repository& repository) const = 0;
  /// Newest first in the given order; `position` in 0 .. PullCount()-1.
  virtual PullHead HeadAt(const Repository& repository, PullOrder order, std::int64_t position)
      const = 0;
  /// False when there is no such number.
  virtual bool PullOf(const Repository& repository, std::int64_t number, PullRequest& out)
      const = 0;

  /// Conversations that have comments but are no pull request here: issues, and pull requests that
  /// payload files lack. Their comments are in the repository-wide feeds, as GitHub has them.
  virtual std::vector<std::int64_t> OtherConversations(const Repository& repository) const = 0;

  /// Children are listed oldest first, as GitHub does.
  virtual std::int64_t CommitCount(const PullRequest& pull) const = 0;
  virtual void CommitAt(const PullRequest& pull, std::int64_t position, Commit& out) const = 0;
  virtual std::int64_t ReviewCount(const PullRequest& pull) const = 0;
  virtual void ReviewAt(const PullRequest& pull, std::int64_t position, Review& out) const = 0;
  virtual std::int64_t CommentCount(
      const Repository& repository, const PullHead& pull, CommentKind kind
  ) const = 0;
  virtual CommentHead CommentHeadAt(
      const Repository& repository, const PullHead& pull, CommentKind kind, std::int64_t position
  ) const = 0;
  virtual void CommentAt(
      const Repository& repository,
      const PullHead& pull,
      CommentKind kind,
      std::int64_t position,
      Comment& out
  ) const = 0;
  virtual std::int64_t ThreadCount(const PullRequest& pull) const = 0;
  virtual void ThreadAt(const PullRequest& pull, std::int64_t position, Thread& out) const = 0;

  /// Newest first.
  virtual std::int64_t DeploymentCount(const Repository& repository) const = 0;
  virtual void DeploymentAt(const Repository& repository, std::int64_t position, Deployment& out)
      const = 0;
  virtual std::int64_t ReleaseCount(const Repository& repository) const = 0;
  virtual void ReleaseAt(const Repository& repository, std::int64_t position, Release& out)
      const = 0;

  /// The account with that login; null when there is none.
  virtual const Actor* FindActor(std::string_view login) const = 0;

  /// How many pull requests are broken on purpose.
  virtual std::int64_t BrokenPulls() const = 0;

  /// What a global node id names: only `kind` and the parts of it that apply are set.
  struct NodeRef {
    enum class Kind : unsigned char { kNone, kRepository, kPull, kThread, kActor };
    Kind kind = Kind::kNone;
    const Repository* repository = nullptr;
    std::int64_t number = 0;
    std::int64_t position = 0;
    const Actor* actor = nullptr;
  };
  virtual NodeRef FindNode(std::string_view node_id) const = 0;

  /// Hidden repositories are in no list and answer to no name; they come back as they were.
  void SetHidden(const Repository& repository, bool hidden);
  bool IsHidden(const Repository& repository) const;

 private:
  Guarded<std::set<std::string>> hidden_;  ///< Full names.
};

/// Ignoring case, as GitHub does; null when there is none.
const Repository* FindRepository(const Data& data, std::string_view full_name);

}  // namespace pulse::simulate::github
