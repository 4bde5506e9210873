#include "pulse/simulate/github_rest.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "pulse/simulate/github_answer.h"
#include "pulse/simulate/github_rest_json.h"

namespace pulse::simulate::github {
namespace {

constexpr std::int64_t kDefaultPage = 30;
constexpr std::int64_t kLargestPage = 100;
constexpr std::int64_t kMostPullCommits = 250;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::string_view part = path.substr(0, path.find('/'));
    parts.push_back(part);
    path.remove_prefix(part.size());
  }
  return parts;
}

std::int64_t NumberOf(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? number : 0;
}

http::Response NotFound() { return Refusal(404, "Not Found"); }

template <class Append>
http::Response One(Append append) {
  std::string body;
  append(body);
  return JsonAnswer(200, std::move(body));
}

}  // namespace

/// The parameters of a list endpoint, and the answer made from them.
struct Rest::Listing {
  const RestCall& call;
  http::Headers parameters;

  explicit Listing(const RestCall& from) : call(from), parameters(http::ParseQuery(from.query)) {}

  std::string_view Get(std::string_view name) const { return http::HeaderValue(parameters, name); }
  std::int64_t Positive(std::string_view name, std::int64_t otherwise) const {
    const std::int64_t number = NumberOf(Get(name));
    return number > 0 ? number : otherwise;
  }

  /// One page of `total` values; `append(out, position)` writes one.
  http::Response Page(
      std::int64_t total, const std::function<void(std::string&, std::int64_t)>& append
  ) const {
    const std::int64_t size = std::min(Positive("per_page", kDefaultPage), kLargestPage);
    const std::int64_t last = std::max<std::int64_t>((total + size - 1) / size, 1);
    // One past the end is already empty; larger numbers must not overflow below.
    const std::int64_t page = std::min(Positive("page", 1), last + 1);
    const std::int64_t begin = std::min((page - 1) * size, total);
    const std::int64_t end = std::min(begin + size, total);
    std::string body = "[";
    for (std::int64_t i = begin; i < end; ++i) {
      if (i > begin) body += ',';
      append(body, i);
    }
    body += ']';
    http::Response response = JsonAnswer(200, std::move(body));
    const std::string links = Links(page, last);
    if (!links.empty()) response.headers.emplace_back("Link", links);
    return response;
  }

  std::string Links(std::int64_t page, std::int64_t last) const {
    std::string links;
    const auto add = [&](std::int64_t to, std::string_view relation) {
      if (!links.empty()) links += ", ";
      links += fmt::format("<{}>; rel=\"{}\"", Url(to), relation);
    };
    if (page > 1) {
      add(page - 1, "prev");
      add(1, "first");
    }
    if (page < last) {
      add(page + 1, "next");
      add(last, "last");
    }
    return links;
  }

  std::string Url(std::int64_t page) const {
    std::string url = call.base + call.path + "?";
    for (const auto& [name, value] : parameters) {
      if (name == "page") continue;
      url += http::PercentEncode(name) + "=" + http::PercentEncode(value) + "&";
    }
    return url + "page=" + std::to_string(page);
  }
};

http::Response Rest::Handle(const RestCall& call) {
  const Listing listing(call);
  const std::vector<std::string_view> parts = Split(call.path);
  const auto at = [&parts](std::size_t i) { return i < parts.size() ? parts[i] : ""; };
  if (parts.size() == 1 && at(0) == "user") {
    return One([&](std::string& out) { AppendUser(out, &data_.viewer()); });
  }
  if (parts.size() == 1 && at(0) == "meta") {
    return JsonAnswer(
        200, R"({"verifiable_password_authentication":false,"installed_version":"3.19.0"})"
    );
  }
  if (parts.size() == 2 && at(0) == "user" && at(1) == "repos") return Repositories("", listing);
  const bool account = at(0) == "orgs" || at(0) == "users";
  if (account && (parts.size() == 2 || (parts.size() == 3 && at(2) == "repos"))) {
    const Actor* actor = data_.FindActor(at(1));
    if (actor == nullptr || (at(0) == "orgs" && actor->type != "Organization")) return NotFound();
    if (parts.size() == 3) return Repositories(actor->login, listing);
    return One([&](std::string& out) { AppendUser(out, actor); });
  }
  if (at(0) == "repos" && parts.size() >= 3) {
    const std::string full_name = fmt::format("{}/{}", at(1), at(2));
    const Repository* repository = FindRepository(data_, full_name);
    if (repository != nullptr) return ForRepository(*repository, parts, listing);
  }
  return NotFound();
}

