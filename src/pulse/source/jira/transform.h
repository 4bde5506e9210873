#pragma once

/// \file
/// Transform: one raw page to rows, by entity type. Pure; see Connector::Transform.
///
/// Of the raw request it reads `mapping` (FieldMapping), `site` (base of links) and `issue_id`;
/// with none of them, a Jira Cloud with its usual field ids is assumed.

#include <string_view>

#include "pulse/source/source.h"

namespace pulse::source::jira {

Transformed TransformPage(
    std::string_view entity_type,
    std::string_view request,
    std::string_view body,
    model::RowBatch& rows
);

}  // namespace pulse::source::jira
