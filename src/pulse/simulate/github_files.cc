#include "pulse/simulate/github_files.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"
#include "pulse/simulate/github_payload.h"
#include "pulse/simulate/github_types.h"
#include "pulse/simulate/payload_files.h"

namespace pulse::simulate::github {
namespace {

using Json = nlohmann::json;

/// One conversation: a pull request with its children, or only the children of one.
struct Conversation {
  PullRequest pull;
  bool has_payload = false;
  std::vector<Commit> commits;
  std::vector<Review> reviews;
  std::vector<Comment> issue_comments;
  std::vector<Comment> review_comments;  ///< Thread by thread.
  std::vector<Thread> threads;

  const std::vector<Comment>& Comments(CommentKind kind) const {
    return kind == CommentKind::kIssue ? issue_comments : review_comments;
  }
};

struct Shelf {
  std::map<std::int64_t, Conversation> conversations;  ///< By number.
  std::vector<std::int64_t> by_creation;               ///< Newest first.
  std::vector<std::int64_t> by_update;                 ///< Newest first.
};

std::int64_t StableId(std::string_view full_name) {
  return (ContentHash(full_name) & 0x3FFFFFFF) + 1;
}

/// Adds `record`, or puts it in the place of an older version with the same id.
template <class Record, class Same, class At>
void Keep(std::vector<Record>& records, Record record, Same same, At at) {
  const auto old =
      std::ranges::find_if(records, [&](const Record& each) { return same(each, record); });
  if (old == records.end()) {
    records.push_back(std::move(record));
  } else if (at(record) >= at(*old)) {
    *old = std::move(record);
  }
}

class FileData final : public Data {
 public:
  Result<> Load(const FileDataOptions& options) {
    viewer_.login = "payload-reader";
    viewer_.node_id = "U_payload_reader";
    viewer_.id = 1;
    PULSE_CHECK(EachLine(
        options.prs,
        [this](const Json& payload, const std::string& bytes, const Place& place) {
          AddPull(payload, bytes, place);
        }
    ));
    PULSE_CHECK(EachLine(
        options.commits,
        [this](const Json& payload, const std::string& bytes, const Place& place) {
          AddCommit(payload, bytes, place);
        }
    ));
    PULSE_CHECK(EachLine(
        options.reviews,
        [this](const Json& payload, const std::string& bytes, const Place& place) {
          AddReview(payload, bytes, place);
        }
    ));
    PULSE_CHECK(EachLine(
        options.issue_comments,
        [this](const Json& payload, const std::string& bytes, const Place& place) {
          AddComment(payload, bytes, place, CommentKind::kIssue);
        }
    ));
    PULSE_CHECK(EachLine(
        options.review_comments,
        [this](const Json& payload, const std::string& bytes, const Place& place) {
          AddComment(payload, bytes, place, CommentKind::kReview);
        }
    ));
    Arrange();
    return {};
  }

  const Actor& viewer() const override { return viewer_; }
  const std::vector<const Actor*>& owners() const override { return owners_; }
  const std::vector<Repository>& repositories() const override { return repositories_; }

  std::int64_t PullCount(const Repository& repository) const override {
    return static_cast<std::int64_t>(ShelfOf(repository).by_update.size());
  }

  PullHead HeadAt(const Repository& repository, PullOrder order, std::int64_t position)
      const override {
    const Shelf& shelf = ShelfOf(repository);
    const auto& numbers = order == PullOrder::kUpdated ? shelf.by_update : shelf.by_creation;
    const PullHead& head = shelf.conversations.at(numbers[static_cast<std::size_t>(position)]).pull;
    return head;
  }

  bool PullOf(const Repository& repository, std::int64_t number, PullRequest& out) const override {
    const Conversation* conversation = Find(repository, number);
    if (conversation == nullptr || !conversation->has_payload) return false;
    out = conversation->pull;
    return true;
  }

  std::vector<std::int64_t> OtherConversations(const Repository& repository) const override {
    std::vector<std::int64_t> numbers;
    for (const auto& [number, conversation] : ShelfOf(repository).conversations) {
      if (!conversation.has_payload) numbers.push_back(number);
    }
    return numbers;
  }

