#pragma once

/// \file
/// Rows that hang off an issue: history, comments, worklogs, links, sprint membership. Each
/// function adds its rows to the record under construction and sets unreadable elements aside; it
/// returns whether every element became a row, so that the caller may call the set complete.

#include "pulse/source/jira/page_context.h"

namespace pulse::source::jira {

/// One history entry with all its items.
bool AddHistory(PageContext& page, const IssueRef& issue, Value history);
bool AddChanges(PageContext& page, const IssueRef& issue, Value histories);
bool AddComments(PageContext& page, const IssueRef& issue, Value comments);
bool AddWorklogs(PageContext& page, const IssueRef& issue, Value worklogs);
bool AddLinks(PageContext& page, const IssueRef& issue, Value links);
/// From `fields.sprint`, `fields.closedSprints` and the mapped sprint fields of page.fields (any
/// field shaped like a list of sprints when none is mapped).
bool AddSprints(PageContext& page, const IssueRef& issue);

}  // namespace pulse::source::jira
