#pragma once

/// \file
/// Every command of `pulse`, described once. handlers.cc maps each path to its function and does
/// not compile when one is missing; docs/reference/cli.md is generated (`pulse help --markdown`).

#include <string>
#include <vector>

#include "command.h"
#include "command_examples.h"

namespace pulse::app {

inline constexpr Option kGlobalOptions[] = {
    {.name = "tenant",
     .value = "NAME",
     .help = "Tenant to work as; PULSE_TENANT; not needed while there is only one.",
     .words = Words::kTenant},
    {.name = "json", .help = "Print one JSON value on stdout and nothing else there."},
    {.name = "quiet", .help = "No progress and no notes on stderr, only errors.", .letter = 'q'},
    {.name = "no-color", .help = "No colours; NO_COLOR does the same."},
    {.name = "config",
     .value = "FILE",
     .help = "Read settings from this file; PULSE_CONFIG.",
     .words = Words::kFile},
    {.name = "help", .help = "Show how to use the command.", .letter = 'h'},
};

inline constexpr Group kGroups[] = {
    {"tenant", "Tenants: whose data it is."},
    {"integration", "Integrations: one credential against one source."},
    {"schedule", "Schedules: when integrations are synced by themselves."},
    {"job", "Jobs: what was asked for, what became of it."},
    {"dead-letter", "Records and pages that could not be understood and were set aside."},
    {"data", "The tables."},
    {"vector", "The vectors behind search."},
    {"db", "The database."},
    {"queue", "The queues on RabbitMQ."},
    {"queue topology", "What is declared there against what should be."},
    {"config", "Settings and where each value comes from."},
    {"secret", "The key that seals stored credentials."},
};

inline constexpr Alias kAliases[] = {{"ls", "list"}, {"rm", "remove"}, {"rm", "delete"}};

namespace table {

inline constexpr Argument kTenantName[] = {
    {.name = "NAME", .help = "1 to 63 of a-z, 0-9 and -.", .words = Words::kTenant},
};
inline constexpr Argument kIntegrationName[] = {
    {.name = "INTEGRATION", .help = "Its name or id.", .words = Words::kIntegration},
};
inline constexpr Argument kJobId[] = {{.name = "JOB", .help = "Its number."}};
inline constexpr Option kYes[] = {
    {.name = "yes", .help = "Do it; without, only say what would happen.", .letter = 'y'},
};

inline constexpr Option kTopologyDiffOptions[] = {
    {.name = "management",
     .value = "URL",
     .help = "RabbitMQ's management API (default: port 15672 of the broker)."},
};
inline constexpr Option kTopologyApplyOptions[] = {
    {.name = "migrate",
     .help = "Also declare anew what is declared otherwise, moving its messages. Stop every pulse "
             "etl first."},
    {.name = "management",
     .value = "URL",
     .help = "RabbitMQ's management API (default: port 15672 of the broker)."},
};

inline constexpr Option kDemoOptions[] = {
    {.name = "serve", .help = "Stay up afterwards and answer /health and /metrics."},
    {.name = "issues", .value = "N", .help = "Issues of each tenant (default 1500)."},
    {.name = "prs", .value = "N", .help = "Pull requests of each tenant (default 400)."},
    {.name = "reset", .help = "Forget an earlier demo first."},
};

inline constexpr Option kTenantEditOptions[] = {
    {.name = "raw-retention-days",
     .value = "N|keep",
     .help = "Keep raw pages for N days, and longer only what a replay needs; keep: for good.",
     .required = true},
};

inline constexpr Argument kProvider[] = {
    {.name = "PROVIDER", .help = "Which kind of source.", .choices = "jira|github"},
};
inline constexpr Option kIntegrationAddOptions[] = {
    {.name = "name",
     .value = "NAME",
     .help = "How to call it: 1 to 63 of a-z, 0-9 and -.",
     .required = true},
    {.name = "url",
     .value = "URL",
     .help = "Base address, e.g. https://you.atlassian.net.",
     .required = true},
    {.name = "email", .value = "E", .help = "Account of a Jira Cloud API token."},
    {.name = "token-env", .value = "VAR", .help = "Read the token from this environment variable."},
    {.name = "token-stdin", .help = "Read the token from standard input."},
    {.name = "scope",
     .value = "KEY=VALUE",
     .help = "Narrow what is copied; `pulse integration types` lists the keys.",
     .repeat = Repeat::kGreedy},
    {.name = "no-check", .help = "Do not ask the source whether the credential works."},
};
inline constexpr Option kIntegrationEditOptions[] = {
    {.name = "rename", .value = "NAME", .help = "New name."},
    {.name = "url", .value = "URL", .help = "New base address."},
    {.name = "email", .value = "E", .help = "New account."},
    {.name = "token-env", .value = "VAR", .help = "Read the new token from this variable."},
    {.name = "token-stdin", .help = "Read the new token from standard input."},
    {.name = "scope",
     .value = "KEY=VALUE",
     .help = "Set one scope key; KEY= removes it.",
     .repeat = Repeat::kGreedy},
    {.name = "no-check", .help = "Do not ask the source whether the credential works."},
};

inline constexpr Option kTimeoutOption{
    .name = "timeout",
    .value = "TIME",
    .help = "Wait no longer than this, e.g. 10m (exit 7); nothing is lost."
};
inline constexpr Option kSyncOptions[] = {
    {.name = "full", .help = "Read everything in scope, whatever was read before."},
    {.name = "since",
     .value = "AGE|DATE",
     .help = "Read what changed since then: 30d, 12h, 2w or 2024-02-29."},
    {.name = "until",
     .value = "AGE|DATE",
     .help = "With --since: a backfill that ends there and runs beside other syncs."},
    {.name = "census",
     .help = "List every id too, and mark rows whose records are gone (--full does)."},
    {.name = "accept-vanished",
     .help = "With --census or --full: mark them even if they are more than 20 and a tenth of all."
    },
    {.name = "repair",
     .help = "Retry what failed and backfill the holes; exit 0 when nothing is missing."},
    {.name = "entity",
     .value = "TYPE,…",
     .help = "Only these entity types, e.g. jira_issues.",
     .repeat = Repeat::kEach,
     .words = Words::kEntityType},
    {.name = "query",
     .value = "TEXT",
     .help = "Only this: JQL, or at GitHub repositories (owner/name,…); moves no watermark."},
    kTimeoutOption,
};

inline constexpr Option kScheduleSetOptions[] = {
    {.name = "every", .value = "TIME", .help = "At every multiple of it: 15m, 6h, 1d, 1w; UTC."},
    {.name = "cron", .value = "FIELDS", .help = "Minute hour day month weekday, UTC, as in cron."},
    {.name = "full", .help = "Read everything in scope each time, not only what is new."},
    {.name = "census", .help = "List every id each time, to find what was deleted."},
    {.name = "no-catch-up",
     .help = "Let slots that were missed pass; without, one job makes up for all of them."},
};

inline constexpr Option kJobWatchOptions[] = {kTimeoutOption};
inline constexpr Option kJobListOptions[] = {
    {.name = "integration",
     .value = "NAME",
     .help = "Only this integration's.",
     .words = Words::kIntegration},
    {.name = "limit", .value = "N", .help = "At most N, newest first (default 20)."},
};
inline constexpr Option kJobRetryOptions[] = {
    {.name = "failed-only", .help = "Only the failed steps, in the same job; without, a new job."},
    kTimeoutOption,
};

inline constexpr Option kDeadLetterFilter[] = {
    {.name = "integration",
     .value = "NAME",
     .help = "Only this integration's.",
     .words = Words::kIntegration},
    {.name = "group", .value = "FINGERPRINT", .help = "Only those with this cause."},
    {.name = "state",
     .value = "STATE",
     .help = "Which ones (default open).",
     .choices = "open|replayed|discarded|any"},
    {.name = "limit", .value = "N", .help = "At most N (default 100)."},
};
inline constexpr Argument kDeadLetterId[] = {{.name = "ID", .help = "Its number."}};
inline constexpr Argument kDeadLetterIds[] = {
    {.name = "ID", .help = "Their numbers.", .required = false, .many = true},
};
inline constexpr Option kDeadLetterReplayOptions[] = {
    {.name = "group", .value = "FINGERPRINT", .help = "All open ones with this cause."},
    {.name = "integration",
     .value = "NAME",
     .help = "All open ones of this integration.",
     .words = Words::kIntegration},
    {.name = "all", .help = "All open ones of the tenant."},
    {.name = "dry-run", .help = "Only say what would be done."},
};
inline constexpr Option kDeadLetterDiscardOptions[] = {
    {.name = "group", .value = "FINGERPRINT", .help = "All open ones with this cause."},
    {.name = "integration",
     .value = "NAME",
     .help = "All open ones of this integration.",
     .words = Words::kIntegration},
    {.name = "all", .help = "All open ones of the tenant."},
    {.name = "reason", .value = "TEXT", .help = "Why; kept with them.", .required = true},
    {.name = "yes", .help = "Do it; without, only say what would happen.", .letter = 'y'},
};

inline constexpr Option kReplayOptions[] = {
    {.name = "integration",
     .value = "NAME",
     .help = "Only this integration's pages (default: all integrations of the tenant).",
     .words = Words::kIntegration},
    {.name = "entity",
     .value = "TYPE,…",
     .help = "Only pages of these entity types.",
     .repeat = Repeat::kEach,
     .words = Words::kEntityType},
    {.name = "dry-run", .help = "Change nothing; show which rows would change, and how."},
};

inline constexpr Argument kEntityType[] = {
    {.name = "ENTITY_TYPE", .help = "e.g. jira_issues.", .words = Words::kEntityType},
};

inline constexpr Argument kTableName[] = {
    {.name = "TABLE", .help = "e.g. work_items.", .words = Words::kTable},
};
inline constexpr Argument kLineage[] = {
    {.name = "TABLE", .help = "e.g. work_items.", .words = Words::kTable},
    {.name = "KEY", .help = "Its id at the source, its key (PAY-42) or, of a PR, owner/name#7."},
};
inline constexpr Option kLineageOptions[] = {
    {.name = "page", .help = "Print the stored pages themselves, as they were received."},
};
inline constexpr Argument kSql[] = {
    {.name = "SQL", .help = "One SELECT; - reads it from standard input."},
};
inline constexpr Option kDataQueryOptions[] = {
    {.name = "output",
     .value = "FORMAT",
     .help = "How to print the rows (default table).",
     .letter = 'o',
     .choices = "table|json|ndjson|csv"},
    {.name = "limit", .value = "N", .help = "At most N rows (default 1000000); more is exit 8."},
};

inline constexpr Argument kSearchText[] = {
    {.name = "TEXT", .help = "What it is about.", .many = true},
};
inline constexpr Option kSearchOptions[] = {
    {.name = "kind",
     .value = "KIND",
     .help = "Only these: issue, pr or an entity type.",
     .words = Words::kEntityType},
    {.name = "top", .value = "N", .help = "At most N hits, 1 to 1000 (default 10)."},
};

inline constexpr Option kVectorRebuildOptions[] = {
    {.name = "reset",
     .help = "First delete the local vectors of all tenants: after the embedding model changed, "
             "and while no other pulse runs. Needs --yes."},
    {.name = "yes",
     .help = "With --reset: do it; without, only say what would happen.",
     .letter = 'y'},
};
inline constexpr Option kVectorDriftOptions[] = {
    {.name = "fix", .help = "Embed what is missing or stale, erase what has no row."},
};
inline constexpr Option kSimulateOptions[] = {
    {.name = "listen",
     .value = "HOST:PORT",
     .help = "Serve http here; port 0 takes a free one.",
     .required = true},
    {.name = "tls-listen", .value = "HOST:PORT", .help = "Serve https here too."},
    {.name = "tls-certificate-out",
     .value = "FILE",
     .help = "Write the self-signed certificate (PEM) here.",
     .words = Words::kFile},
    {.name = "seed", .value = "N", .help = "Which world (default 1)."},
    {.name = "issues", .value = "N", .help = "Issues (default 1000)."},
    {.name = "prs", .value = "N", .help = "Pull requests (default 300)."},
    {.name = "jira-issues",
     .value = "FILE",
     .help = "Serve these issues instead; JSON lines.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "jira-fields",
     .value = "FILE",
     .help = "Field catalogue for them; JSON lines.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "github-prs",
     .value = "FILE",
     .help = "Serve these pull requests instead.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "github-reviews",
     .value = "FILE",
     .help = "Their reviews.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "github-pr-commits",
     .value = "FILE",
     .help = "Their commits.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "github-issue-comments",
     .value = "FILE",
     .help = "Their conversation comments.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "github-review-comments",
     .value = "FILE",
     .help = "Their review comments.",
     .repeat = Repeat::kGreedy,
     .words = Words::kFile},
    {.name = "latency", .value = "TIME", .help = "Wait before every answer, e.g. 100ms."},
    {.name = "rate-limit", .value = "N/s", .help = "Answer 429 above this rate, e.g. 10/s."},
    {.name = "fault",
     .value = "NAME:PERCENT",
     .help = "Misbehave in this many percent of answers or records, e.g. 429:2.",
     .repeat = Repeat::kGreedy},
    {.name = "threads", .value = "N", .help = "Threads that answer (default 1)."},
};

inline constexpr Argument kProbe[] = {
    {.name = "PROBE",
     .help = "Which question (default ready).",
     .required = false,
     .choices = "live|ready"},
};
inline constexpr Option kHealthcheckOptions[] = {
    {.name = "url", .value = "URL", .help = "Ask this address instead of the configured ETL one."},
};
inline constexpr Argument kMigrateWhat[] = {
    {.name = "WHAT",
     .help = "up (default), status, plan (only print the statements) or down.",
     .required = false,
     .choices = "up|status|plan|down"},
};
inline constexpr Option kMigrateOptions[] = {
    {.name = "to", .value = "VERSION", .help = "With down: where to (default one version back)."},
    {.name = "yes", .help = "With down: do it; data of later versions is lost.", .letter = 'y'},
};
inline constexpr Option kDoctorOptions[] = {
    {.name = "security",
     .help = "Also key files, roles and rights, row-level security, TLS, ports and durability."},
};
inline constexpr Option kConfigShowOptions[] = {
    {.name = "origin", .help = "Where each value comes from, and what it hides."},
};
inline constexpr Argument kSettingName[] = {{.name = "KEY", .help = "The setting's name."}};
inline constexpr Argument kShell[] = {
    {.name = "SHELL", .help = "Which shell.", .choices = "bash|zsh|fish"},
};
inline constexpr Argument kTopic[] = {
    {.name = "TOPIC",
     .help = "A command, a group of them, exit-codes, environment, formatting or config.",
     .required = false,
     .many = true},
};
inline constexpr Option kHelpOptions[] = {
    {.name = "markdown", .help = "Print the whole reference as Markdown."},
};

}  // namespace table

inline constexpr Command kCommands[] = {
    {.path = "demo",
     .summary = "Two sample tenants, synced end to end from built-in simulators.",
     .options = table::kDemoOptions,
     .details =
         "Needs no credentials and no server. Faults are planted on purpose; the receipts show "
         "what "
         "became of them. State is kept in PULSE_HOME/demo, so a second run changes nothing.",
     .examples = table::kDemoExamples},
    {.path = "sync",
     .summary = "Copy what is new at one integration, wait, and print the receipt.",
     .arguments = table::kIntegrationName,
     .options = table::kSyncOptions,
     .details =
         "Works with no server running: the pipeline then runs inside the command. Interrupted by "
         "Ctrl-C or worse, the same command goes on where it was. An equal sync under way is "
         "followed; a different one for the same integration is a conflict (exit 5).",
     .examples = table::kSyncExamples},
    {.path = "search",
     .summary = "Find issues and pull requests about something.",
     .arguments = table::kSearchText,
     .options = table::kSearchOptions,
     .examples = table::kSearchExamples},

    {.path = "tenant list", .summary = "All tenants.", .examples = table::kTenantListExamples},
    {.path = "tenant create",
     .summary = "Make a tenant.",
     .arguments = table::kTenantName,
     .examples = table::kTenantCreateExamples},
    {.path = "tenant show",
     .summary = "One tenant with its integrations.",
     .arguments = table::kTenantName,
     .examples = table::kTenantShowExamples},
    {.path = "tenant edit",
     .summary = "Change how long raw pages are kept.",
     .arguments = table::kTenantName,
     .options = table::kTenantEditOptions,
     .examples = table::kTenantEditExamples},
    {.path = "tenant delete",
     .summary = "Remove a tenant with its integrations and everything copied from them.",
     .arguments = table::kTenantName,
     .options = table::kYes,
     .examples = table::kTenantDeleteExamples},
    {.path = "integration list",
     .summary = "The tenant's integrations.",
     .examples = table::kIntegrationListExamples},
    {.path = "integration add",
     .summary = "Connect a source.",
     .arguments = table::kProvider,
     .options = table::kIntegrationAddOptions,
     .details =
         "The token is read from an environment variable or from standard input, never from an "
         "argument, and stored sealed. The source is asked whose it is and what it reaches.",
     .examples = table::kIntegrationAddExamples},
    {.path = "integration show",
     .summary = "One integration, and up to when it is copied.",
     .arguments = table::kIntegrationName,
     .examples = table::kIntegrationShowExamples},
    {.path = "integration test",
     .summary = "Ask the source whether the credential works.",
     .arguments = table::kIntegrationName,
     .examples = table::kIntegrationTestExamples},
    {.path = "integration edit",
     .summary = "Change address, account, token or scope.",
     .arguments = table::kIntegrationName,
     .options = table::kIntegrationEditOptions,
     .examples = table::kIntegrationEditExamples},
    {.path = "integration remove",
     .summary = "Remove it with its credential, raw pages, jobs, rows and vectors.",
     .arguments = table::kIntegrationName,
     .options = table::kYes,
     .examples = table::kIntegrationRemoveExamples},
    {.path = "integration types",
     .summary = "Providers with their scope keys and entity types.",
     .examples = table::kIntegrationTypesExamples},
    {.path = "schedule set",
     .summary = "Sync an integration by itself; replaces its schedule.",
     .arguments = table::kIntegrationName,
     .options = table::kScheduleSetOptions,
     .details = "A running `pulse serve` or `pulse etl` makes the jobs. A slot that comes while a "
                "different job is under way waits for its end and then runs once.",
     .examples = table::kScheduleSetExamples},
    {.path = "schedule list",
     .summary = "The tenant's schedules, and when each is due next.",
     .examples = table::kScheduleListExamples},
    {.path = "schedule pause",
     .summary = "Make no more jobs until it is resumed.",
     .arguments = table::kIntegrationName,
     .examples = table::kSchedulePauseExamples},
    {.path = "schedule resume",
     .summary = "Go on; slots that passed meanwhile count as missed.",
     .arguments = table::kIntegrationName,
     .examples = table::kScheduleResumeExamples},
    {.path = "schedule remove",
     .summary = "Forget an integration's schedule.",
     .arguments = table::kIntegrationName,
     .examples = table::kScheduleRemoveExamples},
    {.path = "job list",
     .summary = "The tenant's jobs.",
     .options = table::kJobListOptions,
     .examples = table::kJobListExamples},
    {.path = "job show",
     .summary = "One job: state, steps and receipt.",
     .arguments = table::kJobId,
     .examples = table::kJobShowExamples},
    {.path = "job watch",
     .summary = "Follow a job until it ends and print the receipt.",
     .arguments = table::kJobId,
     .options = table::kJobWatchOptions,
     .examples = table::kJobWatchExamples},
    {.path = "job cancel",
     .summary = "Stop a job; what is loaded stays.",
     .arguments = table::kJobId,
     .examples = table::kJobCancelExamples},
    {.path = "job retry",
     .summary = "Do it again and wait.",
     .arguments = table::kJobId,
     .options = table::kJobRetryOptions,
     .examples = table::kJobRetryExamples},
    {.path = "dead-letter list",
     .summary = "What was set aside.",
     .options = table::kDeadLetterFilter,
     .examples = table::kDeadLetterListExamples},
    {.path = "dead-letter show",
     .summary = "One of them, with the reason and a sample.",
     .arguments = table::kDeadLetterId,
     .examples = table::kDeadLetterShowExamples},
    {.path = "dead-letter group",
     .summary = "Open ones by cause.",
     .examples = table::kDeadLetterGroupExamples},
    {.path = "dead-letter replay",
     .summary = "Transform their pages again and wait.",
     .arguments = table::kDeadLetterIds,
     .options = table::kDeadLetterReplayOptions,
     .examples = table::kDeadLetterReplayExamples},
    {.path = "dead-letter discard",
     .summary = "Close them for good.",
     .arguments = table::kDeadLetterIds,
     .options = table::kDeadLetterDiscardOptions,
     .examples = table::kDeadLetterDiscardExamples},
    {.path = "replay",
     .summary = "Transform and load again from the stored pages; the source is not asked.",
     .options = table::kReplayOptions,
     .examples = table::kReplayExamples},
    {.path = "transform",
     .summary =
         "Turn payloads (one JSON object a line) into rows, with no database and no network.",
     .arguments = table::kEntityType,
     .details =
         "Prints {\"table\":…,\"row\":{…}} a line, with --json one array of them. What cannot be "
         "understood is reported on stderr with its line number, and the exit code is 8.",
     .examples = table::kTransformExamples},

    {.path = "data tables",
     .summary = "The tables, with how many rows the tenant has in each.",
     .examples = table::kDataTablesExamples},
    {.path = "data schema",
     .summary = "The columns of a table and what they mean.",
     .arguments = table::kTableName,
     .examples = table::kDataSchemaExamples},
    {.path = "data lineage",
     .summary = "Which stored page a row came from, and the request that fetched it.",
     .arguments = table::kLineage,
     .options = table::kLineageOptions,
     .examples = table::kDataLineageExamples},
    {.path = "data query",
     .summary = "Run one SELECT over the tenant's rows.",
     .arguments = table::kSql,
     .options = table::kDataQueryOptions,
     .details = "Read-only. No other tenant's row can be seen, whatever the text says.",
     .examples = table::kDataQueryExamples},

    {.path = "vector status",
     .summary = "Model, dimensions and how many points the tenant has.",
     .examples = table::kVectorStatusExamples},
    {.path = "vector rebuild",
     .summary = "Make the tenant's vectors again from its rows.",
     .options = table::kVectorRebuildOptions,
     .details =
         "Searches go on meanwhile. In the end vectors without a row are erased. After --reset the "
         "other tenants need `pulse vector drift --fix`.",
     .examples = table::kVectorRebuildExamples},
    {.path = "vector drift",
     .summary = "Compare the tenant's rows with its vectors, both ways.",
     .options = table::kVectorDriftOptions,
     .details = "Counts rows without a vector, vectors of an older text and vectors without a row. "
                "Exit code 8 when there are any and --fix is not given.",
     .examples = table::kVectorDriftExamples},

    {.path = "simulate",
     .summary = "Serve a made-up Jira and GitHub over HTTP.",
     .options = table::kSimulateOptions,
     .details =
         "The same seed is the same world. /_simulate/health answers 200 when it is ready, "
         "/_simulate/stats counts the calls of each endpoint. docs/reference/simulator.md lists "
         "the faults.",
     .examples = table::kSimulateExamples},
    {.path = "serve",
     .summary = "Run everything in one process until stopped.",
     .details = "Both services answer /health, /livez, /readyz and /metrics; metrics go to "
                "loopback, or to "
                "whoever has the metrics token.",
     .examples = table::kServeExamples},
    {.path = "backend",
     .summary = "Run the backend service alone.",
     .examples = table::kBackendExamples},
    {.path = "etl", .summary = "Run the pipeline alone.", .examples = table::kEtlExamples},
    {.path = "healthcheck",
     .summary = "Ask a running service how it is; for containers.",
     .arguments = table::kProbe,
     .options = table::kHealthcheckOptions,
     .examples = table::kHealthcheckExamples},
    {.path = "doctor",
     .summary = "Check what this machine needs, and say how to fix what fails.",
     .options = table::kDoctorOptions,
     .examples = table::kDoctorExamples},
    {.path = "db migrate",
     .summary = "Bring the database to this version's schema.",
     .arguments = table::kMigrateWhat,
     .options = table::kMigrateOptions,
     .details =
         "Safe while services run: a version expands the schema a release before anything is "
         "taken away. Interrupted, the same command goes on where it stopped.",
     .examples = table::kDbMigrateExamples},
    {.path = "db status",
     .summary = "Where the database is and what is in it.",
     .examples = table::kDbStatusExamples},
    {.path = "db check",
     .summary = "Look for damage and for counts that do not add up.",
     .examples = table::kDbCheckExamples},
    {.path = "queue status",
     .summary = "Messages and consumers of each queue.",
     .examples = table::kQueueStatusExamples},
    {.path = "queue topology diff",
     .summary = "Find queues and policies that are missing or not as they should be.",
     .options = table::kTopologyDiffOptions,
     .details = "Exit code 1 when there are any.",
     .examples = table::kQueueTopologyDiffExamples},
    {.path = "queue topology apply",
     .summary = "Declare what is missing, set policies, finish interrupted migrations.",
     .options = table::kTopologyApplyOptions,
     .details = "Without RabbitMQ's management plugin policies are left out, with a warning. Exit "
                "code 1 when a queue still is not as it should be.",
     .examples = table::kTopologyApplyExamples},
    {.path = "config show",
     .summary = "Every setting and its value.",
     .options = table::kConfigShowOptions,
     .examples = table::kConfigShowExamples},
    {.path = "config check",
     .summary = "Report every setting that is wrong.",
     .examples = table::kConfigCheckExamples},
    {.path = "config get",
     .summary = "One setting's value.",
     .arguments = table::kSettingName,
     .examples = table::kConfigGetExamples},
    {.path = "config docs",
     .summary = "The settings reference as Markdown; with --json as data.",
     .examples = table::kConfigDocsExamples},
    {.path = "secret rotate",
     .summary = "Make a new key and seal every credential with it.",
     .details =
         "A credential that cannot be opened is named and stays as it is (exit 8); the others "
         "do not wait for it. `pulse integration edit` takes its token again.",
     .examples = table::kSecretRotateExamples},
    {.path = "completion",
     .summary = "A completion script for a shell.",
     .arguments = table::kShell,
     .examples = table::kCompletionExamples},
    {.path = "version",
     .summary = "Version and what is built in.",
     .examples = table::kVersionExamples},
    {.path = "help",
     .summary = "Help on a command or a topic.",
     .arguments = table::kTopic,
     .options = table::kHelpOptions,
     .examples = table::kHelpExamples},
};

/// Null when no command has that path.
constexpr const Command* FindCommand(std::string_view path) {
  for (const Command& command : kCommands) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

constexpr const Group* FindGroup(std::string_view name) {
  for (const Group& group : kGroups) {
    if (group.name == name) return &group;
  }
  return nullptr;
}

/// The words that may follow `path` ("" or "tenant"): commands and groups.
std::vector<std::string> WordsAfter(std::string_view path);

}  // namespace pulse::app
