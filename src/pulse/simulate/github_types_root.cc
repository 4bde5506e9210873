#include <algorithm>

#include <fmt/format.h>

#include "pulse/simulate/github_execute.h"
#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

/// A field of Query, which has no object behind it: `write(out, field)`.
template <class WriteValue>
FieldDef Root(std::string_view declaration, WriteValue) {
  return FieldDef(declaration, [](Executor& out, const void*, const PlanField& field) {
    WriteValue{}(out, field);
  });
}

std::string TextArgument(const PlanField& field, std::string_view name) {
  const Value* value = field.Find(name);
  return value == nullptr ? std::string() : value->text;
}

void WriteNode(Executor& out, const PlanField& field, const std::string& id) {
  using Kind = Data::NodeRef::Kind;
  const Data::NodeRef node = out.data().FindNode(id);
  PullRequest pull;
  switch (node.kind) {
    case Kind::kRepository:
      return out.Object(field, "Repository", node.repository);
    case Kind::kActor:
      return out.Object(field, node.actor->type, node.actor);
    case Kind::kPull:
      if (out.data().PullOf(*node.repository, node.number, pull)) return out.Pull(field, pull);
      break;
    case Kind::kThread:
      if (out.data().PullOf(*node.repository, node.number, pull) &&
          node.position < out.data().ThreadCount(pull)) {
        Thread thread;
        out.data().ThreadAt(pull, node.position, thread);
        return out.Object(field, "PullRequestReviewThread", &thread);
      }
      break;
    case Kind::kNone:
      break;
  }
  out.Fail(
      field, "NOT_FOUND", fmt::format("Could not resolve to a node with the global id of '{}'", id)
  );
}

void WriteAccount(
    Executor& out, const PlanField& field, std::string_view wanted, std::string_view shown
) {
  const std::string login = TextArgument(field, "login");
  const Actor* actor = out.data().FindActor(login);
  const bool fits = actor != nullptr && field.selection.For(actor->type) != nullptr &&
                    (wanted.empty() || actor->type == wanted);
  if (fits) return out.Object(field, actor->type, actor);
  out.Fail(
      field,
      "NOT_FOUND",
      fmt::format("Could not resolve to {} with the login of '{}'.", shown, login)
  );
}

void WriteRepository(Executor& out, const PlanField& field) {
  const std::string full_name = TextArgument(field, "owner") + "/" + TextArgument(field, "name");
  const Repository* repository = FindRepository(out.data(), full_name);
  if (repository != nullptr) return out.Object(field, "Repository", repository);
  out.Fail(
      field,
      "NOT_FOUND",
      fmt::format("Could not resolve to a Repository with the name '{}'.", full_name)
  );
}

TypeDef QueryType() {
  TypeDef type{"Query", TypeKind::kObject, {}, {}};
  type.fields = {
      Root(
          "node(id: ID!): Node",
          [](Executor& out, const PlanField& field) {
            WriteNode(out, field, TextArgument(field, "id"));
          }
      ),
      Root(
          "nodes(ids: [ID!]!): [Node]!",
          [](Executor& out, const PlanField& field) {
            const Value* ids = field.Find("ids");
            const auto count = ids == nullptr ? 0 : static_cast<std::int64_t>(ids->items.size());
            out.List(count, [&](std::int64_t i) {
              WriteNode(out, field, ids->items[static_cast<std::size_t>(i)].text);
            });
          }
      ),
      Root(
          "organization(login: String!): Organization",
          [](Executor& out, const PlanField& field) {
            WriteAccount(out, field, "Organization", "an Organization");
          }
      ),
      Root(
          "rateLimit(dryRun: Boolean = false): RateLimit",
          [](Executor& out, const PlanField& field) { out.Object(field, "RateLimit", &out.rate()); }
      ),
      Root(
          "repository(followRenames: Boolean = true, name: String!, owner: String!): Repository",
          [](Executor& out, const PlanField& field) { WriteRepository(out, field); }
      ),
      Root(
          "repositoryOwner(login: String!): RepositoryOwner",
          [](Executor& out, const PlanField& field) {
            const std::string login = TextArgument(field, "login");
            const Actor* actor = out.data().FindActor(login);
            const bool fits = actor != nullptr && field.selection.For(actor->type) != nullptr;
            // GitHub answers an unknown owner with null and no error.
            if (fits) return out.Object(field, actor->type, actor);
            out.Null();
          }
      ),
      Root(
          "user(login: String!): User",
          [](Executor& out, const PlanField& field) { WriteAccount(out, field, "User", "a User"); }
      ),
      Root(
          "viewer: User!",
          [](Executor& out, const PlanField& field) {
            out.Object(field, "User", &out.data().viewer());
          }
      ),
  };
  return type;
}

/// What every account answers; the Actor interface plus ids.
std::vector<FieldDef> AccountFields() {
  return {
      Leaf<Actor>(
          "avatarUrl(size: Int): URI!",
          [](const Actor& actor) { return fmt::format("{}/avatars/{}", kWebBase, actor.id); }
      ),
      When<Actor>("createdAt: DateTime!", [](const Actor&) { return kAccountsCreated; }),
      Leaf<Actor>("databaseId: Int", [](const Actor& actor) { return SmallId(actor.id); }),
      Leaf<Actor>("id: ID!", [](const Actor& actor) { return std::string_view(actor.node_id); }),
      Leaf<Actor>(
          "login: String!", [](const Actor& actor) { return std::string_view(actor.login); }
      ),
      Leaf<Actor>("resourcePath: URI!", [](const Actor& actor) { return "/" + actor.login; }),
      When<Actor>("updatedAt: DateTime!", [](const Actor&) { return kAccountsCreated; }),
      Leaf<Actor>(
          "url: URI!",
          [](const Actor& actor) { return fmt::format("{}/{}", kWebBase, actor.login); }
      ),
  };
}

