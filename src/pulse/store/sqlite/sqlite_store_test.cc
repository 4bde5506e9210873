#include "pulse/store/sqlite/test_store.h"
#include "pulse/store/testing/store_conformance.h"

namespace pulse::store::testing {

const auto kBackends = ::testing::Values(BackendFactory{"sqlite", sqlite::MakeSqliteBackend});
const auto kBackendName = [](const auto& info) { return info.param.name; };

INSTANTIATE_TEST_SUITE_P(Store, StoreConformance, kBackends, kBackendName);
INSTANTIATE_TEST_SUITE_P(Store, RawConformance, kBackends, kBackendName);

}  // namespace pulse::store::testing
