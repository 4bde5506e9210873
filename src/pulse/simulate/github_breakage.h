#pragma once

/// \file
/// Breakage: what the fault `bad-record` does to a pull request, the same in both APIs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

/// Which way the record with this id is broken; never kNone.
Breakage BreakageOf(std::int64_t pull_id) noexcept;

/// The lie told for a field, as raw bytes in place of its JSON value (they may be no JSON at all);
/// an empty text leaves the field out; nothing means that the field tells the truth. Fields are
/// known under their GraphQL and their REST names.
std::optional<std::string> BrokenValue(Breakage breakage, std::string_view field);

}  // namespace pulse::simulate::github
