#include "pulse/store/verdict.h"

#include <string_view>

namespace pulse::store {
namespace {

std::string Count(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

}  // namespace

model::JobStatus StatusOf(const model::Job& job, const Verdict& verdict) {
  if (job.cancel_requested) return model::JobStatus::kCancelled;
  if (verdict.fatal_steps > 0) return model::JobStatus::kFailed;
  if (verdict.failed_steps > 0 && verdict.records == 0) return model::JobStatus::kFailed;
  if (!verdict.everything_asked_for() || verdict.quarantined > 0) return model::JobStatus::kPartial;
  return model::JobStatus::kFinished;
}

std::string ReasonOf(model::JobStatus status, const Verdict& verdict) {
  if (status != model::JobStatus::kFailed && status != model::JobStatus::kPartial) return "";
  if (verdict.failed_steps > 0) return verdict.first_error;
  std::string reason;
  if (verdict.quarantined > 0) {
    reason = Count(verdict.quarantined, "record or page", "records or pages") + " in quarantine";
  }
  if (verdict.gaps > 0) {
    if (!reason.empty()) reason += ", ";
    reason += Count(verdict.gaps, "known gap", "known gaps");
  }
  return reason;
}

}  // namespace pulse::store
