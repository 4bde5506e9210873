#include "pulse/control/retention.h"

namespace pulse::control {
namespace {

/// Small enough that nobody waits for the transaction.
constexpr int kPagesPerBatch = 200;
constexpr EpochMs kDay = EpochMs{24} * 60 * 60 * 1000;

}  // namespace

Result<std::int64_t> DeleteOldRawPages(
    store::Store& store, EpochMs now, const std::stop_token& stop
) {
  PULSE_TRY(const auto tenants, store.catalog().ListTenants());
  return DeleteOldRawPages(tenants, store.raw_pages(), now, stop);
}

Result<std::int64_t> DeleteOldRawPages(
    const std::vector<model::Tenant>& tenants,
    store::RawPages& pages,
    EpochMs now,
    const std::stop_token& stop
) {
  std::int64_t total = 0;
  for (const model::Tenant& tenant : tenants) {
    if (!tenant.raw_retention_days) continue;
    const EpochMs before = now - *tenant.raw_retention_days * kDay;
    int deleted = kPagesPerBatch;
    while (deleted == kPagesPerBatch && !stop.stop_requested()) {
      PULSE_TRY(deleted, pages.DeleteOlderThan(tenant.id, before, kPagesPerBatch));
      total += deleted;
    }
  }
  return total;
}

}  // namespace pulse::control
