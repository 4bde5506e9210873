#pragma once

/// \file
/// Jobs and steps: what the ledger holds. docs/states.md draws both life cycles and is the only
/// list of legal transitions.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/ids.h"
#include "pulse/base/time.h"

namespace pulse::model {

enum class JobStatus : unsigned char {
  kQueued,
  kRunning,
  kFinished,
  kPartial,
  kFailed,
  kCancelled
};
enum class StepState : unsigned char { kReady, kRunning, kDone, kFailed, kCancelled };
enum class Stage : unsigned char { kExtract, kTransform, kLoad, kVectorize };
/// Inside one tenant a lower number goes first.
enum class Priority : unsigned char { kInteractive = 0, kScheduled = 1, kBackfill = 2 };

inline constexpr std::array kStages = {
    Stage::kExtract, Stage::kTransform, Stage::kLoad, Stage::kVectorize
};

/// "queued", "ready", "extract", … as stored and shown.
std::string_view Name(JobStatus status);
std::string_view Name(StepState state);
std::string_view Name(Stage stage);
std::string_view QueueName(Stage stage);  ///< "etl.extract", …
std::optional<JobStatus> JobStatusNamed(std::string_view name);
std::optional<StepState> StepStateNamed(std::string_view name);
std::optional<Stage> StageNamed(std::string_view name);
constexpr bool IsFinal(JobStatus status) { return status >= JobStatus::kFinished; }

/// What was asked for. Two requests with equal options for one integration are the same job while
/// the first is queued or running.
struct JobOptions {
  bool full = false;  ///< Ignore watermarks, read everything in scope.
  std::optional<EpochMs> since = {
  };  ///< Read what changed at or after; never moves a watermark back.
  std::optional<EpochMs> until = {};  ///< With `since`: a backfill of [since, until); moves no end.
  std::vector<std::string> entities = {
  };  ///< Entity types; empty: everything the connector has. Sorted.
  std::string query = {};  ///< The source's own query language; such a job moves no watermark.
  bool replay = false;     ///< Transform stored raw pages again; the source is not asked.
  bool census = false;     ///< List every id and find out what became of rows the source lacks.
  /// A census marks what is gone however much it is: a person looked, for this one job.
  bool accept_vanished = false;

  /// Canonical JSON: equal options give equal bytes.
  std::string ToJson() const;
  static std::optional<JobOptions> FromJson(std::string_view json);
};

struct Job {
  JobId id;
  TenantId tenant;
  IntegrationId integration;
  std::string job_type;  ///< "jira_sync", "github_sync", or an entity type.
  JobStatus status = JobStatus::kQueued;
  Priority priority = Priority::kInteractive;
  JobOptions options;
  std::int64_t open_steps = 0;
  bool cancel_requested = false;
  std::string error;  ///< Why it failed or was partial, one line; empty otherwise.
  EpochMs created_at = 0;
  std::optional<EpochMs> started_at;
  std::optional<EpochMs> finished_at;
};

/// A claimed step. `epoch` fences it: a commit with an older epoch changes nothing.
struct Step {
  StepId id;
  TenantId tenant;
  IntegrationId integration;
  JobId job;
  Stage stage = Stage::kExtract;
  std::string entity_type;
  std::string params;  ///< JSON object; the stage's own (cursor, raw ids, row ids).
  std::int64_t epoch = 0;
  int attempts = 0;  ///< Failed attempts so far, counted by the ledger; crashes are counted apart.
  Priority priority = Priority::kInteractive;
  JobOptions options = {};  ///< Of its job.
};

struct StepRef {
  StepId id;
  std::int64_t epoch = 0;
};

/// A step to be created by the transaction that closes its parent.
struct NewStep {
  Stage stage = Stage::kExtract;
  std::string entity_type;
  std::string params = "{}";
};

}  // namespace pulse::model
