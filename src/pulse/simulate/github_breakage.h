#pragma once

/// \file
/// Breakage: what the fault `bad-record` does to a pull request, the same in both APIs, and how to
/// tell later which pull request that was.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

/// Which way the record with this id is broken; never kNone.
Breakage BreakageOf(std::int64_t pull_id) noexcept;

/// Repositories a world can have: an index below this is part of every id.
inline constexpr int kRepositorySlots = 16;

/// The id of pull request `number` of the repository at `index`; the same in every world.
std::int64_t PullIdOf(int index, std::int64_t number) noexcept;

/// What keeps the ids of pull requests apart from those of issues in FaultPlan::Marks.
inline constexpr std::uint64_t kPullSalt = 2;

/// The lie told for a field, as raw bytes in place of its JSON value (they may be no JSON at all);
/// an empty text leaves the field out; nothing means that the field tells the truth. Fields are
/// known under their GraphQL and their REST names.
std::optional<std::string> BrokenValue(Breakage breakage, std::string_view field);

}  // namespace pulse::simulate::github
