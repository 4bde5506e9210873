#pragma once

/// \file
/// The extract steps of issues: the id sweep, chains of issue pages, long histories, long lists.
/// issue_chain.h explains the plan.

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

/// The step a root step emits.
model::NewStep SweepStep(const SyncContext& context);

/// One page of ids: census, chains, and the sweep of the next page. Errors: the transport's;
/// kUnavailable when the source hands out the token it was given.
Result<Fetched> FetchSweep(const StepAtWork& step);

/// The next issues of a chain and the rest of it as a step. Issues the sweep listed and that are
/// gone by now (confirmed one by one) are taken off the census. A page that stays undecodable is
/// kept as failed, with a gap that names its issues; one the source keeps refusing leaves the
/// chain.
Result<Fetched> FetchIssues(const StepAtWork& step);

/// Complete histories of up to 1,000 issues, as one raw page however many pages they took.
Result<Fetched> FetchHistories(const StepAtWork& step);

/// Complete comment and worklog lists of a few issues, as one raw page.
Result<Fetched> FetchLists(const StepAtWork& step);

/// Steps for what a chain gathered.
void AppendHistorySteps(
    const SyncContext& context,
    std::span<const struct LongHistory> histories,
    std::vector<model::NewStep>& steps
);
void AppendListSteps(
    const SyncContext& context,
    std::span<const struct LongList> lists,
    std::vector<model::NewStep>& steps
);

}  // namespace pulse::source::jira
