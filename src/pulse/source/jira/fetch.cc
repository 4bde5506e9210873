#include "pulse/source/jira/fetch.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/fetch_reference.h"
#include "pulse/source/jira/judge.h"
#include "pulse/source/jira/people.h"
#include "pulse/source/jira/server_info.h"
#include "pulse/source/jira/sync_context.h"
#include "pulse/source/jira/transform_changes.h"
#include "pulse/source/jira/transform_issue.h"
#include "pulse/source/jira/transform_reference.h"

namespace pulse::source::jira {
namespace {

/// The search index lags behind the issues by seconds to minutes (JRACLOUD-96208), so the last five
/// minutes of a pass are not proven and are read again by the next one.
constexpr EpochMs kIndexLag = EpochMs{5} * 60 * 1000;

/// What a whole sync reads, the longest work first.
constexpr std::array kEverything = {
    kIssuesEntity,
    kSprintsEntity,
    kProjectsEntity,
    kStatusesEntity,
    kIssueTypesEntity,
    kFieldsEntity,
};

using Wanted = std::vector<std::string_view>;

bool Has(const Wanted& wanted, std::string_view entity) {
  return std::find(wanted.begin(), wanted.end(), entity) != wanted.end();
}

Result<Wanted> WantedEntities(const FetchRequest& request) {
  if (request.options.entities.empty() && request.entity_type == "jira_sync") {
    return Wanted(kEverything.begin(), kEverything.end());
  }
  std::vector<std::string> asked = request.options.entities;
  if (asked.empty()) asked.push_back(request.entity_type);
  Wanted wanted;
  for (std::string_view name : asked) {
    // What belongs to issues is read with them.
    if (name == kChangesEntity || name == kDetailsEntity || name == kPeopleEntity) {
      name = kIssuesEntity;
    }
    const auto* known = std::find(kEverything.begin(), kEverything.end(), name);
    if (known == kEverything.end()) {
      return Error{ErrorKind::kInvalid, "jira has no entity type " + std::string(name)};
    }
    if (!Has(wanted, *known)) wanted.push_back(*known);
  }
  return wanted;
}

/// Keys go into paths and queries as they are, so they must be keys.
Result<> CheckScope(const model::Integration& integration) {
  for (const std::string& key : ProjectsInScope(integration)) {
    const bool is_key = std::all_of(key.begin(), key.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '_';
    });
    if (!is_key) return Error{ErrorKind::kInvalid, "scope: " + key + " is no project key"};
  }
  return {};
}

Result<std::optional<EpochMs>> StartOfPass(const FetchRequest& request) {
  if (request.options.full) return std::optional<EpochMs>();
  if (request.options.since) return request.options.since;
  if (!request.watermark) return std::optional<EpochMs>();
  return request.watermark(kIssuesEntity, WatermarkScope(request.integration));
}

/// A pass proves that everything up to its own start is loaded, unless it was told to look at a
/// part.
void AnnounceWindow(
    const FetchRequest& request, std::optional<EpochMs> since, EpochMs pass_start, Fetched& fetched
) {
  if (!request.options.query.empty() || request.options.since) return;
  const EpochMs from = since.value_or(0);
  const EpochMs to = pass_start - kIndexLag;
  if (to <= from) return;
  fetched.windows.push_back(
      {std::string(kIssuesEntity), WatermarkScope(request.integration), from, to}
  );
}

void ReadMapping(const FetchRequest& request, Value catalogue, SyncContext& context) {
  context.mapping = FieldMapping::FromCatalogue(catalogue);
  const auto named = request.integration.scope.find(kStoryPointsScope.data());
  if (named == request.integration.scope.end()) return;
  auto& fields = context.mapping.story_points;
  fields.insert(fields.begin(), named->second);
}

Result<Fetched> FetchRoot(const FetchRequest& request, Transport& transport) {
  PULSE_TRY(const Wanted wanted, WantedEntities(request));
  PULSE_CHECK(CheckScope(request.integration));
  PULSE_TRY(const ServerInfo server, AskServerInfo(transport, request.now));
  StepAtWork step{request, transport, {}, {}};
  step.context.deployment = server.deployment;
  step.context.site = server.site;

  Fetched fetched;
  if (Has(wanted, kIssuesEntity) || Has(wanted, kFieldsEntity)) {
    const Call call = GetCall(step.context, "/field", "/field");
    PULSE_TRY(Reply reply, Ask(transport, call));
    ReadMapping(request, reply.root(), step.context);
    if (Has(wanted, kFieldsEntity)) AppendFieldPage(step, call, std::move(reply), fetched);
  }
  if (Has(wanted, kIssuesEntity)) {
    PULSE_TRY(step.context.since, StartOfPass(request));
    AnnounceWindow(request, step.context.since, server.time, fetched);
    PULSE_TRY(model::NewStep first, FirstIssueStep(step));
    fetched.next.push_back(std::move(first));
  }
  for (const std::string_view entity : wanted) {
    if (entity == kIssuesEntity || entity == kFieldsEntity) continue;
    for (model::NewStep& next : ReferenceSteps(request, step.context, entity)) {
      fetched.next.push_back(std::move(next));
    }
  }
  return fetched;
}

}  // namespace

Result<Fetched> FetchStep(const FetchRequest& request, Transport& transport) {
  PULSE_TRY(const auto params, JsonPage::Parse(request.params));
  const Value root = params->root();
  if (!root["context"].is_object()) return FetchRoot(request, transport);
  const StepAtWork step{request, transport, SyncContext::FromJson(root["context"]), root};
  if (request.entity_type == kChangesEntity) return FetchHistories(step);
  if (request.entity_type == kDetailsEntity) return FetchLists(step);
  if (request.entity_type != kIssuesEntity) return FetchReference(step);
  if (root["do"].text() == "page") return FetchPage(step);
  return root["do"].text() == "sweep" ? FetchSweep(step) : FetchIssues(step);
}

}  // namespace pulse::source::jira
