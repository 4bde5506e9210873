#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "pulse/simulate/github_listing.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

/// `orderBy: {field: …, direction: …}`; an absent one is empty.
std::string OrderPart(const PlanField& field, std::string_view part) {
  const Value* order = field.Find("orderBy");
  const Value* value = order == nullptr ? nullptr : order->Field(part);
  return value == nullptr ? std::string() : value->text;
}

bool Before(const Repository& a, const Repository& b, std::string_view key) {
  if (key == "NAME") return a.name < b.name;
  if (key == "PUSHED_AT") return a.pushed < b.pushed;
  if (key == "UPDATED_AT") return a.updated < b.updated;
  if (key == "STARGAZERS") return a.stars < b.stars;
  return a.created < b.created;
}

void WriteRepositories(Executor& out, const Actor& owner, const PlanField& field) {
  // The viewer reaches everything; another account lists what it owns.
  const bool viewer = owner.login == out.data().viewer().login;
  std::vector<const Repository*> list;
  for (const Repository& repository : out.data().repositories()) {
    if (out.data().IsHidden(repository)) continue;
    if (viewer || repository.owner->login == owner.login) list.push_back(&repository);
  }
  const std::string key = OrderPart(field, "field");
  std::ranges::stable_sort(list, [&](const Repository* a, const Repository* b) {
    return Before(*a, *b, key);
  });
  if (OrderPart(field, "direction") == "DESC") std::ranges::reverse(list);
  const auto count = static_cast<std::int64_t>(list.size());
  out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
    out.Object(node, "Repository", list[static_cast<std::size_t>(i)]);
  });
}

PullFilter FilterOf(const PlanField& field) {
  PullFilter filter;
  if (OrderPart(field, "field") == "UPDATED_AT") filter.order = PullOrder::kUpdated;
  if (OrderPart(field, "direction") == "DESC") filter.direction = Direction::kDescending;
  constexpr std::array<std::pair<std::string_view, PullState>, 3> kStates = {
      {{"OPEN", PullState::kOpen}, {"CLOSED", PullState::kClosed}, {"MERGED", PullState::kMerged}}
  };
  const Value* states = field.Find("states");
  if (states == nullptr) return filter;
  for (const auto& named : kStates) {
    const std::string_view name = named.first;
    const bool wanted =
        states->text == name ||
        std::ranges::any_of(states->items, [name](const Value& v) { return v.text == name; });
    if (wanted) filter.states.push_back(named.second);
  }
  return filter;
}

void WritePulls(Executor& out, const Repository& repository, const PlanField& field) {
  const PullListing listing(out.data(), repository, FilterOf(field));
  PullRequest pull;
  out.Connection(field, listing.size(), [&](std::int64_t i, const PlanField& node) {
    const PullHead head = listing.At(i);
    if (!out.data().PullOf(repository, head.number, pull)) return out.Null();
    out.Pull(node, pull);
  });
}

void WriteTopics(Executor& out, const Repository& repository, const PlanField& field) {
  const auto count = static_cast<std::int64_t>(repository.topics.size());
  out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
    out.Object(node, "RepositoryTopic", &repository.topics[static_cast<std::size_t>(i)]);
  });
}

std::vector<FieldDef> RepositoryFlags() {
  return {
      Leaf<Repository>("isArchived: Boolean!", [](const Repository& r) { return r.archived; }),
      Leaf<Repository>("isDisabled: Boolean!", [](const Repository& r) { return r.disabled; }),
      Leaf<Repository>(
          "isEmpty: Boolean!", [](const Repository& r) { return !r.pushed.has_value(); }
      ),
      Leaf<Repository>("isFork: Boolean!", [](const Repository& r) { return r.fork; }),
      Leaf<Repository>(
          "isInOrganization: Boolean!",
          [](const Repository& r) { return r.owner->type == "Organization"; }
      ),
      Leaf<Repository>("isLocked: Boolean!", [](const Repository&) { return false; }),
      Leaf<Repository>("isMirror: Boolean!", [](const Repository&) { return false; }),
      Leaf<Repository>(
          "isPrivate: Boolean!", [](const Repository& r) { return r.visibility != "public"; }
      ),
      Leaf<Repository>("isTemplate: Boolean!", [](const Repository& r) { return r.is_template; }),
  };
}

std::vector<FieldDef> RepositoryFacts() {
  return {
      When<Repository>("createdAt: DateTime!", [](const Repository& r) { return r.created; }),
      Leaf<Repository>("databaseId: Int", [](const Repository& r) { return SmallId(r.id); }),
      Leaf<Repository>("description: String", [](const Repository& r) { return r.description; }),
      Leaf<Repository>("diskUsage: Int", [](const Repository& r) { return r.disk_kib; }),
      Leaf<Repository>("forkCount: Int!", [](const Repository& r) { return r.forks; }),
      Leaf<Repository>("id: ID!", [](const Repository& r) { return std::string_view(r.node_id); }),
      Leaf<Repository>(
          "name: String!", [](const Repository& r) { return std::string_view(r.name); }
      ),
      Leaf<Repository>(
          "nameWithOwner: String!",
          [](const Repository& r) { return std::string_view(r.full_name); }
      ),
      When<Repository>("pushedAt: DateTime", [](const Repository& r) { return r.pushed; }),
      Leaf<Repository>("resourcePath: URI!", [](const Repository& r) { return "/" + r.full_name; }),
      Leaf<Repository>("stargazerCount: Int!", [](const Repository& r) { return r.stars; }),
      When<Repository>("updatedAt: DateTime!", [](const Repository& r) { return r.updated; }),
      Leaf<Repository>("url: URI!", [](const Repository& r) { return std::string_view(r.url); }),
      Leaf<Repository>(
          "visibility: RepositoryVisibility!",
          [](const Repository& r) { return Upper(r.visibility); }
      ),
  };
}

