#pragma once

/// \file
/// Every domain table, described once. `pulse data schema` prints this; docs/reference/data.md is
/// generated from it. All of them hold rows of many tenants; see table.h for the columns the store
/// adds. Keys are the source's ids, never names.

#include <type_traits>

#include "pulse/model/table.h"

namespace pulse::model {

namespace columns {
using enum ColumnType;
using enum Presence;

inline constexpr Column kWorkItems[] = {
    {"external_id", kText, "Issue id at the source; survives moves and renames."},
    {"key", kText, "Issue key as people write it, e.g. PAY-42. Changes when the issue moves."},
    {"title", kText, "Summary, untrimmed.", kTracked},
    {"status", kText, "Status name as the source shows it."},
    {"status_id", kText, "Status id; join with statuses by it, names are not unique."},
    {"status_category", kText, "new | indeterminate | done, or what else the source says."},
    {"type", kText, "Issue type name."},
    {"type_id", kText, "Issue type id."},
    {"is_subtask", kBoolean, "Whether the type is a subtask type."},
    {"project_external_id", kText, "Project id."},
    {"project_key", kText, "Project key."},
    {"description", kText, "Description as plain text.", kTracked},
    {"description_format", kText, "adf | wiki | null | absent: what the source sent."},
    {"environment", kText, "Environment as plain text.", kTracked},
    {"priority", kText, "Priority name.", kTracked},
    {"priority_id", kText, "Priority id."},
    {"resolution", kText, "Resolution name.", kTracked},
    {"resolution_id", kText, "Resolution id."},
    {"assignee_external_id", kText, "people.external_id of the assignee.", kTracked},
    {"assignee_name", kText, "Display name at the time of the fetch."},
    {"reporter_external_id", kText, "people.external_id of the reporter.", kTracked},
    {"reporter_name", kText, "Display name at the time of the fetch."},
    {"creator_external_id", kText, "people.external_id of the creator.", kTracked},
    {"creator_name", kText, "Display name at the time of the fetch."},
    {"parent_external_id",
     kText,
     "Issue id of the parent (story of a subtask, epic of a story).",
     kTracked},
    {"parent_key", kText, "Its key."},
    {"epic_key", kText, "Key of the epic, by whichever route the source tells it."},
    {"epic_source", kText, "fields.epic | parent | the custom field's id: the route."},
    {"story_points", kReal, "Estimate, from the field whose schema says story points.", kTracked},
    {"story_points_field", kText, "Id of that field."},
    {"story_points_raw", kJson, "Its value as it came, when it is not a number."},
    {"due_date", kDate, "A day, as written.", kTracked},
    {"labels", kJson, "Array of texts.", kTracked},
    {"components", kJson, "Array of names.", kTracked},
    {"fix_versions", kJson, "Array of names.", kTracked},
    {"affects_versions", kJson, "Array of names.", kTracked},
    {"subtask_keys", kJson, "Array of keys.", kTracked},
    {"is_flagged", kBoolean, "Whether the issue carries the impediment flag.", kTracked},
    {"comment_count",
     kInteger,
     "Comments the source counts (may exceed those it hands out).",
     kTracked},
    {"worklog_count", kInteger, "Worklogs the source counts.", kTracked},
    {"change_count", kInteger, "History entries the source counts; null where it gives no total."},
    {"original_estimate_seconds", kInteger, "Original estimate.", kTracked},
    {"remaining_estimate_seconds", kInteger, "Remaining estimate.", kTracked},
    {"time_spent_seconds", kInteger, "Time spent.", kTracked},
    {"lead_time_minutes", kInteger, "Whole minutes from created to resolved; null while unresolved."
    },
    {"source_created_at", kInstant, "Created at the source."},
    {"source_updated_at", kInstant, "Last updated at the source."},
    {"resolved_at", kInstant, "Resolution date.", kTracked},
    {"custom_fields", kJson, "Object: custom field id to value as it came; nulls left out."},
    {"url", kText, "Where a person opens it."},
};

inline constexpr Column kWorkItemChanges[] = {
    {"work_item_external_id", kText, "Issue id."},
    {"history_id", kText, "Id of the history entry."},
    {"item_position",
     kInteger,
     "Position of the item in its entry, from 0: one entry may change a field twice."},
    {"source_created_at", kInstant, "When the change happened."},
    {"author_external_id", kText, "people.external_id; null when the source names nobody."},
    {"author_name", kText, "Display name."},
    {"field", kText, "Field name as the source writes it."},
    {"field_id", kText, "Field id; some entries have none."},
    {"field_type", kText, "jira | custom."},
    {"from_value", kText, "Old value (id form)."},
    {"from_string", kText, "Old value (display form)."},
    {"to_value", kText, "New value (id form)."},
    {"to_string", kText, "New value (display form)."},
};

inline constexpr Column kWorkItemLinks[] = {
    {"work_item_external_id", kText, "Issue id."},
    {"link_id", kText, "Link id."},
    {"direction", kText, "inward | outward, seen from this issue."},
    {"type", kText, "Link type name, e.g. Blocks."},
    {"type_id", kText, "Link type id."},
    {"description", kText, "The direction's wording, e.g. is blocked by."},
    {"linked_external_id", kText, "Id of the other issue; it need not be loaded."},
    {"linked_key", kText, "Key of the other issue."},
};

inline constexpr Column kComments[] = {
    {"external_id", kText, "Comment id."},
    {"work_item_external_id", kText, "Issue id."},
    {"author_external_id", kText, "people.external_id."},
    {"author_name", kText, "Display name."},
    {"body", kText, "Plain text."},
    {"body_format", kText, "adf | wiki."},
    {"is_restricted", kBoolean, "Whether the comment is visible to some role or group only."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
};

inline constexpr Column kWorklogs[] = {
    {"external_id", kText, "Worklog id."},
    {"work_item_external_id", kText, "Issue id."},
    {"author_external_id", kText, "people.external_id."},
    {"author_name", kText, "Display name."},
    {"started_at", kInstant, "When the work began."},
    {"seconds", kInteger, "Time spent."},
    {"comment", kText, "Plain text."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
};

inline constexpr Column kSprints[] = {
    {"external_id", kText, "Sprint id."},
    {"name", kText, "Name."},
    {"state", kText, "active | closed | future, lower case."},
    {"goal", kText, "Goal."},
    {"board_external_id", kText, "Board the sprint was made on."},
    {"started_at", kInstant, "Start date."},
    {"ends_at", kInstant, "Planned end."},
    {"completed_at", kInstant, "When it was closed."},
    {"source_created_at", kInstant, "Created, where the source says."},
};

inline constexpr Column kWorkItemSprints[] = {
    {"work_item_external_id", kText, "Issue id."},
    {"sprint_external_id", kText, "Sprint id."},
    {"is_active", kBoolean, "Whether this is the issue's active sprint."},
};

inline constexpr Column kProjects[] = {
    {"external_id", kText, "Project id."},
    {"key", kText, "Project key."},
    {"name", kText, "Name."},
    {"type", kText, "software | service_desk | business | product_discovery | …"},
    {"style", kText, "classic | next-gen."},
    {"is_archived", kBoolean, "Whether it is archived."},
    {"is_private", kBoolean, "Whether it is private."},
    {"lead_external_id", kText, "people.external_id of the lead."},
    {"category", kText, "Category name."},
    {"description", kText, "Description.", kTracked},
    {"url", kText, "Where a person opens it."},
};

inline constexpr Column kStatuses[] = {
    {"external_id", kText, "Status id."},
    {"name", kText, "Name as shown."},
    {"untranslated_name", kText, "Name before localisation."},
    {"category", kText, "new | indeterminate | done | undefined."},
    {"project_external_id", kText, "Project the status belongs to; null when shared."},
};

inline constexpr Column kIssueTypes[] = {
    {"external_id", kText, "Issue type id."},
    {"name", kText, "Name as shown."},
    {"untranslated_name", kText, "Name before localisation."},
    {"is_subtask", kBoolean, "Whether it is a subtask type."},
    {"hierarchy_level", kInteger, "-1 subtask, 0 base, 1 epic."},
    {"project_external_id", kText, "Project the type belongs to; null when shared."},
};

inline constexpr Column kFields[] = {
    {"external_id", kText, "Field id, e.g. customfield_10016."},
    {"name", kText, "Name as shown; not unique, never a key."},
    {"is_custom", kBoolean, "Whether it is a custom field."},
    {"type", kText, "Schema type."},
    {"items", kText, "Schema type of the elements of an array."},
    {"system", kText, "System field name."},
    {"custom_type", kText, "Full custom type, e.g. com.pyxis.greenhopper.jira:gh-sprint."},
    {"role", kText, "story_points | sprint | epic_link | flagged, where the type says so."},
};

inline constexpr Column kPeople[] = {
    {"external_id", kText, "Account id, else user key, name or e-mail (the first the source has)."},
    {"display_name", kText, "Name as shown."},
    {"login", kText, "Login or user name."},
    {"email", kText, "E-mail address, where the source shows it."},
    {"kind", kText, "user | bot | app | organization | mannequin | …"},
    {"is_active", kBoolean, "Whether the account is active."},
    {"time_zone", kText, "Time zone of the profile."},
};

inline constexpr Column kRepositories[] = {
    {"external_id", kText, "Repository database id; survives renames and transfers."},
    {"name", kText, "Name without owner."},
    {"full_name", kText, "owner/name."},
    {"description", kText, "Description.", kTracked},
    {"default_branch", kText, "Default branch."},
    {"visibility", kText, "public | private | internal."},
    {"is_archived", kBoolean, "Whether it is archived."},
    {"is_fork", kBoolean, "Whether it is a fork."},
    {"primary_language", kText, "Main language."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
    {"pushed_at", kInstant, "Last push."},
    {"url", kText, "Where a person opens it."},
};

inline constexpr Column kPrs[] = {
    {"external_id", kText, "Pull request database id."},
    {"repository_external_id", kText, "Repository database id."},
    {"number", kInteger, "Number within the repository."},
    {"repository_name", kText, "owner/name."},
    {"title", kText, "Title."},
    {"status", kText, "open | merged | closed; merged when merged or merged_at says so."},
    {"state", kText, "open | closed, as the source says."},
    {"is_draft", kBoolean, "Draft flag; old payloads have none.", kTracked},
    {"is_locked", kBoolean, "Locked flag.", kTracked},
    {"body", kText, "Description.", kTracked},
    {"author_external_id", kText, "people.external_id; null for deleted users.", kTracked},
    {"author_login", kText, "Login."},
    {"author_type", kText, "User | Bot | Mannequin | …"},
    {"merged_by_login", kText, "Who merged it.", kTracked},
    {"base_ref", kText, "Branch it goes into."},
    {"base_sha", kText, "Commit of that branch."},
    {"base_repository", kText, "owner/name."},
    {"head_ref", kText, "Branch it comes from."},
    {"head_sha", kText, "Commit of that branch."},
    {"head_repository", kText, "owner/name; null when the fork is gone."},
    {"merge_commit_sha", kText, "As given; for an unmerged pull request it is only a test merge."},
    {"additions", kInteger, "Lines added; null in list payloads.", kTracked},
    {"deletions", kInteger, "Lines removed.", kTracked},
    {"changed_files", kInteger, "Files changed.", kTracked},
    {"commit_count", kInteger, "Commits the source counts.", kTracked},
    {"comment_count", kInteger, "Issue comments the source counts.", kTracked},
    {"review_comment_count", kInteger, "Review comments the source counts.", kTracked},
    {"labels", kJson, "Array of names."},
    {"assignees", kJson, "Array of logins."},
    {"requested_reviewers", kJson, "Array of logins.", kTracked},
    {"requested_teams", kJson, "Array of slugs.", kTracked},
    {"milestone", kText, "Milestone title.", kTracked},
    {"closes", kJson, "Array of owner/repo#n that closing keywords in the body name."},
    {"review_decision", kText, "APPROVED | CHANGES_REQUESTED | REVIEW_REQUIRED.", kTracked},
    {"open_to_merge_minutes", kInteger, "Whole minutes from created to merged."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
    {"closed_at", kInstant, "Closed."},
    {"merged_at", kInstant, "Merged."},
    {"url", kText, "Where a person opens it."},
};

inline constexpr Column kPrCommits[] = {
    {"repository_external_id", kText, "Repository database id."},
    {"pr_number", kInteger, "Number of the pull request."},
    {"sha", kText, "Commit id."},
    {"position", kInteger, "Position in the pull request, from 0, oldest first."},
    {"message", kText, "Whole message."},
    {"author_name", kText, "Git author name."},
    {"author_email", kText, "Git author e-mail."},
    {"author_login", kText, "Linked account; null when there is none."},
    {"authored_at", kInstant, "Author date."},
    {"committer_name", kText, "Git committer name."},
    {"committed_at", kInstant, "Commit date."},
    {"parent_count", kInteger, "Parents; 2 or more is a merge. Null where the source does not say."
    },
    {"additions", kInteger, "Lines added, where the source says."},
    {"deletions", kInteger, "Lines removed, where the source says."},
};

inline constexpr Column kPrReviews[] = {
    {"external_id", kText, "Review database id."},
    {"repository_external_id", kText, "Repository database id."},
    {"pr_number", kInteger, "Number of the pull request."},
    {"author_external_id", kText, "people.external_id; null for deleted users."},
    {"author_login", kText, "Login."},
    {"state", kText, "APPROVED | CHANGES_REQUESTED | COMMENTED | DISMISSED | PENDING, upper case."},
    {"body", kText, "Text."},
    {"commit_sha", kText, "Commit that was reviewed."},
    {"submitted_at", kInstant, "When; a pending review has none."},
};

inline constexpr Column kPrComments[] = {
    {"external_id", kText, "Comment database id."},
    {"repository_external_id", kText, "Repository database id."},
    {"pr_number", kInteger, "Number of the pull request."},
    {"kind", kText, "issue (conversation) | review (on a line)."},
    {"author_external_id", kText, "people.external_id; null for deleted users."},
    {"author_login", kText, "Login."},
    {"body", kText, "Text."},
    {"review_external_id", kText, "Review it belongs to."},
    {"in_reply_to_external_id", kText, "Comment it answers."},
    {"path", kText, "File."},
    {"line", kInteger, "Line."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
};

inline constexpr Column kWorkItemPrs[] = {
    {"repository_external_id", kText, "Repository database id."},
    {"pr_number", kInteger, "Number of the pull request."},
    {"work_item_key", kText, "Issue key found; a link only when work_item_id is set."},
    {"evidence_source", kText, "title | branch | body | commit."},
    {"evidence_ref", kText, "Commit id for a commit, else empty."},
    {"evidence", kText, "The words around the key, at most 120 bytes."},
};

inline constexpr Column kDeployments[] = {
    {"external_id", kText, "Deployment database id."},
    {"repository_external_id", kText, "Repository database id."},
    {"environment", kText, "Environment name."},
    {"original_environment", kText, "Environment at creation."},
    {"state", kText, "Latest state, upper case; null where the source gives none.", kTracked},
    {"latest_status", kText, "State of the newest status.", kTracked},
    {"commit_sha", kText, "Deployed commit."},
    {"ref", kText, "Branch or tag."},
    {"task", kText, "Task, e.g. deploy."},
    {"description", kText, "Description."},
    {"creator_login", kText, "Who."},
    {"source_created_at", kInstant, "Created."},
    {"source_updated_at", kInstant, "Updated."},
};

inline constexpr Column kReleases[] = {
    {"external_id", kText, "Release database id."},
    {"repository_external_id", kText, "Repository database id."},
    {"tag", kText, "Tag name."},
    {"name", kText, "Name."},
    {"is_draft", kBoolean, "Draft."},
    {"is_prerelease", kBoolean, "Prerelease."},
    {"author_login", kText, "Who."},
    {"commit_sha", kText, "Tagged commit, where the source says."},
    {"source_created_at", kInstant, "Created."},
    {"published_at", kInstant, "Published."},
};

inline constexpr std::string_view kExternalId[] = {"external_id"};
inline constexpr std::string_view kWorkItemExternalId[] = {"work_item_external_id"};
inline constexpr std::string_view kPrOfChild[] = {"repository_external_id", "pr_number"};
inline constexpr std::string_view kPrOfParent[] = {"repository_external_id", "number"};
inline constexpr std::string_view kProjectOfIssue[] = {"project_external_id"};
inline constexpr std::string_view kNameOfRepository[] = {"full_name"};
inline constexpr std::string_view kNameOfPr[] = {"repository_name", "number"};
}  // namespace columns

inline constexpr Table kWorkItems{
    "work_items", "Issues.", columns::kWorkItems, 1, "jira_issues", {}, columns::kProjectOfIssue
};
inline constexpr ParentLink kOfWorkItem{
    &kWorkItems, "work_item_id", columns::kWorkItemExternalId, columns::kExternalId
};
inline constexpr Table kWorkItemChanges{
    "work_item_changes",
    "Every change of every field, complete.",
    columns::kWorkItemChanges,
    3,
    {},
    kOfWorkItem
};
inline constexpr Table kWorkItemLinks{
    "work_item_links",
    "Links between issues, from each side.",
    columns::kWorkItemLinks,
    3,
    {},
    kOfWorkItem
};
inline constexpr Table kComments{
    "comments", "Comments on issues.", columns::kComments, 1, {}, kOfWorkItem
};
inline constexpr Table kWorklogs{
    "worklogs", "Time logged on issues.", columns::kWorklogs, 1, {}, kOfWorkItem
};
inline constexpr Table kSprints{"sprints", "Sprints.", columns::kSprints, 1, "jira_sprints", {}};
inline constexpr Table kWorkItemSprints{
    "work_item_sprints",
    "Which issue is or was in which sprint.",
    columns::kWorkItemSprints,
    2,
    {},
    kOfWorkItem
};
inline constexpr Table kProjects{
    "projects", "Projects.", columns::kProjects, 1, "jira_projects", {}
};
inline constexpr Table kStatuses{
    "statuses", "Statuses with their category.", columns::kStatuses, 1, "jira_statuses", {}
};
inline constexpr Table kIssueTypes{
    "issue_types", "Issue types.", columns::kIssueTypes, 1, "jira_issue_types", {}
};
inline constexpr Table kFields{
    "fields",
    "The field catalogue: what each custom field is.",
    columns::kFields,
    1,
    "jira_fields",
    {}
};
inline constexpr Table kPeople{
    "people",
    "Accounts seen at a source, as they appear in its payloads.",
    columns::kPeople,
    1,
    "people",
    {}
};
inline constexpr Table kRepositories{
    "repositories",
    "Repositories.",
    columns::kRepositories,
    1,
    "github_repositories",
    {},
    columns::kNameOfRepository
};
inline constexpr Table kPrs{
    "prs", "Pull requests.", columns::kPrs, 1, "github_prs", {}, columns::kNameOfPr
};
inline constexpr ParentLink kOfPr{&kPrs, "pr_id", columns::kPrOfChild, columns::kPrOfParent};
inline constexpr Table kPrCommits{
    "pr_commits", "Commits of pull requests.", columns::kPrCommits, 3, {}, kOfPr
};
inline constexpr Table kPrReviews{"pr_reviews", "Reviews.", columns::kPrReviews, 1, {}, kOfPr};
inline constexpr Table kPrComments{
    "pr_comments", "Conversation and review comments.", columns::kPrComments, 1, {}, kOfPr
};
inline constexpr Table kWorkItemPrs{
    "work_item_prs",
    "Issue keys found in pull requests, with the evidence.",
    columns::kWorkItemPrs,
    5,
    {},
    kOfPr
};
inline constexpr Table kDeployments{
    "deployments", "Deployments.", columns::kDeployments, 1, "github_deployments", {}
};
inline constexpr Table kReleases{
    "releases", "Releases.", columns::kReleases, 1, "github_releases", {}
};

/// All of them, parents before children. The position is the table's ordinal (staging, child sets).
inline constexpr const Table* kTables[] = {
    &kWorkItems, &kWorkItemChanges, &kWorkItemLinks, &kComments,    &kWorklogs,
    &kSprints,   &kWorkItemSprints, &kProjects,      &kStatuses,    &kIssueTypes,
    &kFields,    &kPeople,          &kRepositories,  &kPrs,         &kPrCommits,
    &kPrReviews, &kPrComments,      &kWorkItemPrs,   &kDeployments, &kReleases,
};

constexpr std::size_t OrdinalOf(const Table& table) {
  std::size_t i = 0;
  if (std::is_constant_evaluated()) {
    // By name: under UBSan GCC 12 does not take a comparison of addresses for a constant.
    while (kTables[i]->name != table.name) ++i;
  } else {
    while (kTables[i] != &table) ++i;
  }
  return i;
}

/// Null when no domain table has that name.
constexpr const Table* FindTable(std::string_view name) {
  for (const Table* table : kTables) {
    if (table->name == name) return table;
  }
  return nullptr;
}

}  // namespace pulse::model
