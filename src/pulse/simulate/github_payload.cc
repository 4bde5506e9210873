#include "pulse/simulate/github_payload.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

using Json = nlohmann::json;

/// The member, or null when there is none.
const Json& Member(const Json& object, std::string_view name) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto at = object.find(name);
  return at == object.end() ? null : *at;
}

std::optional<std::string> OptionalText(const Json& object, std::string_view name) {
  const Json& value = Member(object, name);
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

Count OptionalCount(const Json& object, std::string_view name) {
  const Json& value = Member(object, name);
  return value.is_number_integer() ? Count(value.get<std::int64_t>()) : std::nullopt;
}

std::optional<bool> OptionalBool(const Json& object, std::string_view name) {
  const Json& value = Member(object, name);
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

bool Flag(const Json& object, std::string_view name) {
  return OptionalBool(object, name).value_or(false);
}

Instant OptionalTime(const Json& object, std::string_view name) {
  const Json& value = Member(object, name);
  if (!value.is_string()) return std::nullopt;
  return ParseInstant(value.get_ref<const std::string&>());
}

std::optional<Place> PlaceAt(std::string_view full_name, std::string_view digits) {
  Place place;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, place.number);
  if (read.ec != std::errc{} || full_name.find('/') == std::string_view::npos) return std::nullopt;
  place.full_name = full_name;
  return place;
}

/// GraphQL's name of a review state; old payloads spell it their own way.
std::string ReviewState(const std::string& state) {
  const std::string upper = Upper(state);
  return upper == "REQUESTED_CHANGES" ? "CHANGES_REQUESTED" : upper;
}

}  // namespace

std::string TextOf(const Json& object, std::string_view name) {
  return OptionalText(object, name).value_or("");
}

std::int64_t IntegerOf(const Json& object, std::string_view name) {
  return OptionalCount(object, name).value_or(0);
}

std::optional<Place> PlaceOfGroup(std::string_view group) {
  const std::size_t hash = group.rfind('#');
  if (hash == std::string_view::npos) return std::nullopt;
  return PlaceAt(group.substr(0, hash), group.substr(hash + 1));
}

std::optional<Place> PlaceOfUrl(std::string_view url) {
  constexpr std::string_view kRepos = "/repos/";
  const std::size_t start = url.find(kRepos);
  if (start == std::string_view::npos) return std::nullopt;
  url.remove_prefix(start + kRepos.size());
  for (const std::string_view kind : {"/pulls/", "/issues/"}) {
    const std::size_t at = url.find(kind);
    if (at != std::string_view::npos)
      return PlaceAt(url.substr(0, at), url.substr(at + kind.size()));
  }
  return std::nullopt;
}

const Actor* PayloadReader::ReadActor(const Json& user) {
  const std::string login = TextOf(user, "login");
  if (login.empty()) return nullptr;
  const std::int64_t id = IntegerOf(user, "id");
  // Scrubbed payloads give several accounts one login: the first keeps it, the others are told
  // apart.
  const auto known = accounts_.find(login);
  const bool other = known != accounts_.end() && known->second.id != 0 && known->second.id != id;
  Actor& actor = accounts_[other ? login + " " + std::to_string(id) : login];
  // An account that was only named so far learns the rest from the first object of its own.
  if (actor.id == 0) {
    actor.login = login;
    actor.id = id;
    actor.node_id = OptionalText(user, "node_id").value_or("U_" + login);
    actor.type = OptionalText(user, "type").value_or("User");
    actor.name = TextOf(user, "name");
    actor.email = TextOf(user, "email");
  }
  return &actor;
}

const Actor* PayloadReader::NamedAccount(const std::string& login, const std::string& type) {
  const auto [at, added] = accounts_.try_emplace(login);
  if (added) {
    at->second.login = login;
    at->second.node_id = "U_" + login;
    at->second.type = type;
  }
  return &at->second;
}