FieldDef NameField() {
  return Leaf<Actor>("name: String", [](const Actor& actor) {
    return actor.name.empty() ? std::nullopt : std::optional<std::string_view>(actor.name);
  });
}

std::vector<TypeDef> AccountTypes() {
  TypeDef user{"User", TypeKind::kObject, AccountFields(), {}};
  user.fields.push_back(NameField());
  user.fields.push_back(Leaf<Actor>("email: String!", [](const Actor& actor) {
    return std::string_view(actor.email);
  }));
  user.fields.push_back(RepositoriesField());

  TypeDef organization{"Organization", TypeKind::kObject, AccountFields(), {}};
  organization.fields.push_back(NameField());
  organization.fields.push_back(Leaf<Actor>("email: String", [](const Actor& actor) {
    return actor.email.empty() ? std::nullopt : std::optional<std::string_view>(actor.email);
  }));
  organization.fields.push_back(RepositoriesField());

  TypeDef bot{"Bot", TypeKind::kObject, AccountFields(), {}};
  TypeDef mannequin{"Mannequin", TypeKind::kObject, AccountFields(), {}};
  mannequin.fields.push_back(Leaf<Actor>("email: String", [](const Actor& actor) {
    return actor.email.empty() ? std::nullopt : std::optional<std::string_view>(actor.email);
  }));

  TypeDef team{"Team", TypeKind::kObject, {}, {}};
  team.fields = {
      Leaf<Actor>("databaseId: Int", [](const Actor& actor) { return SmallId(actor.id); }),
      Leaf<Actor>("id: ID!", [](const Actor& actor) { return std::string_view(actor.node_id); }),
      Leaf<Actor>("name: String!", [](const Actor& actor) { return std::string_view(actor.name); }),
      Leaf<Actor>(
          "slug: String!", [](const Actor& actor) { return std::string_view(actor.login); }
      ),
  };
  std::vector<TypeDef> types;
  for (TypeDef* type : {&user, &organization, &bot, &mannequin, &team}) {
    types.push_back(std::move(*type));
  }
  return types;
}

/// An interface answers through the object behind it, so its own fields have no resolver.
TypeDef Interface(
    std::string name,
    std::initializer_list<std::string_view> fields,
    std::vector<std::string> members
) {
  TypeDef type{std::move(name), TypeKind::kInterface, {}, std::move(members)};
  for (const std::string_view field : fields) type.fields.emplace_back(field, nullptr);
  return type;
}

TypeDef RateLimitType() {
  TypeDef type{"RateLimit", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<RateLimitView>("cost: Int!", [](const RateLimitView& rate) { return rate.cost; }),
      Leaf<RateLimitView>("limit: Int!", [](const RateLimitView& rate) { return rate.limit; }),
      Leaf<RateLimitView>("nodeCount: Int!", [](const RateLimitView& rate) { return rate.nodes; }),
      Leaf<RateLimitView>(
          "remaining: Int!", [](const RateLimitView& rate) { return rate.remaining; }
      ),
      When<RateLimitView>(
          "resetAt: DateTime!", [](const RateLimitView& rate) { return rate.reset_at; }
      ),
      Leaf<RateLimitView>("used: Int!", [](const RateLimitView& rate) { return rate.used; }),
  };
  return type;
}

TypeDef PageInfoType() {
  TypeDef type{"PageInfo", TypeKind::kObject, {}, {}};
  type.fields = {
      Leaf<PageView>(
          "endCursor: String",
          [](const PageView& page) {
            return page.begin == page.end ? std::nullopt
                                          : std::optional(EncodeCursor(page.end - 1));
          }
      ),
      Leaf<PageView>(
          "hasNextPage: Boolean!", [](const PageView& page) { return page.end < page.total; }
      ),
      Leaf<PageView>(
          "hasPreviousPage: Boolean!", [](const PageView& page) { return page.begin > 0; }
      ),
      Leaf<PageView>(
          "startCursor: String",
          [](const PageView& page) {
            return page.begin == page.end ? std::nullopt : std::optional(EncodeCursor(page.begin));
          }
      ),
  };
  return type;
}

}  // namespace

std::vector<TypeDef> RootTypes() {
  std::vector<TypeDef> types = AccountTypes();
  types.push_back(QueryType());
  types.push_back(RateLimitType());
  types.push_back(PageInfoType());
  types.push_back(Interface(
      "Actor",
      {"avatarUrl(size: Int): URI!", "login: String!", "resourcePath: URI!", "url: URI!"},
      {"Bot", "Mannequin", "Organization", "User"}
  ));
  types.push_back(Interface(
      "Node",
      {"id: ID!"},
      {"Bot",
       "Mannequin",
       "Organization",
       "PullRequest",
       "PullRequestReviewThread",
       "Repository",
       "User"}
  ));
  TypeDef owner = Interface(
      "RepositoryOwner",
      {"avatarUrl(size: Int): URI!", "id: ID!", "login: String!", "resourcePath: URI!", "url: URI!"
      },
      {"Organization", "User"}
  );
  owner.fields.push_back(RepositoriesField());
  types.push_back(std::move(owner));
  types.push_back({"RequestedReviewer", TypeKind::kUnion, {}, {"Bot", "Mannequin", "Team", "User"}}
  );
  return types;
}

}  // namespace pulse::simulate::github
