#pragma once

/// \file
/// The examples of command_table.h: what --help and the reference show first.

#include <string_view>

namespace pulse::app::table {

inline constexpr std::string_view kTopologyApplyExamples[] = {
    "pulse queue topology apply", "pulse queue topology apply --migrate"
};
inline constexpr std::string_view kDemoExamples[] = {"pulse demo", "pulse demo --json"};
inline constexpr std::string_view kTenantCreateExamples[] = {"pulse tenant create acme --json"};
inline constexpr std::string_view kIntegrationAddExamples[] = {
    "pulse integration add jira --tenant acme --name jira-main --url https://you.atlassian.net "
    "--email you@example.com --token-env JIRA_TOKEN",
    "gh auth token | pulse integration add github --tenant acme --name github-main "
    "--url https://api.github.com --token-stdin --scope owner=acme",
};
inline constexpr std::string_view kSyncExamples[] = {
    "pulse sync jira-main --tenant acme",
    "pulse sync jira-main --tenant acme --since 7d --json",
    "pulse sync github-main --tenant acme --full --entity github_prs",
    "pulse sync jira-main --tenant acme --since 2024-01-01 --until 2024-07-01",
    "pulse sync jira-main --tenant acme --repair",
};
inline constexpr std::string_view kScheduleSetExamples[] = {
    "pulse schedule set jira-main --tenant acme --every 15m",
    "pulse schedule set jira-main --tenant acme --cron \"30 3 * * SUN\" --census",
};
inline constexpr std::string_view kTransformExamples[] = {
    "pulse transform jira_issues < payloads.jsonl > rows.jsonl",
};
inline constexpr std::string_view kDataQueryExamples[] = {
    "pulse data query \"SELECT status, count(*) FROM work_items GROUP BY 1\" --tenant acme",
    "pulse data query \"SELECT * FROM prs\" --tenant acme -o csv > prs.csv",
};
inline constexpr std::string_view kSearchExamples[] = {
    "pulse search \"payments time out after deploy\" --tenant acme",
};
inline constexpr std::string_view kVectorDriftExamples[] = {"pulse vector drift --fix --json"};
inline constexpr std::string_view kSimulateExamples[] = {
    "pulse simulate --listen 127.0.0.1:4010 --issues 10000 --prs 2000 --fault 429:2 reset:1",
};
inline constexpr std::string_view kCompletionExamples[] = {
    "pulse completion bash > ~/.local/share/bash-completion/completions/pulse",
    "pulse completion zsh > \"${fpath[1]}/_pulse\"",
    "pulse completion fish > ~/.config/fish/completions/pulse.fish",
};
inline constexpr std::string_view kTenantListExamples[] = {
    "pulse tenant list", "pulse tenant list --json"
};
inline constexpr std::string_view kTenantShowExamples[] = {"pulse tenant show acme"};
inline constexpr std::string_view kTenantEditExamples[] = {
    "pulse tenant edit acme --raw-retention-days 90"
};
inline constexpr std::string_view kTenantDeleteExamples[] = {
    "pulse tenant delete acme", "pulse tenant delete acme --yes"
};
inline constexpr std::string_view kIntegrationListExamples[] = {
    "pulse integration list --tenant acme"
};
inline constexpr std::string_view kIntegrationShowExamples[] = {
    "pulse integration show jira-main --tenant acme"
};
inline constexpr std::string_view kIntegrationTestExamples[] = {
    "pulse integration test jira-main --tenant acme"
};
inline constexpr std::string_view kIntegrationEditExamples[] = {
    "pulse integration edit jira-main --tenant acme --token-env JIRA_TOKEN",
    "pulse integration edit jira-main --tenant acme --scope project=PAY,OPS"
};
inline constexpr std::string_view kIntegrationRemoveExamples[] = {
    "pulse integration remove jira-main --tenant acme --yes"
};
inline constexpr std::string_view kIntegrationTypesExamples[] = {"pulse integration types"};
inline constexpr std::string_view kScheduleListExamples[] = {"pulse schedule list --tenant acme"};
inline constexpr std::string_view kSchedulePauseExamples[] = {
    "pulse schedule pause jira-main --tenant acme"
};
inline constexpr std::string_view kScheduleResumeExamples[] = {
    "pulse schedule resume jira-main --tenant acme"
};
inline constexpr std::string_view kScheduleRemoveExamples[] = {
    "pulse schedule remove jira-main --tenant acme"
};
inline constexpr std::string_view kJobListExamples[] = {
    "pulse job list --tenant acme --integration jira-main --limit 5"
};
inline constexpr std::string_view kJobShowExamples[] = {"pulse job show 7 --tenant acme"};
inline constexpr std::string_view kJobWatchExamples[] = {
    "pulse job watch 7 --tenant acme", "pulse job watch 7 --tenant acme --timeout 10m"
};
inline constexpr std::string_view kJobCancelExamples[] = {"pulse job cancel 7 --tenant acme"};
inline constexpr std::string_view kJobRetryExamples[] = {
    "pulse job retry 7 --tenant acme --failed-only"
};
inline constexpr std::string_view kDeadLetterListExamples[] = {
    "pulse dead-letter list --tenant acme",
    "pulse dead-letter list --tenant acme --state any --limit 20"
};
inline constexpr std::string_view kDeadLetterShowExamples[] = {
    "pulse dead-letter show 12 --tenant acme"
};
inline constexpr std::string_view kDeadLetterGroupExamples[] = {
    "pulse dead-letter group --tenant acme"
};
inline constexpr std::string_view kDeadLetterReplayExamples[] = {
    "pulse dead-letter replay 12 13 --tenant acme --dry-run",
    "pulse dead-letter replay --group jira_issues:jira_issue.not_json --tenant acme"
};
inline constexpr std::string_view kDeadLetterDiscardExamples[] = {
    "pulse dead-letter discard 12 --tenant acme --reason \"test data\" --yes",
    "pulse dead-letter discard --group jira_issues:jira_issue.not_json --tenant acme --reason "
    "\"broken at the source\" --yes"
};
inline constexpr std::string_view kReplayExamples[] = {
    "pulse replay --tenant acme --dry-run",
    "pulse replay --tenant acme --integration jira-main --entity jira_issues"
};
inline constexpr std::string_view kDataTablesExamples[] = {"pulse data tables --tenant acme"};
inline constexpr std::string_view kDataSchemaExamples[] = {"pulse data schema work_items"};
inline constexpr std::string_view kDataLineageExamples[] = {
    "pulse data lineage work_items PAY-42 --tenant acme",
    "pulse data lineage prs acme/api#7 --tenant acme --page"
};
inline constexpr std::string_view kVectorStatusExamples[] = {"pulse vector status --tenant acme"};
inline constexpr std::string_view kVectorRebuildExamples[] = {"pulse vector rebuild --tenant acme"};
inline constexpr std::string_view kServeExamples[] = {"pulse serve"};
inline constexpr std::string_view kBackendExamples[] = {
    "pulse backend --backend-listen 127.0.0.1:3001"
};
inline constexpr std::string_view kEtlExamples[] = {
    "pulse etl", "pulse etl --stages transform,load --concurrency 8"
};
inline constexpr std::string_view kHealthcheckExamples[] = {
    "pulse healthcheck", "pulse healthcheck live --url http://127.0.0.1:3001"
};
inline constexpr std::string_view kDoctorExamples[] = {
    "pulse doctor", "pulse doctor --security --json"
};
inline constexpr std::string_view kDbMigrateExamples[] = {
    "pulse db migrate", "pulse db migrate plan", "pulse db migrate down --to 2 --yes"
};
inline constexpr std::string_view kDbStatusExamples[] = {"pulse db status"};
inline constexpr std::string_view kDbCheckExamples[] = {"pulse db check"};
inline constexpr std::string_view kQueueStatusExamples[] = {"pulse queue status --json"};
inline constexpr std::string_view kQueueTopologyDiffExamples[] = {"pulse queue topology diff"};
inline constexpr std::string_view kConfigShowExamples[] = {"pulse config show --origin"};
inline constexpr std::string_view kConfigCheckExamples[] = {
    "pulse config check", "pulse config check --config /etc/pulse/pulse.toml"
};
inline constexpr std::string_view kConfigGetExamples[] = {"pulse config get database_url"};
inline constexpr std::string_view kConfigDocsExamples[] = {"pulse config docs > settings.md"};
inline constexpr std::string_view kSecretRotateExamples[] = {"pulse secret rotate"};
inline constexpr std::string_view kVersionExamples[] = {"pulse version --json"};
inline constexpr std::string_view kHelpExamples[] = {
    "pulse help sync", "pulse help exit-codes", "pulse help --json"
};

}  // namespace pulse::app::table