const Label* PayloadReader::ReadLabel(const Json& payload) {
  Label& label = labels_.emplace_back();
  label.id = IntegerOf(payload, "id");
  label.name = TextOf(payload, "name");
  label.node_id = OptionalText(payload, "node_id").value_or("LA_" + label.name);
  label.color = TextOf(payload, "color");
  label.description = OptionalText(payload, "description");
  return &label;
}

const Milestone* PayloadReader::ReadMilestone(const Json& payload) {
  if (!payload.is_object()) return nullptr;
  Milestone& milestone = milestones_.emplace_back();
  milestone.id = IntegerOf(payload, "id");
  milestone.node_id =
      OptionalText(payload, "node_id").value_or("MI_" + std::to_string(milestone.id));
  milestone.number = IntegerOf(payload, "number");
  milestone.title = TextOf(payload, "title");
  milestone.state = OptionalText(payload, "state").value_or("open");
  milestone.due_on = OptionalTime(payload, "due_on");
  milestone.created = OptionalTime(payload, "created_at");
  milestone.updated = OptionalTime(payload, "updated_at");
  return &milestone;
}

void PayloadReader::ReadPull(const Json& payload, PullRequest& out) {
  out.number = IntegerOf(payload, "number");
  out.id = IntegerOf(payload, "id");
  out.node_id = TextOf(payload, "node_id");
  out.url = TextOf(payload, "html_url");
  out.title = OptionalText(payload, "title");
  out.body = OptionalText(payload, "body");
  out.draft = OptionalBool(payload, "draft");
  out.locked = OptionalBool(payload, "locked");
  out.created_at = OptionalTime(payload, "created_at");
  out.updated_at = OptionalTime(payload, "updated_at");
  out.closed_at = OptionalTime(payload, "closed_at");
  out.merged_at = OptionalTime(payload, "merged_at");
  out.created = out.created_at.value_or(0);
  out.updated = out.updated_at.value_or(0);
  const bool open = TextOf(payload, "state") == "open";
  out.merged = !open && (Flag(payload, "merged") || out.merged_at.has_value());
  const bool closed = TextOf(payload, "state") == "closed";
  out.state = out.merged ? PullState::kMerged : closed ? PullState::kClosed : PullState::kOpen;
  out.merge_oid = TextOf(payload, "merge_commit_sha");
  out.milestone = ReadMilestone(Member(payload, "milestone"));
  out.additions = OptionalCount(payload, "additions");
  out.deletions = OptionalCount(payload, "deletions");
  out.changed_files = OptionalCount(payload, "changed_files");
  out.commits = OptionalCount(payload, "commits");
  out.comments = OptionalCount(payload, "comments");
  out.review_comments = OptionalCount(payload, "review_comments");
  ReadPeople(payload, out);
  ReadBranches(payload, out);
}

void PayloadReader::ReadPeople(const Json& payload, PullRequest& out) {
  out.author = ReadActor(Member(payload, "user"));
  out.merged_by = ReadActor(Member(payload, "merged_by"));
  out.association = TextOf(payload, "author_association");
  for (const Json& user : Member(payload, "assignees")) {
    if (const Actor* actor = ReadActor(user)) out.assignees.push_back(actor);
  }
  for (const Json& user : Member(payload, "requested_reviewers")) {
    if (const Actor* actor = ReadActor(user)) out.requested.push_back(actor);
  }
  for (const Json& given : Member(payload, "requested_teams")) {
    Actor& team = teams_.emplace_back();
    team.type = "Team";
    team.login = TextOf(given, "slug");
    team.name = TextOf(given, "name");
    team.id = IntegerOf(given, "id");
    team.node_id = OptionalText(given, "node_id").value_or("T_" + team.login);
    out.requested.push_back(&team);
  }
  for (const Json& label : Member(payload, "labels")) out.labels.push_back(ReadLabel(label));
}

void PayloadReader::ReadBranches(const Json& payload, PullRequest& out) {
  const Json& base = Member(payload, "base");
  const Json& head = Member(payload, "head");
  out.base_ref = TextOf(base, "ref");
  out.base_oid = TextOf(base, "sha");
  out.head_ref = TextOf(head, "ref");
  out.head_oid = TextOf(head, "sha");
  out.head_repository = OptionalText(Member(head, "repo"), "full_name");
}

