#include "pulse/simulate/github_listing.h"

#include <algorithm>
#include <tuple>

namespace pulse::simulate::github {

PullListing::PullListing(const Data& data, const Repository& repository, PullFilter filter)
    : data_(data),
      repository_(repository),
      filter_(std::move(filter)),
      total_(data.PullCount(repository)) {
  if (filter_.states.empty() && !filter_.since) return;
  auto& kept = kept_.emplace();
  for (std::int64_t i = 0; i < total_; ++i) {
    const PullHead head = data_.HeadAt(repository_, filter_.order, i);
    if (Keeps(head)) kept.push_back(static_cast<std::int32_t>(i));
    const bool past =
        filter_.order == PullOrder::kUpdated && filter_.since && head.updated < *filter_.since;
    if (past) break;  // Newest first: the rest is older still.
  }
}

bool PullListing::Keeps(const PullHead& head) const {
  if (filter_.since && head.updated < *filter_.since) return false;
  return filter_.states.empty() ||
         std::ranges::find(filter_.states, head.state) != filter_.states.end();
}

std::int64_t PullListing::size() const noexcept {
  return kept_ ? static_cast<std::int64_t>(kept_->size()) : total_;
}

PullHead PullListing::At(std::int64_t position) const {
  if (filter_.direction == Direction::kAscending) position = size() - 1 - position;
  if (kept_) position = (*kept_)[static_cast<std::size_t>(position)];
  return data_.HeadAt(repository_, filter_.order, position);
}

const std::vector<FeedEntry>& Feeds::Of(
    const Repository& repository, CommentKind kind, PullOrder order
) {
  Feed* feed = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& slot = feeds_[{repository.index, static_cast<int>(kind) * 2 + static_cast<int>(order)}];
    if (!slot) slot = std::make_unique<Feed>();
    feed = slot.get();
  }
  std::call_once(feed->built, [&] { Build(repository, kind, order, *feed); });
  return feed->entries;
}

void Feeds::AddComments(
    const Repository& repository, CommentKind kind, const PullHead& head, Feed& feed
) const {
  const std::int64_t count = data_.CommentCount(repository, head, kind);
  for (std::int64_t i = 0; i < count; ++i) {
    const CommentHead comment = data_.CommentHeadAt(repository, head, kind, i);
    feed.entries.push_back(
        {comment.created,
         comment.updated,
         static_cast<std::int32_t>(head.number),
         static_cast<std::int32_t>(i)}
    );
  }
}

void Feeds::Build(const Repository& repository, CommentKind kind, PullOrder order, Feed& feed)
    const {
  const std::int64_t pulls = data_.PullCount(repository);
  for (std::int64_t i = 0; i < pulls; ++i) {
    AddComments(repository, kind, data_.HeadAt(repository, PullOrder::kCreated, i), feed);
  }
  for (const std::int64_t number : data_.OtherConversations(repository)) {
    PullHead head;
    head.number = number;
    AddComments(repository, kind, head, feed);
  }
  std::ranges::sort(feed.entries, {}, [order](const FeedEntry& entry) {
    const EpochMs at = order == PullOrder::kUpdated ? entry.updated : entry.created;
    return std::tuple(at, entry.pull, entry.position);
  });
}

}  // namespace pulse::simulate::github
