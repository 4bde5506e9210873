#include "exit_code.h"

#include <array>

namespace pulse::app {
namespace {

constexpr ExitCodeDoc kDocs[] = {
    {ExitCode::kOk, "It worked."},
    {ExitCode::kFailed, "The operation failed: a job or a check failed, or a bug of ours."},
    {ExitCode::kUsage, "The command line or a setting is wrong."},
    {ExitCode::kNotFound, "There is no such tenant, integration, job, table or record."},
    {ExitCode::kUnauthorized, "A source, a database or a broker refused the credential."},
    {ExitCode::kConflict, "The name is taken, or a different job is under way."},
    {ExitCode::kUnreachable, "A database, a service or a source could not be reached."},
    {ExitCode::kTimeout, "Timed out waiting, or ending in order; the work may go on."},
    {ExitCode::kPartial, "Partial: it worked, but some records were quarantined or are missing."},
    {ExitCode::kInterrupted, "Interrupted; the same command goes on where this one stopped."},
};

struct KindRow {
  ErrorKind kind;
  std::string_view code;
  ExitCode exit;
  int http;
  bool retryable;
};

constexpr KindRow kKinds[] = {
    {ErrorKind::kInvalid, "invalid", ExitCode::kUsage, 400, false},
    {ErrorKind::kNotFound, "not_found", ExitCode::kNotFound, 404, false},
    {ErrorKind::kConflict, "conflict", ExitCode::kConflict, 409, false},
    {ErrorKind::kUnauthorized, "unauthorized", ExitCode::kUnauthorized, 502, false},
    {ErrorKind::kRateLimited, "rate_limited", ExitCode::kUnreachable, 429, true},
    {ErrorKind::kUnavailable, "unavailable", ExitCode::kUnreachable, 503, true},
    {ErrorKind::kTimeout, "timeout", ExitCode::kTimeout, 504, true},
    {ErrorKind::kCancelled, "cancelled", ExitCode::kInterrupted, 503, true},
    {ErrorKind::kInternal, "internal", ExitCode::kFailed, 500, false},
};

const KindRow& RowOf(ErrorKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row;
  }
  return kKinds[std::size(kKinds) - 1];
}

}  // namespace

std::span<const ExitCodeDoc> ExitCodeDocs() { return kDocs; }
ExitCode ExitCodeOf(ErrorKind kind) { return RowOf(kind).exit; }
std::string_view CodeOf(ErrorKind kind) { return RowOf(kind).code; }
int HttpStatusOf(ErrorKind kind) { return RowOf(kind).http; }
bool Retryable(ErrorKind kind) { return RowOf(kind).retryable; }

ExitCode ExitCodeOf(model::JobStatus status) {
  switch (status) {
    case model::JobStatus::kFinished:
      return ExitCode::kOk;
    case model::JobStatus::kPartial:
      return ExitCode::kPartial;
    case model::JobStatus::kCancelled:
    case model::JobStatus::kFailed:
      return ExitCode::kFailed;
    case model::JobStatus::kQueued:
    case model::JobStatus::kRunning:
      break;
  }
  return ExitCode::kTimeout;
}

}  // namespace pulse::app
