#pragma once

/// \file
/// What belongs to issues but was fetched apart from them: histories, long comment and worklog
/// lists. Their records hold child rows only and are counted under no entity.

#include "pulse/base/error.h"
#include "pulse/source/jira/page_context.h"

namespace pulse::source::jira {

inline constexpr std::string_view kChangesEntity = "jira_changes";
inline constexpr std::string_view kDetailsEntity = "jira_issue_details";

/// `{"issueChangeLogs":[{"issueId","changeHistories":[…]}]}`, or an array of such pages, among
/// which one issue's history may be spread; all of it is one complete record. A bare history needs
/// page.issue_id. Errors: kInvalid (none of these).
Result<> AddChangePage(PageContext& page, std::string_view body);

/// `{"parts":[{"issue_id":"10001","kind":"comment"|"worklog","pages":[…]}]}`, the pages as Jira
/// sent them; each part is one issue's complete list. Errors: kInvalid (no such page).
Result<> AddDetailPage(PageContext& page, std::string_view body);

}  // namespace pulse::source::jira