std::vector<FieldDef> RepositoryObjects() {
  return {
      Field<Repository>(
          "defaultBranchRef: Ref",
          [](Executor& out, const Repository& r, const PlanField& field) {
            if (r.default_branch.empty()) return out.Null();
            out.Object(field, "Ref", &r);
          }
      ),
      Field<Repository>(
          "owner: RepositoryOwner!",
          [](Executor& out, const Repository& r, const PlanField& field) {
            out.Object(field, r.owner->type, r.owner);
          }
      ),
      Field<Repository>(
          "primaryLanguage: Language",
          [](Executor& out, const Repository& r, const PlanField& field) {
            if (!r.language) return out.Null();
            out.Object(field, "Language", &*r.language);
          }
      ),
      Field<Repository>(
          "pullRequest(number: Int!): PullRequest",
          [](Executor& out, const Repository& r, const PlanField& field) {
            const Value* number = field.Find("number");
            WritePull(out, field, r, number == nullptr ? 0 : std::atoll(number->text.c_str()));
          }
      ),
      Field<Repository>(
          "pullRequests(after: String, before: String, first: Int, last: Int, orderBy: IssueOrder, "
          "states: [PullRequestState!]): PullRequestConnection!",
          [](Executor& out, const Repository& r, const PlanField& field) {
            WritePulls(out, r, field);
          }
      ),
      Field<Repository>(
          "repositoryTopics(after: String, before: String, first: Int, last: Int): "
          "RepositoryTopicConnection!",
          [](Executor& out, const Repository& r, const PlanField& field) {
            WriteTopics(out, r, field);
          }
      ),
  };
}

}  // namespace

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

FieldDef RepositoriesField() {
  return Field<Actor>(
      "repositories(affiliations: [RepositoryAffiliation], after: String, before: String, first: "
      "Int, last: Int, orderBy: RepositoryOrder, ownerAffiliations: [RepositoryAffiliation] = "
      "[OWNER, COLLABORATOR]): RepositoryConnection!",
      [](Executor& out, const Actor& owner, const PlanField& field) {
        WriteRepositories(out, owner, field);
      }
  );
}

std::vector<TypeDef> RepositoryTypes() {
  TypeDef repository{"Repository", TypeKind::kObject, RepositoryFacts(), {}};
  for (auto* group : {&RepositoryFlags, &RepositoryObjects, &DeliveryFields}) {
    for (FieldDef& field : group()) repository.fields.push_back(std::move(field));
  }
  // A branch: only the default one can be asked for, so its repository stands for it.
  TypeDef ref{"Ref", TypeKind::kObject, {}, {}};
  ref.fields = {
      Leaf<Repository>("id: ID!", [](const Repository& r) { return "REF_" + r.node_id; }),
      Leaf<Repository>(
          "name: String!", [](const Repository& r) { return std::string_view(r.default_branch); }
      ),
      Leaf<Repository>(
          "prefix: String!", [](const Repository&) { return std::string_view("refs/heads/"); }
      ),
      Field<Repository>(
          "target: GitObject",
          [](Executor& out, const Repository& r, const PlanField& field) {
            if (r.head_oid.empty()) return out.Null();
            const Commit commit = CommitStub(&r, r.head_oid, r.pushed);
            out.Object(field, "Commit", &commit);
          }
      ),
  };
  TypeDef language{"Language", TypeKind::kObject, {}, {}};
  language.fields = {
      Leaf<std::string>("id: ID!", [](const std::string& name) { return "LA_" + name; }),
      Leaf<std::string>(
          "name: String!", [](const std::string& name) { return std::string_view(name); }
      ),
  };
  TypeDef repository_topic{"RepositoryTopic", TypeKind::kObject, {}, {}};
  repository_topic.fields = {
      Leaf<std::string>("id: ID!", [](const std::string& name) { return "RT_" + name; }),
      Field<std::string>(
          "topic: Topic!",
          [](Executor& out, const std::string& name, const PlanField& field) {
            out.Object(field, "Topic", &name);
          }
      ),
  };
  TypeDef topic{"Topic", TypeKind::kObject, {}, {}};
  topic.fields = {
      Leaf<std::string>("id: ID!", [](const std::string& name) { return "TO_" + name; }),
      Leaf<std::string>(
          "name: String!", [](const std::string& name) { return std::string_view(name); }
      ),
  };
  std::vector<TypeDef> types;
  for (TypeDef* type : {&repository, &ref, &language, &repository_topic, &topic}) {
    types.push_back(std::move(*type));
  }
  return types;
}

}  // namespace pulse::simulate::github