http::Response Rest::ForRepository(
    const Repository& repository, const std::vector<std::string_view>& parts, const Listing& listing
) {
  if (parts.size() == 3) {
    return One([&](std::string& out) { AppendRepository(out, repository); });
  }
  const std::string_view what = parts[3];
  const std::string_view next = parts.size() > 4 ? parts[4] : "";
  if (what == "pulls" && next == "comments") return Feed(repository, CommentKind::kReview, listing);
  if (what == "issues" && next == "comments") return Feed(repository, CommentKind::kIssue, listing);
  if ((what == "pulls" || what == "issues") && !next.empty()) {
    return ForPull(repository, parts, listing);
  }
  if (what == "deployments" && !next.empty()) return Deployment(repository, parts, listing);
  if (parts.size() > 4) return NotFound();
  if (what == "pulls") return Pulls(repository, listing);
  if (what == "issues") return Issues(repository, listing);
  if (what == "deployments") return Deployments(repository, listing);
  if (what == "releases") {
    Release release;
    return listing.Page(data_.ReleaseCount(repository), [&](std::string& out, std::int64_t i) {
      data_.ReleaseAt(repository, i, release);
      AppendRelease(out, repository, release);
    });
  }
  return NotFound();
}

http::Response Rest::ForPull(
    const Repository& repository, const std::vector<std::string_view>& parts, const Listing& listing
) const {
  PullRequest pull;
  if (!data_.PullOf(repository, NumberOf(parts[4]), pull)) return NotFound();
  const bool issue = parts[3] == "issues";
  if (parts.size() == 5) {
    return One([&](std::string& out) {
      if (issue) {
        AppendIssue(out, pull);
      } else {
        AppendPull(out, pull, PullShape::kDetail);
      }
    });
  }
  if (parts.size() != 6) return NotFound();
  const std::string_view children = parts[5];
  if (children == "comments") {
    return Comments(pull, issue ? CommentKind::kIssue : CommentKind::kReview, listing);
  }
  if (children == "commits" && !issue) {
    Commit commit;
    const std::int64_t count = std::min(data_.CommitCount(pull), kMostPullCommits);
    return listing.Page(count, [&](std::string& out, std::int64_t i) {
      data_.CommitAt(pull, i, commit);
      AppendCommit(out, commit);
    });
  }
  if (children == "reviews" && !issue) {
    Review review;
    return listing.Page(data_.ReviewCount(pull), [&](std::string& out, std::int64_t i) {
      data_.ReviewAt(pull, i, review);
      AppendReview(out, review);
    });
  }
  return NotFound();
}

http::Response Rest::Repositories(std::string_view owner, const Listing& listing) const {
  std::vector<const Repository*> list;
  for (const Repository& repository : data_.repositories()) {
    if (data_.IsHidden(repository)) continue;
    if (owner.empty() || repository.owner->login == owner) list.push_back(&repository);
  }
  const std::string_view sort = listing.Get("sort");
  const auto key = [sort](const Repository* repository) {
    if (sort == "pushed") return repository->pushed;
    return sort == "updated" ? repository->updated : repository->created;
  };
  const bool named = sort.empty() || sort == "full_name";
  std::ranges::stable_sort(list, [&](const Repository* a, const Repository* b) {
    return named ? a->full_name < b->full_name : key(a) < key(b);
  });
  const std::string_view direction = listing.Get("direction");
  if (direction == "desc" || (direction.empty() && !named)) std::ranges::reverse(list);
  return listing.Page(
      static_cast<std::int64_t>(list.size()),
      [&](std::string& out, std::int64_t i) {
        AppendRepository(out, *list[static_cast<std::size_t>(i)]);
      }
  );
}

namespace {

/// `state`, whose absence means open.
std::vector<PullState> StatesOf(std::string_view state) {
  if (state == "all") return {};
  if (state == "closed") return {PullState::kClosed, PullState::kMerged};
  return {PullState::kOpen};
}

Direction DirectionOf(std::string_view direction, Direction otherwise) {
  if (direction == "asc") return Direction::kAscending;
  return direction == "desc" ? Direction::kDescending : otherwise;
}

}  // namespace

http::Response Rest::Pulls(const Repository& repository, const Listing& listing) const {
  PullFilter filter;
  const std::string_view sort = listing.Get("sort");
  const bool by_creation = sort.empty() || sort == "created";
  filter.states = StatesOf(listing.Get("state"));
  if (sort == "updated") filter.order = PullOrder::kUpdated;
  // GitHub's default: newest first by creation, but oldest first by anything else.
  filter.direction = DirectionOf(
      listing.Get("direction"), by_creation ? Direction::kDescending : Direction::kAscending
  );
  const PullListing pulls(data_, repository, filter);
  PullRequest pull;
  return listing.Page(pulls.size(), [&](std::string& out, std::int64_t i) {
    data_.PullOf(repository, pulls.At(i).number, pull);
    AppendPull(out, pull, PullShape::kList);
  });
}

