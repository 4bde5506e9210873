#include <fmt/format.h>

#include "pulse/simulate/github_rest_json.h"
#include "pulse/simulate/github_rest_urls.h"

namespace pulse::simulate::github {
namespace {

void AppendGitActor(std::string& out, const GitActor& who, const Instant& at) {
  ObjectWriter object(out);
  object.Text("name", who.name);
  object.Text("email", who.email);
  object.Time("date", at);
}

void WriteComment(ObjectWriter& object, const Comment& comment) {
  object.Number("id", comment.id);
  object.Text("node_id", comment.node_id);
  object.Value("user", [&](std::string& to) { AppendUser(to, comment.author); });
  object.Time("created_at", comment.created);
  object.Time("updated_at", comment.updated);
  object.Text("author_association", comment.association);
  object.MaybeText("body", comment.body);
}

}  // namespace

void AppendCommit(std::string& out, const Commit& commit) {
  if (commit.verbatim != nullptr) {
    out += *commit.verbatim;
    return;
  }
  const std::string url = fmt::format("{}/commits/{}", ApiUrl(*commit.repository), commit.oid);
  ObjectWriter object(out);
  object.Text("sha", commit.oid);
  object.Text("node_id", "C_" + commit.oid);
  object.Value("commit", [&](std::string& to) {
    ObjectWriter git(to);
    git.Value("author", [&](std::string& at) {
      AppendGitActor(at, commit.author, commit.authored);
    });
    git.Value("committer", [&](std::string& at) {
      AppendGitActor(at, commit.committer, commit.committed);
    });
    git.Text("message", commit.message);
    git.Number("comment_count", 0);
    git.Text("url", url);
    git.Value("tree", [&](std::string& at) {
      ObjectWriter tree(at);
      tree.Text("sha", commit.oid);
      tree.Text("url", url);
    });
  });
  object.Text("url", url);
  object.Text("comments_url", url + "/comments");
  object.Text("html_url", fmt::format("{}/commit/{}", commit.repository->url, commit.oid));
  object.Value("author", [&](std::string& to) { AppendUser(to, commit.author.user); });
  object.Value("committer", [&](std::string& to) { AppendUser(to, commit.committer.user); });
  object.Value("parents", [&](std::string& to) {
    to += '[';
    {
      ObjectWriter parent(to);
      parent.Text("sha", commit.parent_oid);
      parent.Text("url", url);
    }
    to += ']';
  });
}

void AppendReview(std::string& out, const Review& review) {
  if (review.verbatim != nullptr) {
    out += *review.verbatim;
    return;
  }
  ObjectWriter object(out);
  object.Number("id", review.id);
  object.Text("node_id", review.node_id);
  object.Value("user", [&](std::string& to) { AppendUser(to, review.author); });
  object.MaybeText("body", review.body);
  object.Text("state", review.state);
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#pullrequestreview-{}", review.repository->url, review.pull_number, review.id
      )
  );
  object.Text("pull_request_url", PullUrl(*review.repository, review.pull_number));
  WriteLinks(
      object,
      {{"html", review.repository->url},
       {"pull_request", PullUrl(*review.repository, review.pull_number)}}
  );
  object.Text("author_association", review.association);
  if (review.submitted) object.Time("submitted_at", review.submitted);
  object.Text("commit_id", review.commit_oid);
}

void AppendIssueComment(std::string& out, const Comment& comment) {
  if (comment.verbatim != nullptr) {
    out += *comment.verbatim;
    return;
  }
  ObjectWriter object(out);
  object.Text("url", fmt::format("{}/issues/comments/{}", ApiUrl(*comment.repository), comment.id));
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#issuecomment-{}", comment.repository->url, comment.pull_number, comment.id
      )
  );
  object.Text(
      "issue_url", fmt::format("{}/issues/{}", ApiUrl(*comment.repository), comment.pull_number)
  );
  WriteComment(object, comment);
}

void AppendReviewComment(std::string& out, const Comment& comment) {
  if (comment.verbatim != nullptr) {
    out += *comment.verbatim;
    return;
  }
  ObjectWriter object(out);
  const std::string url =
      fmt::format("{}/pulls/comments/{}", ApiUrl(*comment.repository), comment.id);
  object.Text("url", url);
  WriteLinks(
      object,
      {{"self", url},
       {"html", comment.repository->url},
       {"pull_request", PullUrl(*comment.repository, comment.pull_number)}}
  );
  object.Text(
      "html_url",
      fmt::format(
          "{}/pull/{}#discussion_r{}", comment.repository->url, comment.pull_number, comment.id
      )
  );
  object.Text("pull_request_url", PullUrl(*comment.repository, comment.pull_number));
  WriteComment(object, comment);
  object.Number(
      "pull_request_review_id", comment.review_id == 0 ? Count() : Count(comment.review_id)
  );
  object.Text("diff_hunk", comment.diff_hunk);
  object.Text("path", comment.path);
  object.Number("line", comment.line);
  object.Number("original_line", comment.original_line);
  object.Text("side", "RIGHT");
  object.Text("commit_id", comment.commit_oid);
  object.Text("original_commit_id", comment.original_oid);
  if (comment.reply_to != 0) object.Number("in_reply_to_id", comment.reply_to);
}

}  // namespace pulse::simulate::github
