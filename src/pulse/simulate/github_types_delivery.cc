#include <algorithm>

#include <fmt/format.h>

#include "pulse/simulate/github_types.h"

namespace pulse::simulate::github {
namespace {

/// A deployment or release with the repository it belongs to.
template <class T>
struct Of {
  T value;
  const Repository* repository = nullptr;
};
using DeploymentOf = Of<Deployment>;
using ReleaseOf = Of<Release>;

bool Descending(const PlanField& field) {
  const Value* order = field.Find("orderBy");
  const Value* direction = order == nullptr ? nullptr : order->Field("direction");
  return direction != nullptr && direction->text == "DESC";
}

/// Positions (newest first) of the deployments in the wanted environments.
std::vector<std::int64_t> InEnvironments(
    const Data& data, const Repository& repository, const Value& environments
) {
  std::vector<std::int64_t> kept;
  Deployment deployment;
  for (std::int64_t i = 0; i < data.DeploymentCount(repository); ++i) {
    data.DeploymentAt(repository, i, deployment);
    const bool wanted = environments.text == deployment.environment ||
                        std::ranges::any_of(environments.items, [&](const Value& each) {
                          return each.text == deployment.environment;
                        });
    if (wanted) kept.push_back(i);
  }
  return kept;
}

void WriteDeployments(Executor& out, const Repository& repository, const PlanField& field) {
  const Value* environments = field.Find("environments");
  const bool filtered = environments != nullptr && !environments->is_null();
  std::vector<std::int64_t> kept;
  if (filtered) kept = InEnvironments(out.data(), repository, *environments);
  const std::int64_t count =
      filtered ? static_cast<std::int64_t>(kept.size()) : out.data().DeploymentCount(repository);
  const bool descending = Descending(field);
  DeploymentOf deployment{{}, &repository};
  out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
    std::int64_t position = descending ? i : count - 1 - i;
    if (filtered) position = kept[static_cast<std::size_t>(position)];
    out.data().DeploymentAt(repository, position, deployment.value);
    out.Object(node, "Deployment", &deployment);
  });
}

void WriteReleases(Executor& out, const Repository& repository, const PlanField& field) {
  const std::int64_t count = out.data().ReleaseCount(repository);
  // Without an order GitHub lists the newest release first.
  const bool descending = field.Find("orderBy") == nullptr || Descending(field);
  ReleaseOf release{{}, &repository};
  out.Connection(field, count, [&](std::int64_t i, const PlanField& node) {
    out.data().ReleaseAt(repository, descending ? i : count - 1 - i, release.value);
    out.Object(node, "Release", &release);
  });
}

void WriteStatuses(Executor& out, const DeploymentOf& deployment, const PlanField& field) {
  const auto& statuses = deployment.value.statuses;
  out.Connection(
      field,
      static_cast<std::int64_t>(statuses.size()),
      [&](std::int64_t i, const PlanField& node) {
        out.Object(node, "DeploymentStatus", &statuses[static_cast<std::size_t>(i)]);
      }
  );
}

TypeDef DeploymentType() {
  using D = DeploymentOf;
  TypeDef type{"Deployment", TypeKind::kObject, {}, {}};
  type.fields = {
      Field<D>(
          "commit: Commit",
          [](Executor& out, const D& d, const PlanField& field) {
            const Commit commit = CommitStub(d.repository, d.value.oid, d.value.created);
            out.Object(field, "Commit", &commit);
          }
      ),
      Leaf<D>("commitOid: String!", [](const D& d) { return std::string_view(d.value.oid); }),
      When<D>("createdAt: DateTime!", [](const D& d) { return d.value.created; }),
      Who<D>("creator: Actor!", [](const D& d) { return d.value.creator; }),
      Leaf<D>("databaseId: Int", [](const D& d) { return SmallId(d.value.id); }),
      Leaf<D>(
          "description: String", [](const D& d) { return std::string_view(d.value.description); }
      ),
      Leaf<D>(
          "environment: String", [](const D& d) { return std::string_view(d.value.environment); }
      ),
      Leaf<D>("id: ID!", [](const D& d) { return std::string_view(d.value.node_id); }),
      Leaf<D>(
          "latestEnvironment: String",
          [](const D& d) { return std::string_view(d.value.environment); }
      ),
      Field<D>(
          "latestStatus: DeploymentStatus",
          [](Executor& out, const D& d, const PlanField& field) {
            if (d.value.statuses.empty()) return out.Null();
            out.Object(field, "DeploymentStatus", &d.value.statuses.front());
          }
      ),
      Leaf<D>(
          "originalEnvironment: String",
          [](const D& d) { return std::string_view(d.value.original_environment); }
      ),
      Field<D>(
          "ref: Ref",
          [](Executor& out, const D& d, const PlanField& field) {
            // A Ref here is always the default branch; a deleted branch's ref is null, as on
            // GitHub.
            if (d.value.ref != d.repository->default_branch) return out.Null();
            out.Object(field, "Ref", d.repository);
          }
      ),
      Leaf<D>("state: DeploymentState", [](const D& d) { return std::string_view(d.value.state); }),
      Field<D>(
          "statuses(after: String, before: String, first: Int, last: Int): "
          "DeploymentStatusConnection",
          [](Executor& out, const D& d, const PlanField& field) { WriteStatuses(out, d, field); }
      ),
      Leaf<D>("task: String", [](const D&) { return std::string_view("deploy"); }),
      When<D>("updatedAt: DateTime!", [](const D& d) { return d.value.updated; }),
  };
  return type;
}

