#pragma once

/// \file
/// WorldData: a generated GitHub organisation, computed from (seed, repository, number).
///
/// Repositories, numbers, ids and logins are the same in every world; titles, people, states and
/// children depend on the seed. In creation order pull request n is the n-th; in update order it
/// moves inside a small block, so both orders page in O(1).

#include <memory>

#include "pulse/simulate/faults.h"
#include "pulse/simulate/github_data.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate::github {

struct WorldDataOptions {
  WorldOptions world;
  std::int64_t prs = 1000;
  const FaultPlan* faults = nullptr;  ///< For `bad-record`; outlives the data. May be null.
};

std::unique_ptr<Data> NewWorldData(const WorldDataOptions& options);

}  // namespace pulse::simulate::github
