#include "pulse/source/github/github.h"

#include <array>

#include "pulse/source/github/check.h"
#include "pulse/source/github/fetch.h"
#include "pulse/source/github/judge.h"
#include "pulse/source/github/transform_children.h"
#include "pulse/source/github/transform_prs.h"
#include "pulse/source/github/transform_reference.h"

namespace pulse::source::github {
namespace {

using FetchFunction = Result<Fetched> (*)(const FetchRequest&, const Step&, Api&);
using TransformFunction = void (*)(std::string_view, const PageContext&, PageSink&);

Result<Fetched> FetchPrsEitherWay(const FetchRequest& request, const Step& step, Api& api) {
  return step.rest ? FetchPrsByRest(request, step, api) : FetchPrs(request, step, api);
}

/// All this connector knows about one entity type.
struct Entity {
  std::string_view name;
  std::string_view singular;  ///< Of problem codes.
  bool primary;               ///< Its records are counted.
  bool root;                  ///< A job may begin with it.
  FetchFunction fetch;        ///< One repository's step; null: the list of repositories is all.
  TransformFunction transform;
};

constexpr std::array kEntities = {
    Entity{kRepositories, "github_repository", true, true, nullptr, &TransformRepositories},
    Entity{kPrs, "github_pr", true, true, &FetchPrsEitherWay, &TransformPrs},
    Entity{kPrNested, "github_pr_nested", false, false, &FetchNested, &TransformNested},
    Entity{
        kReviewComments,
        "github_review_comment",
        false,
        true,
        &FetchComments,
        &TransformReviewComments
    },
    Entity{
        kIssueComments, "github_issue_comment", false, true, &FetchComments, &TransformIssueComments
    },
    Entity{kPrReviews, "github_pr_review", false, false, &FetchPrLists, &TransformReviews},
    Entity{kPrCommits, "github_pr_commit", false, false, &FetchPrLists, &TransformCommits},
    Entity{kDeployments, "github_deployment", true, true, &FetchDeliveries, &TransformDeployments},
    Entity{kReleases, "github_release", true, true, &FetchDeliveries, &TransformReleases},
};

constexpr auto kEntityNames = [] {
  std::array<std::string_view, kEntities.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kEntities[i].name;
  return names;
}();

constexpr std::array kScopeKeys = {
    ScopeKey{"owner", "Organisation or user whose repositories are read."},
    ScopeKey{"repo", "Repositories to read: owner/name, several separated by commas."},
    ScopeKey{"api", "graphql (default) or rest."},
    ScopeKey{
        "detail", "true: over REST, read each pull request by itself for its sizes and counts."
    },
};

const Entity* Find(std::string_view name) {
  for (const Entity& entity : kEntities) {
    if (entity.name == name) return &entity;
  }
  return nullptr;
}

/// A repository that is gone, blocked, empty or closed to this token is a gap; the rest of the job
/// goes on.
Fetched GapOf(const FetchRequest& request, const Step& step, const Error& error) {
  Fetched out;
  out.gaps.push_back({request.entity_type, step.repository->full_name, error.message()});
  return out;
}

class GithubConnector final : public Connector {
 public:
  std::string_view provider() const override { return "github"; }
  std::span<const std::string_view> entity_types() const override { return kEntityNames; }
  std::span<const ScopeKey> scope_keys() const override { return kScopeKeys; }
  int transform_version() const override { return 2; }

  /// A window's scope is a repository's id, which tells nobody whether it is still wanted.
  bool Reads(const model::Integration& /*integration*/, const store::Window& /*window*/)
      const override {
    return true;
  }

  Verdict Judge(const Call& call, const Answer& answer, EpochMs now) const override {
    return JudgeAnswer(call, answer, now);
  }

  Result<Account> Check(const model::Integration& integration, Transport& transport)
      const override {
    Api api(transport);
    return CheckAccount(integration, api, 0);
  }

  Result<Fetched> Fetch(const FetchRequest& request, Transport& transport) const override {
    PULSE_TRY(const Step step, Step::FromJson(request.params));
    Api api(transport);
    const Entity* entity = Find(request.entity_type);
    if (entity == nullptr && request.entity_type != kSync) {
      return Error{ErrorKind::kInvalid, "github has no entity '" + request.entity_type + "'"};
    }
    if (step.census) return FetchCensus(request, step, api);
    if (!step.repository) {
      if (entity == nullptr || entity->root) return FetchRepositories(request, step, api);
      return Error{ErrorKind::kInvalid, request.entity_type + " is read as a part of github_prs"};
    }
    if (entity == nullptr || entity->fetch == nullptr) {
      return Error{ErrorKind::kInvalid, request.entity_type + " has no step for one repository"};
    }
    auto fetched = entity->fetch(request, step, api);
    if (fetched || !IsOutOfReach(fetched.error())) return fetched;
    return GapOf(request, step, fetched.error());
  }

  Transformed Transform(
      std::string_view entity_type,
      std::string_view request,
      std::string_view body,
      model::RowBatch& rows
  ) const override {
    Transformed out;
    const Entity* entity = Find(entity_type);
    PageSink sink(
        entity == nullptr ? "github" : entity->singular,
        entity != nullptr && entity->primary,
        rows,
        out
    );
    if (entity == nullptr) {
      sink.RejectPage(
          "unknown_entity", "github has no entity '" + std::string(entity_type) + "'", body
      );
      return out;
    }
    entity->transform(body, ContextOf(request), sink);
    sink.Finish();
    return out;
  }
};

}  // namespace

std::unique_ptr<Connector> NewGithubConnector() { return std::make_unique<GithubConnector>(); }

}  // namespace pulse::source::github
