#include "pulse/store/postgres/census.h"

#include "pulse/store/postgres/receipts.h"

namespace pulse::store::postgres {
namespace {

std::vector<std::string> FirstColumn(const Rows& rows) {
  std::vector<std::string> texts;
  for (const Row row : rows) texts.emplace_back(row.Text(0));
  return texts;
}

}  // namespace

Result<const TableSql*> TableOf(const DomainSql& sql, std::string_view entity_type) {
  for (const model::Table* table : model::kTables) {
    if (table->primary() && table->entity_type == entity_type) return &sql.Of(*table);
  }
  return Error{
      ErrorKind::kInvalid, "no table holds records of \"" + std::string(entity_type) + "\""
  };
}

Result<Missing> FindMissing(
    Engine& engine, TenantId tenant, JobId id, std::string_view entity_type, int limit
) {
  PULSE_TRY(const TableSql* table, TableOf(engine.sql, entity_type));
  PULSE_TRY(Transaction tx, engine.pool.Begin(tenant));
  PULSE_TRY(const model::Job job, ReadJob(tx, tenant, id));
  const Instant began{job.started_at.value_or(job.created_at)};
  const auto counts =
      tx.Queue(table->missing_counts, tenant, job.integration, id, entity_type, began);
  const auto ids = tx.Queue(table->missing, tenant, job.integration, id, entity_type, began, limit);
  PULSE_CHECK(tx.Commit());
  Missing found{.known = tx[counts][0].Int(0), .missing = tx[counts][0].Int(1), .rows = {}};
  for (const Row row : tx[ids]) {
    found.rows.push_back({std::string(row.Text(0)), std::string(row.Text(1))});
  }
  return found;
}

Result<std::vector<std::string>> FindAbsent(
    Engine& engine,
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
) {
  PULSE_TRY(const TableSql* table, TableOf(engine.sql, entity_type));
  PULSE_TRY(Transaction tx, engine.pool.Begin(tenant));
  const Array ids = Array::Of(std::span<const std::string>(external_ids));
  const auto absent = tx.Queue(table->absent, tenant, integration, ids);
  PULSE_CHECK(tx.Commit());
  return FirstColumn(tx[absent]);
}

}  // namespace pulse::store::postgres
