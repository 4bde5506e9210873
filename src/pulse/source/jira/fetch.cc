#include "pulse/source/jira/fetch.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "pulse/base/http_date.h"
#include "pulse/model/json_text.h"
#include "pulse/source/census.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/fetch_reference.h"
#include "pulse/source/jira/jql.h"
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
    // Reference data has no past to read.
    if (request.options.until) return Wanted{kIssuesEntity};
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
  // A query of one's own names what to read, whether it changed or not.
  if (!request.watermark || !request.options.query.empty()) return std::optional<EpochMs>();
  return request.watermark(kIssuesEntity, WatermarkScope(request.integration));
}

/// A pass proves that everything from where it began up to its own start is loaded, a backfill up
/// to its end, and one with a query of its own nothing.
void AnnounceWindow(
    const FetchRequest& request, std::optional<EpochMs> since, EpochMs pass_start, Fetched& fetched
) {
  if (!request.options.query.empty()) return;
  const EpochMs from = since.value_or(0);
  EpochMs to = pass_start - kIndexLag;
  if (request.options.until) to = std::min(to, *request.options.until);
  if (to <= from) return;
  fetched.windows.push_back(
      {std::string(kIssuesEntity), WatermarkScope(request.integration), from, to}
  );
}

/// From here on the job knows the site it reads.
void SetSite(const FetchRequest& request, const Site& site, SyncContext& context) {
  context.deployment = site.server.deployment;
  context.site = site.server.site;
  context.mapping = site.mapping;
  const auto named = request.integration.scope.find(kStoryPointsScope.data());
  if (named == request.integration.scope.end()) return;
  auto& fields = context.mapping.story_points;
  fields.insert(fields.begin(), named->second);
}

/// Reference data changes with the issues that use it; on its own it is read once a day.
constexpr EpochMs kReferenceAge = EpochMs{24} * 60 * 60 * 1000;

/// What the reference lists of a pass prove, so that the next one may leave them out for a day.
void AnnounceReference(std::string_view entity, EpochMs pass_start, Fetched& fetched) {
  fetched.windows.push_back({std::string(entity), "", 0, pass_start});
}

Result<bool> IsReferenceFresh(
    const FetchRequest& request, const Wanted& wanted, EpochMs pass_start
) {
  for (const std::string_view entity : wanted) {
    if (entity == kIssuesEntity) continue;
    PULSE_TRY(const auto read, request.watermark(entity, ""));
    if (!read || *read < pass_start - kReferenceAge) return false;
  }
  return true;
}

/// An incremental pass asks for changed issues first: mostly there are none, and then this is the
/// only call it takes.
struct FirstLook {
  std::optional<Call> call;
  std::optional<Answer> answer;
  EpochMs time = 0;  ///< The server's.
  bool nothing_new = false;
};

/// A Data Center, which has no such search, is asked how many changed.
Result<FirstLook> CountChanges(StepAtWork& step) {
  FirstLook look;
  step.context.deployment = Deployment::kServer;
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, SweepJql(step.request, step.context));
  const Call call =
      PostCall(step.context, "/search", body + R"(,"startAt":0,"maxResults":1,"fields":["id"]})");
  const auto reply = Ask(step.transport, call);
  if (!reply) return look;  // The long way meets the same trouble, and says what it means.
  look.time = ParseHttpDate(HeaderOf(reply->answer, "Date")).value_or(step.request.now);
  look.nothing_new = reply->root()["total"].integer() == 0;
  return look;
}

Result<FirstLook> LookForChanges(StepAtWork& step) {
  FirstLook look;
  step.context.deployment = Deployment::kCloud;
  Call call = FirstPageCall(step);
  auto answer = step.transport.Send(call);
  if (!answer) {
    if (answer.error().kind() == ErrorKind::kNotFound) return CountChanges(step);
    if (answer.error().kind() == ErrorKind::kInvalid) return look;
    return std::move(answer).error();
  }
  look.time = ParseHttpDate(HeaderOf(*answer, "Date")).value_or(step.request.now);
  look.nothing_new = IsLastAndEmpty(*answer);
  look.call = std::move(call);
  look.answer = *std::move(answer);
  return look;
}

bool IsIncremental(const FetchRequest& request, const Wanted& wanted) {
  const model::JobOptions& options = request.options;
  return Has(wanted, kIssuesEntity) && request.watermark && options.query.empty() &&
         !options.full && !options.until && !options.since;
}

/// The issues' first step, or their first page if it has come already.
Result<> BeginIssues(const StepAtWork& step, FirstLook look, Fetched& fetched) {
  if (look.answer && step.context.deployment == Deployment::kCloud) {
    auto page = TakeFirstPage(step, *look.call, *std::move(look.answer));
    if (page) {
      std::ranges::move(page->pages, std::back_inserter(fetched.pages));
      std::ranges::move(page->next, std::back_inserter(fetched.next));
      fetched.census.merge(page->census);
      return {};
    }
  }
  PULSE_TRY(model::NewStep first, FirstIssueStep(step));
  fetched.next.push_back(std::move(first));
  return {};
}

