#pragma once

/// \file
/// The functions behind the commands, one file a noun (cmd_<noun>.cc). An Error is printed by main;
/// the exit code follows from its kind.

#include "context.h"
#include "exit_code.h"

#include "pulse/base/error.h"

namespace pulse::app {

using Handler = Result<ExitCode> (*)(Context&);

Result<ExitCode> RunDemo(Context& context);
Result<ExitCode> RunSync(Context& context);
Result<ExitCode> RunSearch(Context& context);

Result<ExitCode> RunTenantList(Context& context);
Result<ExitCode> RunTenantCreate(Context& context);
Result<ExitCode> RunTenantShow(Context& context);
Result<ExitCode> RunTenantEdit(Context& context);
Result<ExitCode> RunTenantDelete(Context& context);

Result<ExitCode> RunIntegrationList(Context& context);
Result<ExitCode> RunIntegrationAdd(Context& context);
Result<ExitCode> RunIntegrationShow(Context& context);
Result<ExitCode> RunIntegrationTest(Context& context);
Result<ExitCode> RunIntegrationEdit(Context& context);
Result<ExitCode> RunIntegrationRemove(Context& context);
Result<ExitCode> RunIntegrationTypes(Context& context);

Result<ExitCode> RunScheduleSet(Context& context);
Result<ExitCode> RunScheduleList(Context& context);
Result<ExitCode> RunSchedulePause(Context& context);
Result<ExitCode> RunScheduleResume(Context& context);
Result<ExitCode> RunScheduleRemove(Context& context);

Result<ExitCode> RunJobList(Context& context);
Result<ExitCode> RunJobShow(Context& context);
Result<ExitCode> RunJobWatch(Context& context);
Result<ExitCode> RunJobCancel(Context& context);
Result<ExitCode> RunJobRetry(Context& context);

Result<ExitCode> RunDeadLetterList(Context& context);
Result<ExitCode> RunDeadLetterShow(Context& context);
Result<ExitCode> RunDeadLetterGroup(Context& context);
Result<ExitCode> RunDeadLetterReplay(Context& context);
Result<ExitCode> RunDeadLetterDiscard(Context& context);

Result<ExitCode> RunReplay(Context& context);
Result<ExitCode> RunTransform(Context& context);

Result<ExitCode> RunDataTables(Context& context);
Result<ExitCode> RunDataSchema(Context& context);
Result<ExitCode> RunDataLineage(Context& context);
Result<ExitCode> RunDataQuery(Context& context);

Result<ExitCode> RunVectorStatus(Context& context);
Result<ExitCode> RunVectorRebuild(Context& context);
Result<ExitCode> RunVectorDrift(Context& context);

Result<ExitCode> RunSimulate(Context& context);
Result<ExitCode> RunServe(Context& context);
Result<ExitCode> RunBackend(Context& context);
Result<ExitCode> RunEtl(Context& context);
Result<ExitCode> RunHealthcheck(Context& context);
Result<ExitCode> RunDoctor(Context& context);

Result<ExitCode> RunDbMigrate(Context& context);
Result<ExitCode> RunDbStatus(Context& context);
Result<ExitCode> RunDbCheck(Context& context);
Result<ExitCode> RunQueueStatus(Context& context);
Result<ExitCode> RunQueueTopologyDiff(Context& context);
Result<ExitCode> RunQueueTopologyApply(Context& context);
Result<ExitCode> RunConfigShow(Context& context);
Result<ExitCode> RunConfigCheck(Context& context);
Result<ExitCode> RunConfigGet(Context& context);
Result<ExitCode> RunConfigDocs(Context& context);
Result<ExitCode> RunSecretRotate(Context& context);
Result<ExitCode> RunCompletion(Context& context);
Result<ExitCode> RunVersion(Context& context);
Result<ExitCode> RunHelp(Context& context);

/// Never null for a command of the table.
Handler HandlerOf(const Command& command);

}  // namespace pulse::app