  std::int64_t CommitCount(const PullRequest& pull) const override {
    return Size(Of(pull).commits);
  }
  void CommitAt(const PullRequest& pull, std::int64_t position, Commit& out) const override {
    out = Of(pull).commits[static_cast<std::size_t>(position)];
  }
  std::int64_t ReviewCount(const PullRequest& pull) const override {
    return Size(Of(pull).reviews);
  }
  void ReviewAt(const PullRequest& pull, std::int64_t position, Review& out) const override {
    out = Of(pull).reviews[static_cast<std::size_t>(position)];
  }
  std::int64_t CommentCount(const Repository& repository, const PullHead& pull, CommentKind kind)
      const override {
    return Size(Find(repository, pull.number)->Comments(kind));
  }
  CommentHead CommentHeadAt(
      const Repository& repository, const PullHead& pull, CommentKind kind, std::int64_t position
  ) const override {
    const auto& comments = Find(repository, pull.number)->Comments(kind);
    const Comment& comment = comments[static_cast<std::size_t>(position)];
    return {comment.created.value_or(0), comment.updated.value_or(0)};
  }
  void CommentAt(
      const Repository& repository,
      const PullHead& pull,
      CommentKind kind,
      std::int64_t position,
      Comment& out
  ) const override {
    out = Find(repository, pull.number)->Comments(kind)[static_cast<std::size_t>(position)];
  }
  std::int64_t ThreadCount(const PullRequest& pull) const override {
    return Size(Of(pull).threads);
  }
  void ThreadAt(const PullRequest& pull, std::int64_t position, Thread& out) const override {
    out = Of(pull).threads[static_cast<std::size_t>(position)];
  }

  // No files for these: there is nothing to serve.
  std::int64_t DeploymentCount(const Repository&) const override { return 0; }
  void DeploymentAt(const Repository&, std::int64_t, Deployment&) const override {}
  std::int64_t ReleaseCount(const Repository&) const override { return 0; }
  void ReleaseAt(const Repository&, std::int64_t, Release&) const override {}

  const Actor* FindActor(std::string_view login) const override {
    if (login == viewer_.login) return &viewer_;
    const auto at = reader_.accounts().find(login);
    return at == reader_.accounts().end() ? nullptr : &at->second;
  }

  std::int64_t BrokenPulls() const override { return 0; }  // Files are served as they are.

  NodeRef FindNode(std::string_view node_id) const override {
    const auto at = nodes_.find(node_id);
    return at == nodes_.end() ? NodeRef{} : at->second;
  }

 private:
  template <class T>
  static std::int64_t Size(const std::vector<T>& records) {
    return static_cast<std::int64_t>(records.size());
  }

  const Shelf& ShelfOf(const Repository& repository) const {
    return shelves_[static_cast<std::size_t>(repository.index)];
  }
  const Conversation* Find(const Repository& repository, std::int64_t number) const {
    const auto& conversations = ShelfOf(repository).conversations;
    const auto at = conversations.find(number);
    return at == conversations.end() ? nullptr : &at->second;
  }
  const Conversation& Of(const PullRequest& pull) const {
    return *Find(*pull.repository, pull.number);
  }

  template <class Add>
  Result<> EachLine(const std::vector<std::string>& paths, Add add) {
    PULSE_TRY(const auto lines, ReadPayloadFiles(paths));
    for (const PayloadLine& line : lines) {
      const Json payload = Json::parse(line.payload, nullptr, /*allow_exceptions=*/false);
      if (!payload.is_object()) {
        return Error(
            ErrorKind::kInvalid, fmt::format("{}: a payload is no JSON object", paths.front())
        );
      }
      const auto place = PlaceOf(payload, line.group);
      if (!place) {
        return Error(
            ErrorKind::kInvalid,
            fmt::format(
                "{}: the payload with id {} names no repository and number",
                paths.front(),
                IntegerOf(payload, "id")
            )
        );
      }
      add(payload, line.payload, *place);
    }
    return {};
  }

  static std::optional<Place> PlaceOf(const Json& payload, const std::string& group) {
    if (payload.contains("base") && payload["base"].is_object() && payload.contains("number")) {
      const Json& base = payload["base"];
      const std::string full_name =
          base.contains("repo") ? TextOf(base["repo"], "full_name") : std::string();
      if (!full_name.empty()) return Place{full_name, IntegerOf(payload, "number")};
    }
    if (const auto place = PlaceOfGroup(group)) return place;
    for (const std::string_view name : {"pull_request_url", "issue_url", "url"}) {
      if (const auto place = PlaceOfUrl(TextOf(payload, name))) return place;
    }
    return std::nullopt;
  }