/// Everything but the issues.
Result<> BeginReference(
    const StepAtWork& step, const Wanted& wanted, EpochMs pass_start, Fetched& fetched
) {
  for (const std::string_view entity : wanted) {
    if (entity == kIssuesEntity) continue;
    if (step.request.options.query.empty()) AnnounceReference(entity, pass_start, fetched);
    if (entity == kFieldsEntity) continue;  // Came with the mapping.
    for (model::NewStep& next : ReferenceSteps(step.request, step.context, entity)) {
      fetched.next.push_back(std::move(next));
    }
  }
  return {};
}

/// Asks who the server is and what its fields are for, or remembers it. Returns the server's time,
/// which for a site that is only remembered nobody needs: a query of one's own proves no window.
Result<EpochMs> MeetSite(
    StepAtWork& step, const Wanted& wanted, RecentSites& recent, Fetched& fetched
) {
  const FetchRequest& request = step.request;
  const model::Integration& integration = request.integration;
  const std::tuple key{integration.tenant, integration.id, integration.base_url};
  const bool small = !request.options.query.empty() && !Has(wanted, kFieldsEntity);
  if (small) {
    if (const auto known = recent.Find(key)) {
      SetSite(request, *known, step.context);
      return known->server.time;
    }
  }
  Site site;
  PULSE_TRY(site.server, AskServerInfo(step.transport, request.now));
  SetSite(request, site, step.context);
  if (!Has(wanted, kIssuesEntity) && !Has(wanted, kFieldsEntity)) return site.server.time;
  const Call call = GetCall(step.context, "/field", "/field");
  PULSE_TRY(Reply reply, Ask(step.transport, call));
  site.mapping = FieldMapping::FromCatalogue(reply.root());
  SetSite(request, site, step.context);
  recent.Keep(key, site);
  if (Has(wanted, kFieldsEntity)) AppendFieldPage(step, call, std::move(reply), fetched);
  return site.server.time;
}

Result<Fetched> FetchRoot(const FetchRequest& request, Transport& transport, RecentSites& recent) {
  PULSE_TRY(const Wanted wanted, WantedEntities(request));
  PULSE_CHECK(CheckScope(request.integration));
  StepAtWork step{request, transport, {}, {}};
  Fetched fetched;
  FirstLook look;
  if (Has(wanted, kIssuesEntity)) {
    PULSE_TRY(step.context.since, StartOfPass(request));
  }
  if (IsIncremental(request, wanted) && step.context.since) {
    PULSE_TRY(look, LookForChanges(step));
    PULSE_TRY(const bool fresh, IsReferenceFresh(request, wanted, look.time));
    const bool census = TakesCensus(request.options);
    if (look.nothing_new && fresh && !census) {
      fetched.census[std::string(kIssuesEntity)] = 0;
      AnnounceWindow(request, step.context.since, look.time, fetched);
      return fetched;
    }
  }

  PULSE_TRY(const EpochMs pass_start, MeetSite(step, wanted, recent, fetched));
  // A query of one's own is mostly small: its first page comes with the root, not in a step of its
  // own.
  if (Has(wanted, kIssuesEntity) && !request.options.query.empty() &&
      step.context.deployment == Deployment::kCloud) {
    PULSE_TRY(look, LookForChanges(step));
  }
  if (Has(wanted, kIssuesEntity)) {
    AnnounceWindow(request, step.context.since, look.answer ? look.time : pass_start, fetched);
    PULSE_CHECK(BeginIssues(step, std::move(look), fetched));
    const bool beside = TakesCensus(request.options) && step.context.since;
    if (beside) fetched.next.push_back(CensusStep(step.context));
  }
  PULSE_CHECK(BeginReference(step, wanted, pass_start, fetched));
  return fetched;
}

}  // namespace

Result<Fetched> FetchStep(const FetchRequest& request, Transport& transport, RecentSites& recent) {
  PULSE_TRY(const auto params, JsonPage::Parse(request.params));
  const Value root = params->root();
  if (!root["context"].is_object()) return FetchRoot(request, transport, recent);
  const StepAtWork step{request, transport, SyncContext::FromJson(root["context"]), root};
  if (request.entity_type == kChangesEntity) return FetchHistories(step);
  if (request.entity_type == kDetailsEntity) return FetchLists(step);
  if (request.entity_type != kIssuesEntity) return FetchReference(step);
  const auto what = root["do"].text();
  if (what == "page") return FetchPage(step);
  if (what == "sweep") return FetchSweep(step);
  if (what == "census") return FetchCensus(step);
  return what == "verify" ? FetchVerify(step) : FetchIssues(step);
}

}  // namespace pulse::source::jira
