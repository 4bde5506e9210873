#pragma once

/// \file
/// For tests of this module: a store on a database of its own, and a way to cut its connections.

#include <memory>

#include "pulse/store/postgres/postgres_store.h"
#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::postgres {

/// What Backend::keep is of a PostgreSQL backend.
struct TestBackend {
  TestDatabase database;
  Traffic traffic;
};

inline testing::Backend MakePostgresBackend(const Clock& clock) {
  auto keep = std::make_shared<TestBackend>();
  auto store = testing::Value(
      OpenPostgresStore({.url = keep->database.url(), .clock = &clock, .traffic = &keep->traffic})
  );
  return {std::move(keep), std::move(store)};
}

}  // namespace pulse::store::postgres
