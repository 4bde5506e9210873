#include "pulse/store/sqlite/test_store.h"
#include "pulse/store/testing/store_conformance.h"

namespace pulse::store::testing {

const auto kBackends = ::testing::Values(
    BackendFactory{"sqlite", sqlite::MakeSqliteBackend},
    // A program on a database that the next one has migrated.
    BackendFactory{"sqlite_expanded", sqlite::MakeExpandedSqliteBackend}
);

INSTANTIATE_TEST_SUITE_P(Store, StoreConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, DispatchConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RawConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, SchedulesConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, WindowsConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, CensusConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, PreviewConformance, kBackends, BackendName);
INSTANTIATE_TEST_SUITE_P(Store, RetentionConformance, kBackends, BackendName);

}  // namespace pulse::store::testing
