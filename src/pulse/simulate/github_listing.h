#pragma once

/// \file
/// Listing: filtered and ordered lists that both APIs page through.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "pulse/simulate/github_data.h"

namespace pulse::simulate::github {

enum class Direction : unsigned char { kAscending, kDescending };

struct PullFilter {
  PullOrder order = PullOrder::kCreated;
  Direction direction = Direction::kAscending;
  std::vector<PullState> states;  ///< Empty: all.
  std::optional<EpochMs> since;   ///< Updated at or after.
};

/// Without a filter nothing is copied and any position is O(1); with one, making the list reads
/// the head of every pull request once.
class PullListing {
 public:
  PullListing(const Data& data, const Repository& repository, PullFilter filter);

  std::int64_t size() const noexcept;
  PullHead At(std::int64_t position) const;

 private:
  bool Keeps(const PullHead& head) const;

  const Data& data_;
  const Repository& repository_;
  PullFilter filter_;
  std::int64_t total_;
  std::optional<std::vector<std::int32_t>> kept_;  ///< Newest first.
};

/// Where one comment of a repository-wide feed is.
struct FeedEntry {
  EpochMs created = 0;
  EpochMs updated = 0;
  std::int32_t pull = 0;      ///< Number.
  std::int32_t position = 0;  ///< Among the comments of its kind there.
};

/// The repository-wide comment feeds, oldest first. A feed is built when it is first asked for
/// (about 30 ns and 24 bytes a comment) and kept. Thread-safe.
class Feeds {
 public:
  explicit Feeds(const Data& data) : data_(data) {}

  const std::vector<FeedEntry>& Of(const Repository& repository, CommentKind kind, PullOrder order);

 private:
  using Key = std::pair<int, int>;
  struct Feed {
    std::once_flag built;
    std::vector<FeedEntry> entries;
  };
  void Build(const Repository& repository, CommentKind kind, PullOrder order, Feed& feed) const;
  void AddComments(const Repository& repository, CommentKind kind, const PullHead& head, Feed& feed)
      const;

  const Data& data_;
  std::mutex mutex_;
  std::map<Key, std::unique_ptr<Feed>> feeds_;
};

}  // namespace pulse::simulate::github
