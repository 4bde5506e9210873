#pragma once

/// \file
/// The conformance suite every store backend passes. In the backend's test:
///
///   #include "pulse/store/testing/store_conformance.h"
///   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, ::testing::Values(BackendFactory{…}));
///   and the same for DispatchConformance, RawConformance, SchedulesConformance,
///   WindowsConformance, CensusConformance, PreviewConformance and RetentionConformance.

#include "pulse/store/testing/catalog_conformance.h"
#include "pulse/store/testing/census_conformance.h"
#include "pulse/store/testing/dispatch_conformance.h"
#include "pulse/store/testing/jobs_conformance.h"
#include "pulse/store/testing/leases_conformance.h"
#include "pulse/store/testing/ledger_conformance.h"
#include "pulse/store/testing/merge_conformance.h"
#include "pulse/store/testing/preview_conformance.h"
#include "pulse/store/testing/raw_conformance.h"
#include "pulse/store/testing/retention_conformance.h"
#include "pulse/store/testing/schedules_conformance.h"
#include "pulse/store/testing/windows_conformance.h"
