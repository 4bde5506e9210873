#include "pulse/store/postgres/postgres_store.h"

#include "pulse/store/postgres/test_server.h"
#include "pulse/store/testing/store_conformance.h"

namespace pulse::store::testing {
namespace {

Backend MakePostgresBackend(const Clock& clock) {
  auto database = std::make_shared<postgres::TestDatabase>();
  auto store = Value(postgres::OpenPostgresStore({.url = database->url(), .clock = &clock}));
  return {std::move(database), std::move(store)};
}

}  // namespace

const auto kBackends = ::testing::Values(BackendFactory{"postgres", MakePostgresBackend});

INSTANTIATE_TEST_SUITE_P(Store, StoreConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RawConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, WindowsConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, CensusConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, PreviewConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RetentionConformance, kBackends, BackendName);

}  // namespace pulse::store::testing
