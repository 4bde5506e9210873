#pragma once

/// \file
/// The extract steps of issues. plan.h says which plan is taken when, issue_chain.h explains the
/// bulk one:
///
///     kPages   page → page → … → histories, lists
///     kBulk    sweep → sweep → …
///                └ chain → chain → … → histories, lists   (several side by side)
///
/// A job that takes a census and reads every issue has listed their ids by either plan; one that
/// reads what changed lists them beside it. Both end in a verification:
///
///     census → census → … → verify → verify → …
///                └ chains of ids without a living row

#include <span>
#include <string>
#include <string_view>

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

/// Everything but what is large and unused (attachments) or differs at every reading (lastViewed).
inline constexpr std::string_view kIssueFields =
    R"("fields":["*all","-attachment","-lastViewed","-thumbnail","-votes","-watches"])";

/// The step the issues begin with, by the plan that is cheaper. Cloud is asked for an estimate of
/// their number (one call) unless this is an incremental pass: that begins with a page, which
/// mostly says "nothing new" in that one call. Errors: the transport's.
Result<model::NewStep> FirstIssueStep(const StepAtWork& step);

model::NewStep PageStep(const SyncContext& context);
/// A sweep leaves out the issues that were `read` before.
model::NewStep SweepStep(const SyncContext& context, std::span<const std::string> read = {});

/// The search an incremental pass begins with, before anything else is known of a Cloud site, and
/// what to do with its answer once more is known.
Call FirstPageCall(const StepAtWork& step);
Result<Fetched> TakeFirstPage(const StepAtWork& step, const Call& call, Answer answer);
/// Whether the answer lists no issue and is the last page. An undecodable one is none of it.
bool IsLastAndEmpty(const Answer& answer);

/// Lists the ids of all issues in scope, beside a pass that reads what changed.
model::NewStep CensusStep(SyncContext context);
/// Finds out what became of the issues that the census did not list.
model::NewStep VerifyStep(const SyncContext& context);

/// One page of whole issues: its share of the census, and the next page as a step. After 20 pages,
/// and when the last attempt gets no readable page or no way on, a sweep reads the rest. Errors: as
/// of FetchSweep; kInvalid when the page is no JSON.
Result<Fetched> FetchPage(const StepAtWork& step);

/// One page of ids: census, chains, and the sweep of the next page. Errors: the transport's;
/// kUnavailable when the source hands out the token it was given.
Result<Fetched> FetchSweep(const StepAtWork& step);

/// The next issues of a chain, several calls' worth from a source that answers fast, and the rest
/// of it as a step. Issues the sweep listed and that are
/// gone by now (confirmed one by one) are taken off the census. A page that stays undecodable is
/// kept as failed, with a gap that names its issues; one the source keeps refusing leaves the
/// chain.
Result<Fetched> FetchIssues(const StepAtWork& step);

/// One page of the census; ids without a living row are fetched like changed issues. The last page
/// makes the verification.
Result<Fetched> FetchCensus(const StepAtWork& step);

/// Asks for up to 1,000 missing issues by id. Those that answer are fetched, the others vanished:
/// `archived` (the issue or its project is), `access_lost` (the project is no longer visible, or no
/// longer in this integration's scope), else `deleted`. Too many are a gap, and nobody is asked.
Result<Fetched> FetchVerify(const StepAtWork& step);

/// The ids that a page of a pass over everything lists go into its census too. Returns which of
/// them have no living row: their pages must be kept even if they look like last time's.
Result<std::vector<std::string>> NoteCensus(
    const StepAtWork& step, std::vector<std::string> ids, Fetched& fetched
);
/// The step at the end of a pass over everything that takes a census.
void EndCensus(const StepAtWork& step, Fetched& fetched);

/// Those of `ids` that still exist, asked one by one, no more than `enough` of them. Bulk answers
/// leave out what is gone without a word. Errors: the transport's.
Result<std::vector<std::string>> StillThere(
    const StepAtWork& step, std::span<const std::string> ids, std::size_t enough
);

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
