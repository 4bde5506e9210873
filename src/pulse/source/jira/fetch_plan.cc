#include <cstdint>
#include <optional>
#include <string>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/fetch_issues.h"
#include "pulse/source/jira/jql.h"
#include "pulse/source/jira/plan.h"

namespace pulse::source::jira {
namespace {

/// How many issues the source thinks are in scope; nothing when it cannot tell.
Result<std::optional<std::int64_t>> EstimateIssues(const StepAtWork& step) {
  std::string body = R"({"jql":)";
  model::AppendJsonString(body, BoundedJql(step.request, step.context));
  const Call call = PostCall(step.context, "/search/approximate-count", body += '}');
  const auto reply = Ask(step.transport, call);
  if (reply) return reply->root()["count"].integer();
  switch (reply.error().kind()) {
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      return std::optional<std::int64_t>();
    default:
      return reply.error();
  }
}

}  // namespace

Result<model::NewStep> FirstIssueStep(const StepAtWork& step) {
  if (step.context.deployment == Deployment::kServer) return SweepStep(step.context);
  if (step.context.since) return PageStep(step.context);
  PULSE_TRY(const std::optional<std::int64_t> expected, EstimateIssues(step));
  // Of an unknown number of issues there may be many.
  const Plan plan = expected ? ChoosePlan(*expected) : Plan::kBulk;
  return plan == Plan::kPages ? PageStep(step.context) : SweepStep(step.context);
}

}  // namespace pulse::source::jira
