#include "pulse/source/jira/jira.h"

#include <array>
#include <chrono>

#include "pulse/source/jira/fetch.h"
#include "pulse/source/jira/judge.h"
#include "pulse/source/jira/people.h"
#include "pulse/source/jira/server_info.h"
#include "pulse/source/jira/sync_context.h"
#include "pulse/source/jira/transform.h"
#include "pulse/source/jira/transform_changes.h"
#include "pulse/source/jira/transform_issue.h"
#include "pulse/source/jira/transform_reference.h"

namespace pulse::source::jira {
namespace {

constexpr std::array kEntityTypes = {
    kIssuesEntity,
    kProjectsEntity,
    kStatusesEntity,
    kIssueTypesEntity,
    kFieldsEntity,
    kSprintsEntity,
    kChangesEntity,
    kDetailsEntity,
};

constexpr std::array kScopeKeys = {
    ScopeKey{
        kProjectScope, "Project keys, separated by commas; every project in reach when left out."
    },
    ScopeKey{
        kStoryPointsScope,
        "Id of the field with the estimate, e.g. customfield_10024, for sites whose story points "
        "are a "
        "plain number field: the catalogue does not tell those apart."
    },
};

class JiraConnector final : public Connector {
 public:
  std::string_view provider() const override { return "jira"; }
  std::span<const std::string_view> entity_types() const override { return kEntityTypes; }
  std::span<const ScopeKey> scope_keys() const override { return kScopeKeys; }
  int transform_version() const override { return 3; }

  bool Reads(const model::Integration& integration, const store::Window& window) const override {
    return window.entity_type != kIssuesEntity || window.scope == WatermarkScope(integration);
  }

  Verdict Judge(const Call& call, const Answer& answer, EpochMs now) const override {
    return JudgeAnswer(call, answer, now);
  }
  Result<Account> Check(const model::Integration& integration, Transport& transport)
      const override {
    return CheckAccount(integration, transport);
  }
  Result<Fetched> Fetch(const FetchRequest& request, Transport& transport) const override {
    return FetchStep(request, transport, recent_);
  }
  Transformed Transform(
      std::string_view entity_type,
      std::string_view request,
      std::string_view body,
      model::RowBatch& rows
  ) const override {
    return TransformPage(entity_type, request, body, rows);
  }

 private:
  mutable RecentSites recent_{std::chrono::minutes(1)};
};

}  // namespace

std::unique_ptr<Connector> NewJiraConnector() { return std::make_unique<JiraConnector>(); }

}  // namespace pulse::source::jira