http::Response Rest::Issues(const Repository& repository, const Listing& listing) const {
  PullFilter filter;
  filter.states = StatesOf(listing.Get("state"));
  if (listing.Get("sort") == "updated") filter.order = PullOrder::kUpdated;
  filter.direction = DirectionOf(listing.Get("direction"), Direction::kDescending);
  filter.since = ParseInstant(listing.Get("since"));
  const PullListing pulls(data_, repository, filter);
  PullRequest pull;
  return listing.Page(pulls.size(), [&](std::string& out, std::int64_t i) {
    data_.PullOf(repository, pulls.At(i).number, pull);
    AppendIssue(out, pull);
  });
}

http::Response Rest::Feed(const Repository& repository, CommentKind kind, const Listing& listing) {
  const bool by_update = listing.Get("sort") == "updated";
  const auto& feed =
      feeds_.Of(repository, kind, by_update ? PullOrder::kUpdated : PullOrder::kCreated);
  const auto since = ParseInstant(listing.Get("since"));
  std::vector<std::int32_t> kept;
  std::int64_t skipped = 0;  // By update the ones since then are the tail of the feed.
  if (since && by_update) {
    skipped = std::ranges::lower_bound(feed, *since, {}, &FeedEntry::updated) - feed.begin();
  } else if (since) {
    for (std::size_t i = 0; i < feed.size(); ++i) {
      if (feed[i].updated >= *since) kept.push_back(static_cast<std::int32_t>(i));
    }
  }
  const bool listed = since && !by_update;
  const std::int64_t total = listed ? static_cast<std::int64_t>(kept.size())
                                    : static_cast<std::int64_t>(feed.size()) - skipped;
  const bool descending = listing.Get("direction") == "desc";
  Comment comment;
  return listing.Page(total, [&](std::string& out, std::int64_t i) {
    const std::int64_t place = descending ? total - 1 - i : i;
    const std::int64_t at = listed ? kept[static_cast<std::size_t>(place)] : skipped + place;
    const FeedEntry& entry = feed[static_cast<std::size_t>(at)];
    PullRequest pull;
    if (!data_.PullOf(repository, entry.pull, pull)) pull.number = entry.pull;
    data_.CommentAt(repository, pull, kind, entry.position, comment);
    if (kind == CommentKind::kIssue) {
      AppendIssueComment(out, comment);
    } else {
      AppendReviewComment(out, comment);
    }
  });
}

http::Response Rest::Comments(const PullRequest& pull, CommentKind kind, const Listing& listing)
    const {
  Comment comment;
  const std::int64_t count = data_.CommentCount(*pull.repository, pull, kind);
  return listing.Page(count, [&](std::string& out, std::int64_t i) {
    data_.CommentAt(*pull.repository, pull, kind, i, comment);
    if (kind == CommentKind::kIssue) {
      AppendIssueComment(out, comment);
    } else {
      AppendReviewComment(out, comment);
    }
  });
}

http::Response Rest::Deployments(const Repository& repository, const Listing& listing) const {
  const std::string_view environment = listing.Get("environment");
  github::Deployment deployment;
  std::vector<std::int64_t> kept;
  const std::int64_t count = data_.DeploymentCount(repository);
  for (std::int64_t i = 0; !environment.empty() && i < count; ++i) {
    data_.DeploymentAt(repository, i, deployment);
    if (deployment.environment == environment) kept.push_back(i);
  }
  const bool filtered = !environment.empty();
  const std::int64_t total = filtered ? static_cast<std::int64_t>(kept.size()) : count;
  return listing.Page(total, [&](std::string& out, std::int64_t i) {
    data_.DeploymentAt(repository, filtered ? kept[static_cast<std::size_t>(i)] : i, deployment);
    AppendDeployment(out, repository, deployment);
  });
}

http::Response Rest::Deployment(
    const Repository& repository, const std::vector<std::string_view>& parts, const Listing& listing
) const {
  const std::int64_t id = NumberOf(parts[4]);
  const bool statuses = parts.size() == 6 && parts[5] == "statuses";
  if (parts.size() > 5 && !statuses) return NotFound();
  github::Deployment deployment;
  for (std::int64_t i = 0; i < data_.DeploymentCount(repository); ++i) {
    data_.DeploymentAt(repository, i, deployment);
    if (deployment.id != id) continue;
    if (!statuses) {
      return One([&](std::string& out) { AppendDeployment(out, repository, deployment); });
    }
    const auto count = static_cast<std::int64_t>(deployment.statuses.size());
    return listing.Page(count, [&](std::string& out, std::int64_t at) {
      AppendDeploymentStatus(
          out, repository, deployment, deployment.statuses[static_cast<std::size_t>(at)]
      );
    });
  }
  return NotFound();
}

}  // namespace pulse::simulate::github
