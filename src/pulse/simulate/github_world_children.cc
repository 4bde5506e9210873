#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pulse/simulate/github_text.h"
#include "pulse/simulate/github_world_data.h"

namespace pulse::simulate::github {
namespace {

constexpr std::int64_t kMostCommits = 250;  // GitHub lists no more of one pull request.
// Ids of the children of one pull request: 2048 slots, each kind in its own part, so that no two
// comments share an id although GitHub would allow it between kinds.
constexpr std::int64_t kFirstIssueComment = 256;
constexpr std::int64_t kFirstReviewComment = 512;
constexpr std::int64_t kMostReviewComments = 1536;

}  // namespace

EpochMs WorldData::Moment(const PullHead& pull, std::int64_t position, std::int64_t count) {
  const EpochMs seconds = (pull.updated - pull.created) / 1000;
  return pull.created + seconds * (position + 1) / (count + 1) * 1000;
}

// --- Commits -----------------------------------------------------------------------------------

std::int64_t WorldData::CommitsOf(const Repository& repository, std::int64_t number) const {
  Random random = Draw(Topic::kCommits, repository, number);
  if (random.Chance(10)) return std::min<std::int64_t>(101 + random.Int(150), kMostCommits);
  return 1 + random.Int(6);
}

std::int64_t WorldData::CommitCount(const PullRequest& pull) const {
  return CommitsOf(*pull.repository, pull.number);
}

void WorldData::CommitAt(const PullRequest& pull, std::int64_t position, Commit& out) const {
  const Repository& repository = *pull.repository;
  Random random = Draw(Topic::kCommits, repository, pull.number, position + 1);
  out.repository = &repository;
  out.oid = Oid(repository, pull.number, position + 1);
  out.parent_oid = position == 0 ? pull.base_oid : Oid(repository, pull.number, position);
  out.message.clear();
  if (random.Chance(500)) out.message.append(IssueKeyFor(random, pull)).append(" ");
  AppendTitle(random, out.message);
  if (random.Chance(200)) {
    out.message += "\n\n";
    AppendParagraph(random, 2, out.message);
  }
  // Work starts before the pull request is opened.
  const EpochMs first = pull.created - (1 + random.Int(3)) * kDayMs;
  out.committed =
      position < 3 ? first + position * kHourMs : Moment(pull, position, CommitCount(pull) * 2);
  out.authored = *out.committed - random.Int(120) * kMinuteMs;
  const Actor* person =
      pull.author != nullptr && random.Chance(900) ? pull.author : accounts_.Person(random);
  out.author.name = person->name.empty() ? person->login : person->name;
  out.author.email =
      person->email.empty() ? person->login + "@users.noreply.github.example" : person->email;
  out.author.user = random.Chance(100) ? nullptr : person;  // An address of no account.
  out.committer = out.author;
  out.additions = random.Int(200);
  out.deletions = random.Int(80);
  out.changed_files = 1 + random.Int(8);
}

// --- Reviews -----------------------------------------------------------------------------------

std::int64_t WorldData::ReviewCount(const PullRequest& pull) const {
  Random random = Draw(Topic::kReviews, *pull.repository, pull.number);
  if (random.Chance(5)) return 101 + random.Int(60);
  return random.Int(5);
}

void WorldData::ReviewAt(const PullRequest& pull, std::int64_t position, Review& out) const {
  constexpr std::array<std::string_view, 8> kStates = {
      "COMMENTED",
      "COMMENTED",
      "COMMENTED",
      "APPROVED",
      "APPROVED",
      "CHANGES_REQUESTED",
      "DISMISSED",
      "APPROVED"
  };
  const Repository& repository = *pull.repository;
  const std::int64_t count = ReviewCount(pull);
  Random random = Draw(Topic::kReviews, repository, pull.number, position + 1);
  out = Review{};
  out.repository = &repository;
  out.pull_number = pull.number;
  out.id = ChildId(repository, pull.number, position);
  out.node_id = ChildNode("PRR", repository, pull.number, position);
  out.author = accounts_.Anyone(random);
  out.association = out.author == nullptr ? "NONE" : "MEMBER";
  out.state = kStates[random.Below(kStates.size())];
  const bool last = position + 1 == count;
  if (last && pull.merged) out.state = "APPROVED";
  if (last && pull.state == PullState::kOpen && random.Chance(30)) out.state = "PENDING";
  out.created = Moment(pull, position, count);
  if (out.state != "PENDING") out.submitted = *out.created + EpochMs{1000} * random.Int(30);
  std::string& body = out.body.emplace();
  if (random.Chance(400)) AppendParagraph(random, 1 + random.Int(2), body);
  out.commit_oid = pull.head_oid;
  out.comments = random.Int(3);
}

// --- Comments ----------------------------------------------------------------------------------

std::int64_t WorldData::ThreadsOf(const Repository& repository, std::int64_t number) const {
  Random random = Draw(Topic::kThreads, repository, number);
  if (random.Chance(5)) return 40 + random.Int(80);
  return random.Int(3);
}

std::int64_t WorldData::ThreadSize(
    const Repository& repository, std::int64_t number, std::int64_t thread
) const {
  Random random = Draw(Topic::kThreads, repository, number, thread + 1);
  const std::int64_t size = 1 + random.Int(3);
  // Now and then people argue; only in the first thread, so that the ids have room.
  return thread == 0 && random.Chance(4) ? size + 60 : size;
}

WorldData::Span WorldData::ThreadSpan(
    const Repository& repository, std::int64_t number, std::int64_t thread
) const {
  Span span;
  for (std::int64_t i = 0; i < thread; ++i) span.first += ThreadSize(repository, number, i);
  span.count = ThreadSize(repository, number, thread);
  return span;
}

std::int64_t WorldData::CommentCount(
    const Repository& repository, const PullHead& pull, CommentKind kind
) const {
  if (kind == CommentKind::kReview) {
    return ThreadSpan(repository, pull.number, ThreadsOf(repository, pull.number)).first;
  }
  Random random = Draw(Topic::kComments, repository, pull.number);
  if (random.Chance(10)) return 101 + random.Int(80);
  return random.Int(3);
}

CommentHead WorldData::CommentHeadAt(
    const Repository& repository, const PullHead& pull, CommentKind kind, std::int64_t position
) const {
  const std::int64_t topic = kind == CommentKind::kIssue ? 1'000 : 10'000;
  Random random = Draw(Topic::kComments, repository, pull.number, topic + position);
  // The count itself would cost a loop over the threads; a bound serves as well.
  const std::int64_t bound = kind == CommentKind::kIssue ? 200 : kMostReviewComments;
  CommentHead head;
  head.created = Moment(pull, position, bound);
  head.updated = head.created;
  if (random.Chance(100)) {
    head.updated = std::min(head.created + EpochMs{1000} * random.Int(3600), pull.updated);
  }
  return head;
}

void WorldData::CommentAt(
    const Repository& repository,
    const PullHead& pull,
    CommentKind kind,
    std::int64_t position,
    Comment& out
) const {
  const CommentHead head = CommentHeadAt(repository, pull, kind, position);
  const bool issue = kind == CommentKind::kIssue;
  const std::int64_t child = (issue ? kFirstIssueComment : kFirstReviewComment) + position;
  Random random = Draw(Topic::kComments, repository, pull.number, 20'000 + child);
  out = Comment{};
  out.repository = &repository;
  out.pull_number = pull.number;
  out.id = ChildId(repository, pull.number, child);
  out.node_id = ChildNode(issue ? "IC" : "PRRC", repository, pull.number, child);
  out.author = accounts_.Anyone(random);
  out.association = out.author == nullptr ? "NONE" : "MEMBER";
  out.created = head.created;
  out.updated = head.updated;
  AppendParagraph(random, 1 + random.Int(2), out.body.emplace());
  if (random.Chance(20)) *out.body += " \xF0\x9F\x91\x8D\r\n\r\n> quoted\xE2\x80\xA8line";
  if (!issue) FillReviewComment(repository, pull.number, position, out);
}

void WorldData::FillReviewComment(
    const Repository& repository, std::int64_t number, std::int64_t position, Comment& out
) const {
  std::int64_t thread = 0;
  std::int64_t first = 0;
  std::int64_t size = ThreadSize(repository, number, 0);
  while (first + size <= position) {
    first += size;
    size = ThreadSize(repository, number, ++thread);
  }
  Random random = Draw(Topic::kThreads, repository, number, 1'000 + thread);
  AppendPath(random, out.path);
  out.original_line = 1 + random.Int(400);
  if (!random.Chance(150)) out.line = *out.original_line + random.Int(5);
  out.diff_hunk = fmt::format("@@ -{0},3 +{0},4 @@", *out.original_line);
  out.original_oid = Oid(repository, number, 1);
  out.commit_oid = Oid(repository, number, CommitsOf(repository, number));
  PullRequest pull;
  pull.repository = &repository;
  pull.number = number;
  const std::int64_t reviews = ReviewCount(pull);
  if (reviews > 0) out.review_id = ChildId(repository, number, thread % reviews);
  if (position == first) return;
  out.reply_to = ChildId(repository, number, kFirstReviewComment + first);
  out.reply_to_node = ChildNode("PRRC", repository, number, kFirstReviewComment + first);
}

std::int64_t WorldData::ThreadCount(const PullRequest& pull) const {
  return ThreadsOf(*pull.repository, pull.number);
}

void WorldData::ThreadAt(const PullRequest& pull, std::int64_t position, Thread& out) const {
  const Repository& repository = *pull.repository;
  Random random = Draw(Topic::kThreads, repository, pull.number, 1'000 + position);
  const Span span = ThreadSpan(repository, pull.number, position);
  out = Thread{};
  out.repository = &repository;
  const PullHead& head = pull;
  out.pull = head;
  out.node_id = ChildNode("PRRT", repository, pull.number, position);
  out.first = span.first;
  out.count = span.count;
  // The same draws in the same order as FillReviewComment: the thread is where its comments are.
  AppendPath(random, out.path);
  const std::int64_t original_line = 1 + random.Int(400);
  out.outdated = random.Chance(150);
  if (!out.outdated) out.line = original_line + random.Int(5);
  out.resolved = random.Chance(600);
  if (out.resolved) out.resolved_by = accounts_.Person(random);
}

}  // namespace pulse::simulate::github