  Conversation& At(const Place& place) {
    const auto [at, added] = by_name_.try_emplace(place.full_name, repositories_.size());
    if (added) {
      Repository& repository = repositories_.emplace_back();
      repository.index = static_cast<int>(repositories_.size()) - 1;
      repository.full_name = place.full_name;
      repository.name = place.full_name.substr(place.full_name.find('/') + 1);
      repository.id = StableId(place.full_name);
      repository.node_id = "R_" + place.full_name;
      repository.url = fmt::format("{}/{}", kWebBase, place.full_name);
      repository.owner =
          reader_.NamedAccount(place.full_name.substr(0, place.full_name.find('/')), "User");
      shelves_.emplace_back();
    }
    return shelves_[at->second].conversations[place.number];
  }

  const std::string* Store(std::string bytes) { return &bytes_.emplace_back(std::move(bytes)); }

  void AddPull(const Json& payload, const std::string& bytes, const Place& place) {
    Conversation& conversation = At(place);
    PullRequest pull;
    reader_.ReadPull(payload, pull);
    pull.number = place.number;
    UpdateRepository(payload, place, pull);
    if (conversation.has_payload && pull.updated < conversation.pull.updated) return;
    pull.verbatim = Store(bytes);
    conversation.pull = std::move(pull);
    conversation.has_payload = true;
  }

