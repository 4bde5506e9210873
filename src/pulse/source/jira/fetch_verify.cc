#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>

#include "pulse/model/json_text.h"
#include "pulse/source/census.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/jira/issue_chain.h"
#include "pulse/source/jira/transform_issue.h"

namespace pulse::source::jira {
namespace {

/// Ten bulk calls; Data Center has none and answers about one issue at a time.
constexpr int kAskedByCloudStep = 1000;
constexpr int kAskedByServerStep = 50;

/// What the source says of an issue when asked by id.
struct Sighting {
  bool archived = false;
  std::string project_key;
};
using Sightings = std::map<std::string, Sighting, std::less<>>;

void Note(Value issue, Sightings& seen) {
  std::string id = issue["id"].id();
  if (id.empty()) return;
  const Value fields = issue["fields"];
  const Value archived = fields["archiveddate"];
  seen[std::move(id)] = Sighting{
      .archived = !archived.absent() && !archived.null(),
      .project_key = fields["project"]["key"].id(),
  };
}

Result<> LookByBulk(
    const StepAtWork& step, std::span<const store::MissingRow> rows, Sightings& seen
) {
  while (!rows.empty()) {
    const auto some = rows.first(std::min(kIssuesPerCall, rows.size()));
    rows = rows.subspan(some.size());
    std::string body = R"({"fields":["project","archiveddate"],"issueIdsOrKeys":[)";
    for (const store::MissingRow& row : some) {
      if (body.back() != '[') body += ',';
      model::AppendJsonString(body, row.external_id);
    }
    PULSE_TRY(
        const Reply reply,
        Ask(step.transport, PostCall(step.context, "/issue/bulkfetch", body + "]}"))
    );
    const Value issues = reply.root()["issues"];
    if (!issues.is_array()) {
      return Error{ErrorKind::kInvalid, "the verification got no list of issues"};
    }
    issues.ForEach([&](Value issue) { Note(issue, seen); });
  }
  return {};
}

/// Search would be quicker, but its index lags: what it does not find may exist.
Result<> LookOneByOne(
    const StepAtWork& step, std::span<const store::MissingRow> rows, Sightings& seen
) {
  for (const store::MissingRow& row : rows) {
    const std::string path = "/issue/" + row.external_id + "?fields=project,archiveddate";
    const auto reply = Ask(step.transport, GetCall(step.context, "/issue/{id}", path));
    if (reply) {
      Note(reply->root(), seen);
    } else if (reply.error().kind() != ErrorKind::kNotFound) {
      return reply.error();
    }
  }
  return {};
}

/// Why issues of a project may be gone; each project is asked about once.
class Projects {
 public:
  explicit Projects(const StepAtWork& step) : step_(step) {}

  Result<std::string> ReasonOf(const std::string& project) {
    if (project.empty()) return std::string("deleted");
    if (const auto known = reasons_.find(project); known != reasons_.end()) return known->second;
    PULSE_TRY(std::string reason, Ask(project));
    return reasons_[project] = std::move(reason);
  }

 private:
  Result<std::string> Ask(const std::string& project) {
    const auto reply =
        jira::Ask(step_.transport, GetCall(step_.context, "/project/{id}", "/project/" + project));
    if (!reply && reply.error().kind() == ErrorKind::kNotFound) return std::string("access_lost");
    if (!reply) return reply.error();
    const bool archived = reply->root()["archived"].boolean().value_or(false);
    return std::string(archived ? "archived" : "deleted");
  }

  const StepAtWork& step_;
  std::map<std::string, std::string> reasons_;
};

/// Sorts the missing: what answers goes back into the census and is fetched, the rest vanished.
Result<> Judge(
    const StepAtWork& step,
    std::span<const store::MissingRow> rows,
    const Sightings& seen,
    Fetched& fetched
) {
  const std::vector<std::string> scope = ProjectsInScope(step.request.integration);
  const auto in_scope = [&](const std::string& key) {
    return scope.empty() || std::ranges::binary_search(scope, key);
  };
  Projects projects(step);
  store::CensusIds found{std::string(kIssuesEntity), {}};
  for (const store::MissingRow& row : rows) {
    const auto sighting = seen.find(row.external_id);
    std::string reason;
    if (sighting == seen.end()) {
      PULSE_TRY(reason, projects.ReasonOf(row.locator));
    } else if (sighting->second.archived) {
      reason = "archived";
    } else if (!in_scope(sighting->second.project_key)) {
      reason = "access_lost";
    } else {
      found.external_ids.push_back(row.external_id);
      continue;
    }
    fetched.vanished.push_back({std::string(kIssuesEntity), row.external_id, std::move(reason)});
  }
  for (const IssueChain& chain : PlanChains(found.external_ids, /*keep=*/true)) {
    fetched.next.push_back(
        {.entity_type = std::string(kIssuesEntity),
         .params = StepParams(step.context, R"("do":"issues",)" + chain.ToMembers())}
    );
  }
  if (!found.external_ids.empty()) fetched.census_ids.push_back(std::move(found));
  return {};
}

model::NewStep StepOf(const SyncContext& context, bool believed) {
  return {
      .entity_type = std::string(kIssuesEntity),
      .params =
          StepParams(context, believed ? R"("do":"verify","believed":true)" : R"("do":"verify")")
  };
}

}  // namespace

model::NewStep VerifyStep(const SyncContext& context) { return StepOf(context, false); }

Result<std::vector<std::string>> NoteCensus(
    const StepAtWork& step, std::vector<std::string> ids, Fetched& fetched
) {
  // A pass over a part lists what it reads; that is no census.
  if (!TakesCensus(step.request.options) || step.context.since) return std::vector<std::string>();
  std::vector<std::string> absent;
  if (step.request.absent && !ids.empty()) {
    PULSE_TRY(absent, step.request.absent(kIssuesEntity, ids));
  }
  fetched.census_ids.push_back({std::string(kIssuesEntity), std::move(ids)});
  return absent;
}

void EndCensus(const StepAtWork& step, Fetched& fetched) {
  if (!TakesCensus(step.request.options) || step.context.since) return;
  fetched.next.push_back(VerifyStep(step.context));
}

Result<Fetched> FetchVerify(const StepAtWork& step) {
  Fetched fetched;
  if (!step.request.missing) return fetched;
  const bool cloud = step.context.deployment == Deployment::kCloud;
  const int limit = cloud ? kAskedByCloudStep : kAskedByServerStep;
  PULSE_TRY(const store::Missing missing, step.request.missing(kIssuesEntity, limit));
  if (missing.rows.empty()) return fetched;
  // Judged once, by the first step: what it marks must not make the rest look like a mass.
  if (!step.params["believed"].boolean().value_or(false)) {
    if (auto gap = MassVanish(kIssuesEntity, missing, step.request.options)) {
      fetched.gaps.push_back(*std::move(gap));
      return fetched;
    }
  }
  Sightings seen;
  PULSE_CHECK(
      cloud ? LookByBulk(step, missing.rows, seen) : LookOneByOne(step, missing.rows, seen)
  );
  PULSE_CHECK(Judge(step, missing.rows, seen, fetched));
  if (missing.missing > static_cast<std::int64_t>(missing.rows.size())) {
    fetched.next.push_back(StepOf(step.context, true));
  }
  return fetched;
}

}  // namespace pulse::source::jira
