#pragma once

/// \file
/// Walking a page in any of the forms Jira and people have for it.

#include <functional>
#include <string_view>

#include "pulse/source/json_page.h"

namespace pulse::source::jira {

using OnRecord = std::function<void(std::int32_t position, Value record)>;
using OnBroken = std::function<void(const BrokenRecord&)>;

/// Walks `{"<list_key>":[…]}`, `[…]`, one bare record, or one record as `{"payload":{…}}`. A bare
/// record is recognised by `bare_key`. A record that is no JSON goes to `broken`, where the others
/// can be told apart from it. Errors: kInvalid when the page has none of these forms; then no
/// callback was made.
Result<> WalkPage(
    std::string_view body,
    std::string_view list_key,
    std::string_view bare_key,
    const OnRecord& record,
    const OnBroken& broken
);

}  // namespace pulse::source::jira
