#pragma once

/// \file
/// The extract steps of reference data: projects, statuses, issue types, boards and their sprints.

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

/// The first steps for one entity type, e.g. one list of boards per project in scope.
std::vector<model::NewStep> ReferenceSteps(
    const FetchRequest& request, const SyncContext& context, std::string_view entity_type
);

/// Does one of them, or one of those they emit. A page that stays undecodable is kept as failed and
/// becomes a gap. Sites without boards, or whose boards the account may not see, have no sprints of
/// their own; that is no gap. Errors: the transport's, kInvalid (undecodable, on the first tries).
Result<Fetched> FetchReference(const StepAtWork& step);

/// The field catalogue as a raw page: the root step has it in hand anyway.
void AppendFieldPage(const StepAtWork& step, const Call& call, Reply reply, Fetched& fetched);

}  // namespace pulse::source::jira
