#include "pulse/store/sqlite/census.h"

#include "pulse/base/time.h"
#include "pulse/model/json_text.h"
#include "pulse/store/sqlite/sql/census.h"

namespace pulse::store::sqlite {
namespace {

std::string JsonArray(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, text);
  }
  return json += ']';
}

Result<const TableSql*> TableOf(const DomainSql& sql, std::string_view entity_type) {
  for (const model::Table* table : model::kTables) {
    if (table->primary() && table->entity_type == entity_type) return &sql.Of(*table);
  }
  return Error{
      ErrorKind::kInvalid, "no table holds records of \"" + std::string(entity_type) + "\""
  };
}

/// When the job began, as the rows' own times are stored.
std::string BeganAt(const model::Job& job) {
  return FormatInstant(job.started_at.value_or(job.created_at));
}

Result<std::vector<std::string>> FirstColumn(Statement row) {
  std::vector<std::string> texts;
  PULSE_TRY(bool more, row.Next());
  while (more) {
    texts.emplace_back(row.Text(0));
    PULSE_TRY(more, row.Next());
  }
  return texts;
}

}  // namespace

Result<> AddCensusIds(Connection& db, const model::Job& job, const CensusIds& ids) {
  return db.Do(sql::census::add, job.tenant, job.id, ids.entity_type, JsonArray(ids.external_ids));
}

Result<> ForgetCensus(Connection& db, const model::Job& job, Keep keep) {
  PULSE_CHECK(db.Do(sql::census::forget_older, job.tenant, job.integration, job.id));
  if (keep == Keep::kThisJobs) return {};
  return db.Do(sql::census::forget, job.tenant, job.id);
}

Result<std::optional<std::int64_t>> MarkVanished(
    Connection& db,
    const DomainSql& sql,
    const model::Job& job,
    const Vanished& vanished,
    EpochMs now
) {
  PULSE_TRY(const TableSql* of, TableOf(sql, vanished.entity_type));
  PULSE_TRY(
      Statement row,
      db.Select(
          of->vanish,
          job.tenant,
          job.integration,
          vanished.external_id,
          FormatInstant(now),
          vanished.reason,
          BeganAt(job)
      )
  );
  PULSE_TRY(const bool marked, row.Next());
  if (!marked) return std::nullopt;
  const std::int64_t id = row.Int(0);
  PULSE_CHECK(row.Run());  // RETURNING leaves the statement open until its end.
  return id;
}

Result<Missing> ReadMissing(
    Connection& db,
    const DomainSql& sql,
    const model::Job& job,
    std::string_view entity_type,
    int limit
) {
  PULSE_TRY(const TableSql* of, TableOf(sql, entity_type));
  const std::string began = BeganAt(job);
  Missing missing;
  {
    PULSE_TRY(
        Statement counts,
        db.Select(of->missing_counts, job.tenant, job.integration, job.id, entity_type, began)
    );
    PULSE_TRY(const bool found, counts.Next());
    if (!found) return Error{ErrorKind::kInternal, "the census query returned no row"};
    missing.known = counts.Int(0);
    missing.missing = counts.Int(1);
  }
  PULSE_TRY(
      Statement ids,
      db.Select(of->missing, job.tenant, job.integration, job.id, entity_type, began, limit)
  );
  PULSE_TRY(bool more, ids.Next());
  while (more) {
    missing.rows.push_back({std::string(ids.Text(0)), std::string(ids.Text(1))});
    PULSE_TRY(more, ids.Next());
  }
  return missing;
}

Result<std::vector<std::string>> ReadAbsent(
    Connection& db,
    const DomainSql& sql,
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    const std::vector<std::string>& external_ids
) {
  PULSE_TRY(const TableSql* of, TableOf(sql, entity_type));
  PULSE_TRY(Statement ids, db.Select(of->absent, tenant, integration, JsonArray(external_ids)));
  return FirstColumn(std::move(ids));
}

}  // namespace pulse::store::sqlite