TypeDef DeploymentStatusType() {
  using S = DeploymentStatus;
  TypeDef type{"DeploymentStatus", TypeKind::kObject, {}, {}};
  type.fields = {
      When<S>("createdAt: DateTime!", [](const S& s) { return s.created; }),
      Who<S>("creator: Actor!", [](const S& s) { return s.creator; }),
      Leaf<S>("description: String", [](const S&) { return std::string_view(); }),
      Leaf<S>("environment: String", [](const S& s) { return std::string_view(s.environment); }),
      Leaf<S>("id: ID!", [](const S& s) { return std::string_view(s.node_id); }),
      Leaf<S>("logUrl: URI", [](const S& s) { return std::string_view(s.log_url); }),
      Leaf<S>(
          "state: DeploymentStatusState!", [](const S& s) { return std::string_view(s.state); }
      ),
      When<S>("updatedAt: DateTime!", [](const S& s) { return s.created; }),
  };
  return type;
}

TypeDef ReleaseType() {
  using R = ReleaseOf;
  TypeDef type{"Release", TypeKind::kObject, {}, {}};
  type.fields = {
      Who<R>("author: User", [](const R& r) { return r.value.author; }),
      When<R>("createdAt: DateTime!", [](const R& r) { return r.value.created; }),
      Leaf<R>("databaseId: Int", [](const R& r) { return SmallId(r.value.id); }),
      Leaf<R>("description: String", [](const R& r) { return std::string_view(r.value.body); }),
      Leaf<R>("id: ID!", [](const R& r) { return std::string_view(r.value.node_id); }),
      Leaf<R>("isDraft: Boolean!", [](const R& r) { return r.value.draft; }),
      Leaf<R>("isLatest: Boolean!", [](const R& r) { return r.value.latest; }),
      Leaf<R>("isPrerelease: Boolean!", [](const R& r) { return r.value.prerelease; }),
      Leaf<R>("name: String", [](const R& r) { return std::string_view(r.value.name); }),
      When<R>("publishedAt: DateTime", [](const R& r) { return r.value.published; }),
      Field<R>(
          "tagCommit: Commit",
          [](Executor& out, const R& r, const PlanField& field) {
            const Commit commit = CommitStub(r.repository, r.value.oid, r.value.created);
            out.Object(field, "Commit", &commit);
          }
      ),
      Leaf<R>("tagName: String!", [](const R& r) { return std::string_view(r.value.tag); }),
      When<R>(
          "updatedAt: DateTime!",
          [](const R& r) { return r.value.published.value_or(r.value.created); }
      ),
      Leaf<R>(
          "url: URI!",
          [](const R& r) {
            return fmt::format("{}/releases/tag/{}", r.repository->url, r.value.tag);
          }
      ),
  };
  return type;
}

}  // namespace

std::vector<FieldDef> DeliveryFields() {
  return {
      Field<Repository>(
          "deployments(after: String, before: String, environments: [String!], first: Int, last: "
          "Int, orderBy: DeploymentOrder = {field: CREATED_AT, direction: ASC}): "
          "DeploymentConnection!",
          [](Executor& out, const Repository& r, const PlanField& field) {
            WriteDeployments(out, r, field);
          }
      ),
      Field<Repository>(
          "releases(after: String, before: String, first: Int, last: Int, orderBy: ReleaseOrder): "
          "ReleaseConnection!",
          [](Executor& out, const Repository& r, const PlanField& field) {
            WriteReleases(out, r, field);
          }
      ),
  };
}

std::vector<TypeDef> DeliveryTypes() {
  std::vector<TypeDef> types;
  types.push_back(DeploymentType());
  types.push_back(DeploymentStatusType());
  types.push_back(ReleaseType());
  return types;
}

}  // namespace pulse::simulate::github
