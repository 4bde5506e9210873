#pragma once

/// \file
/// What a backend computes of fetched pages before its transaction begins, so that others do not
/// wait for it.

#include <cstdint>
#include <string>
#include <vector>

#include "pulse/store/unit.h"

namespace pulse::store {

struct PreparedPage {
  std::string body;  ///< Compressed.
  std::string content_hash;
  std::int64_t request_hash = 0;  ///< Covers the entity type.
};

/// In the order of `pages`.
std::vector<PreparedPage> PreparePages(const std::vector<NewRawPage>& pages);

}  // namespace pulse::store