  /// The repository as its most recently updated pull request shows it.
  void UpdateRepository(const Json& payload, const Place& place, const PullRequest& pull) {
    Repository& repository = repositories_[by_name_.at(place.full_name)];
    EpochMs& seen = repository_seen_[place.full_name];
    if (repository.verbatim != nullptr && pull.updated < seen) return;
    if (!payload.contains("base") || !payload["base"].contains("repo")) return;
    const Json& repo = payload["base"]["repo"];
    if (!repo.is_object()) return;
    seen = pull.updated;
    repository.topics.clear();
    reader_.ReadRepository(repo, repository);
    repository.verbatim = Store(repo.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  void AddCommit(const Json& payload, const std::string& bytes, const Place& place) {
    Commit commit;
    reader_.ReadCommit(payload, commit);
    commit.verbatim = Store(bytes);
    Keep(
        At(place).commits,
        std::move(commit),
        [](const Commit& a, const Commit& b) { return a.oid == b.oid; },
        [](const Commit& c) { return c.committed; }
    );
  }

  void AddReview(const Json& payload, const std::string& bytes, const Place& place) {
    Review review;
    reader_.ReadReview(payload, review);
    review.pull_number = place.number;
    review.verbatim = Store(bytes);
    Keep(
        At(place).reviews,
        std::move(review),
        [](const Review& a, const Review& b) { return a.id == b.id; },
        [](const Review& r) { return r.submitted; }
    );
  }

  void AddComment(
      const Json& payload, const std::string& bytes, const Place& place, CommentKind kind
  ) {
    Comment comment;
    reader_.ReadComment(payload, comment);
    comment.pull_number = place.number;
    comment.verbatim = Store(bytes);
    Conversation& conversation = At(place);
    Keep(
        kind == CommentKind::kIssue ? conversation.issue_comments : conversation.review_comments,
        std::move(comment),
        [](const Comment& a, const Comment& b) { return a.id == b.id; },
        [](const Comment& c) { return c.updated; }
    );
  }

  /// Everything was read: addresses no longer move, so that records may point to each other.
  void Arrange() {
    for (std::size_t i = 0; i < repositories_.size(); ++i) {
      Repository& repository = repositories_[i];
      Shelf& shelf = shelves_[i];
      nodes_[repository.node_id] = {NodeRef::Kind::kRepository, &repository, 0, 0, nullptr};
      if (std::ranges::find(owners_, repository.owner) == owners_.end()) {
        owners_.push_back(repository.owner);
      }
      for (auto& [number, conversation] : shelf.conversations) {
        ArrangeChildren(repository, number, conversation);
        if (!conversation.has_payload) continue;
        ArrangePull(repository, conversation.pull);
        shelf.by_creation.push_back(number);
        shelf.by_update.push_back(number);
      }
      const auto newest_first = [&shelf](EpochMs PullHead::* at) {
        return [&shelf, at](std::int64_t number) {
          const PullHead& pull = shelf.conversations.at(number).pull;
          return std::pair(-(pull.*at), -number);
        };
      };
      std::ranges::sort(shelf.by_creation, {}, newest_first(&PullHead::created));
      std::ranges::sort(shelf.by_update, {}, newest_first(&PullHead::updated));
    }
  }

  void ArrangePull(const Repository& repository, PullRequest& pull) {
    pull.repository = &repository;
    // Old payloads have no node id, and copies of fixtures share one.
    if (pull.node_id.empty() || nodes_.contains(pull.node_id)) {
      pull.node_id = fmt::format("PR_{}_{}", repository.id, pull.number);
    }
    if (pull.url.empty()) pull.url = fmt::format("{}/pull/{}", repository.url, pull.number);
    nodes_[pull.node_id] = {NodeRef::Kind::kPull, &repository, pull.number, 0, nullptr};
  }

  void ArrangeChildren(
      const Repository& repository, std::int64_t number, Conversation& conversation
  ) {
    const auto by_time = [](const Comment& c) { return std::pair(c.created, c.id); };
    std::ranges::sort(conversation.issue_comments, {}, by_time);
    std::ranges::sort(conversation.reviews, {}, [](const Review& r) {
      return std::pair(r.submitted, r.id);
    });
    for (Commit& commit : conversation.commits) commit.repository = &repository;
    for (Review& review : conversation.reviews) {
      review.repository = &repository;
      review.comments =
          std::ranges::count(conversation.review_comments, review.id, &Comment::review_id);
    }
    for (auto* comments : {&conversation.issue_comments, &conversation.review_comments}) {
      for (Comment& comment : *comments) comment.repository = &repository;
    }
    ArrangeThreads(repository, number, conversation);
  }

  /// A thread is a comment that answers none, with its answers behind it.
  void ArrangeThreads(
      const Repository& repository, std::int64_t number, Conversation& conversation
  ) {
    auto& comments = conversation.review_comments;
    std::map<std::int64_t, std::pair<Instant, std::string>> starts;
    for (const Comment& comment : comments) {
      if (comment.reply_to == 0) starts[comment.id] = {comment.created, comment.node_id};
    }
    const auto root = [&starts](const Comment& comment) {
      return starts.contains(comment.reply_to) ? comment.reply_to : comment.id;
    };
    std::ranges::sort(comments, {}, [&](const Comment& comment) {
      const std::int64_t start = root(comment);
      const Instant begun = starts.contains(start) ? starts[start].first : comment.created;
      return std::tuple(begun, start, comment.id != start, comment.created, comment.id);
    });
    for (std::size_t i = 0; i < comments.size(); ++i) {
      Comment& comment = comments[i];
      if (comment.reply_to != 0 && starts.contains(comment.reply_to)) {
        comment.reply_to_node = starts[comment.reply_to].second;
      }
      const bool follows = i > 0 && root(comment) != comment.id;
      if (follows) {
        ++conversation.threads.back().count;
        continue;
      }
      Thread& thread = conversation.threads.emplace_back();
      thread.node_id = fmt::format("PRRT_{}_{}_{}", repository.id, number, comment.id);
      thread.path = comment.path;
      thread.line = comment.line;
      thread.outdated = !comment.line.has_value();
      thread.first = static_cast<std::int64_t>(i);
      thread.count = 1;
      thread.pull.number = number;
      thread.repository = &repository;
      const auto position = static_cast<std::int64_t>(conversation.threads.size()) - 1;
      nodes_[thread.node_id] = {NodeRef::Kind::kThread, &repository, number, position, nullptr};
    }
  }

  Actor viewer_;
  PayloadReader reader_;
  std::deque<std::string> bytes_;  ///< What is served verbatim; addresses are stable.
  std::vector<Repository> repositories_;
  std::vector<Shelf> shelves_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<std::string, EpochMs> repository_seen_;
  std::vector<const Actor*> owners_;
  std::map<std::string, NodeRef, std::less<>> nodes_;
};

}  // namespace

Result<std::unique_ptr<Data>> NewFileData(const FileDataOptions& options) {
  auto data = std::make_unique<FileData>();
  PULSE_CHECK(data->Load(options));
  return std::unique_ptr<Data>(std::move(data));
}

}  // namespace pulse::simulate::github
