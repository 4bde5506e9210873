#pragma once

/// \file
/// For tests: a store on a database of its own, gone afterwards.

#include <memory>

#include "pulse/store/postgres/postgres_store.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {

inline testing::Backend MakePostgresBackend(const Clock& clock) {
  auto database = std::make_shared<TestDatabase>();
  auto store =
      testing::Value(OpenPostgresStore({.url = database->url(), .clock = &clock, .pool_size = 4}));
  return {std::move(database), std::move(store)};
}

}  // namespace pulse::store::postgres
