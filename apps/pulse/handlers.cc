#include "handlers.h"

#include "command_table.h"

namespace pulse::app {
namespace {

struct Row {
  std::string_view path;
  Handler run;
};

constexpr Row kHandlers[] = {
    {"demo", RunDemo},
    {"sync", RunSync},
    {"search", RunSearch},
    {"tenant list", RunTenantList},
    {"tenant create", RunTenantCreate},
    {"tenant show", RunTenantShow},
    {"tenant edit", RunTenantEdit},
    {"tenant delete", RunTenantDelete},
    {"integration list", RunIntegrationList},
    {"integration add", RunIntegrationAdd},
    {"integration show", RunIntegrationShow},
    {"integration test", RunIntegrationTest},
    {"integration edit", RunIntegrationEdit},
    {"integration remove", RunIntegrationRemove},
    {"integration types", RunIntegrationTypes},
    {"schedule set", RunScheduleSet},
    {"schedule list", RunScheduleList},
    {"schedule pause", RunSchedulePause},
    {"schedule resume", RunScheduleResume},
    {"schedule remove", RunScheduleRemove},
    {"job list", RunJobList},
    {"job show", RunJobShow},
    {"job watch", RunJobWatch},
    {"job cancel", RunJobCancel},
    {"job retry", RunJobRetry},
    {"dead-letter list", RunDeadLetterList},
    {"dead-letter show", RunDeadLetterShow},
    {"dead-letter group", RunDeadLetterGroup},
    {"dead-letter replay", RunDeadLetterReplay},
    {"dead-letter discard", RunDeadLetterDiscard},
    {"replay", RunReplay},
    {"transform", RunTransform},
    {"data tables", RunDataTables},
    {"data schema", RunDataSchema},
    {"data lineage", RunDataLineage},
    {"data query", RunDataQuery},
    {"vector status", RunVectorStatus},
    {"vector rebuild", RunVectorRebuild},
    {"vector drift", RunVectorDrift},
    {"simulate", RunSimulate},
    {"serve", RunServe},
    {"backend", RunBackend},
    {"etl", RunEtl},
    {"healthcheck", RunHealthcheck},
    {"doctor", RunDoctor},
    {"db migrate", RunDbMigrate},
    {"db status", RunDbStatus},
    {"db check", RunDbCheck},
    {"queue status", RunQueueStatus},
    {"queue topology diff", RunQueueTopologyDiff},
    {"queue topology apply", RunQueueTopologyApply},
    {"config show", RunConfigShow},
    {"config check", RunConfigCheck},
    {"config get", RunConfigGet},
    {"config docs", RunConfigDocs},
    {"secret rotate", RunSecretRotate},
    {"completion", RunCompletion},
    {"version", RunVersion},
    {"help", RunHelp},
};

constexpr Handler Find(std::string_view path) {
  for (const Row& row : kHandlers) {
    if (row.path == path) return row.run;
  }
  return nullptr;
}

constexpr bool EveryCommandHasAHandler() {
  // Paths, not pointers: under UBSan GCC 12 takes no comparison of addresses for a constant.
  for (const Command& command : kCommands) {
    bool found = false;
    for (const Row& row : kHandlers) found = found || row.path == command.path;
    if (!found) return false;
  }
  return std::size(kCommands) == std::size(kHandlers);
}
static_assert(EveryCommandHasAHandler(), "command_table.h and kHandlers differ");

}  // namespace

Handler HandlerOf(const Command& command) { return Find(command.path); }

}  // namespace pulse::app