void PayloadReader::ReadRepository(const Json& payload, Repository& out) {
  if (const std::int64_t id = IntegerOf(payload, "id"); id != 0) out.id = id;
  if (auto node_id = OptionalText(payload, "node_id")) out.node_id = *node_id;
  if (auto url = OptionalText(payload, "html_url")) out.url = *url;
  if (const Actor* owner = ReadActor(Member(payload, "owner"))) out.owner = owner;
  out.description = OptionalText(payload, "description");
  out.language = OptionalText(payload, "language");
  out.default_branch = TextOf(payload, "default_branch");
  const bool hidden = Flag(payload, "private");
  out.visibility = OptionalText(payload, "visibility").value_or(hidden ? "private" : "public");
  out.archived = Flag(payload, "archived");
  out.disabled = Flag(payload, "disabled");
  out.fork = Flag(payload, "fork");
  out.is_template = Flag(payload, "is_template");
  out.created = OptionalTime(payload, "created_at");
  out.updated = OptionalTime(payload, "updated_at");
  out.pushed = OptionalTime(payload, "pushed_at");
  out.disk_kib = OptionalCount(payload, "size");
  out.stars = OptionalCount(payload, "stargazers_count");
  out.forks = OptionalCount(payload, "forks_count");
  for (const Json& topic : Member(payload, "topics")) {
    if (topic.is_string()) out.topics.push_back(topic.get<std::string>());
  }
}

void PayloadReader::ReadCommit(const Json& payload, Commit& out) {
  out.oid = TextOf(payload, "sha");
  const Json& commit = Member(payload, "commit");
  out.message = TextOf(commit, "message");
  const auto read = [&](std::string_view role, GitActor& who, Instant& at) {
    const Json& git = Member(commit, role);
    who.name = TextOf(git, "name");
    who.email = TextOf(git, "email");
    who.user = ReadActor(Member(payload, role));
    at = OptionalTime(git, "date");
  };
  read("author", out.author, out.authored);
  read("committer", out.committer, out.committed);
  const Json& stats = Member(payload, "stats");
  out.additions = OptionalCount(stats, "additions");
  out.deletions = OptionalCount(stats, "deletions");
  const Json& files = Member(payload, "files");
  if (files.is_array()) out.changed_files = static_cast<std::int64_t>(files.size());
}

void PayloadReader::ReadReview(const Json& payload, Review& out) {
  out.id = IntegerOf(payload, "id");
  out.node_id = OptionalText(payload, "node_id").value_or("PRR_" + std::to_string(out.id));
  out.state = ReviewState(TextOf(payload, "state"));
  out.body = OptionalText(payload, "body");
  out.submitted = OptionalTime(payload, "submitted_at");
  out.created = out.submitted;
  out.author = ReadActor(Member(payload, "user"));
  out.association = TextOf(payload, "author_association");
  out.commit_oid = TextOf(payload, "commit_id");
}

void PayloadReader::ReadComment(const Json& payload, Comment& out) {
  out.id = IntegerOf(payload, "id");
  out.node_id = OptionalText(payload, "node_id").value_or("C_" + std::to_string(out.id));
  out.body = OptionalText(payload, "body");
  out.created = OptionalTime(payload, "created_at");
  out.updated = OptionalTime(payload, "updated_at");
  out.author = ReadActor(Member(payload, "user"));
  out.association = TextOf(payload, "author_association");
  out.path = TextOf(payload, "path");
  out.line = OptionalCount(payload, "line");
  out.original_line = OptionalCount(payload, "original_line");
  out.diff_hunk = TextOf(payload, "diff_hunk");
  out.commit_oid = TextOf(payload, "commit_id");
  out.original_oid = TextOf(payload, "original_commit_id");
  out.review_id = IntegerOf(payload, "pull_request_review_id");
  out.reply_to = IntegerOf(payload, "in_reply_to_id");
}

}  // namespace pulse::simulate::github
