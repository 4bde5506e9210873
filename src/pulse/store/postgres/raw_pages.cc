#include "pulse/store/postgres/raw_pages.h"

#include "pulse/store/compression.h"
#include "pulse/store/postgres/sql/dead_letters.h"
#include "pulse/store/postgres/sql/raw.h"

namespace pulse::store::postgres {
namespace {

DeadLetter DeadLetterOf(const Row& row) {
  return {
      .id = row.As<DeadLetterId>(0),
      .letter =
          {
              .entity_type = std::string(row.Text(4)),
              .stage = model::StageNamed(row.Text(5)).value_or(model::Stage::kTransform),
              .raw = row.As<RawId>(3),
              .raw_position = static_cast<std::int32_t>(row.Int(6)),
              .external_id = std::string(row.Text(7)),
              .fingerprint = std::string(row.Text(8)),
              .message = std::string(row.Text(9)),
              .sample = std::string(row.Text(10)),
              .counts_as_record = row.Bool(11),
          },
      .integration = row.As<IntegrationId>(1),
      .job = row.As<JobId>(2),
      .state = std::string(row.Text(12)),
      .created_at = row.Time(13),
  };
}

}  // namespace

Result<> PostgresRawPages::Visit(
    TenantId tenant, const std::vector<RawId>& ids, const Visitor& visit
) {
  if (ids.empty()) return {};
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const Array wanted = Array::Of(std::span<const RawId>(ids));
  const auto slot = tx.Queue(sql::raw::read, tenant, wanted);
  PULSE_CHECK(tx.Commit());  // Compressed, all of them are not much.
  std::size_t visited = 0;
  for (const Row row : tx[slot]) {
    if (row.As<RawId>(0) != ids[visited]) break;
    PULSE_TRY(std::string body, Decompress(row.Text(6), static_cast<std::size_t>(row.Int(5))));
    PULSE_CHECK(visit({
        .id = row.As<RawId>(0),
        .integration = row.As<IntegrationId>(1),
        .entity_type = std::string(row.Text(2)),
        .request = std::string(row.Text(3)),
        .body = std::move(body),
        .fetched_at = row.Time(4),
    }));
    ++visited;
  }
  if (visited == ids.size()) return {};
  return Error{ErrorKind::kNotFound, "no raw page " + std::to_string(ids[visited].value())};
}

Result<std::vector<RawPageInfo>> PostgresRawPages::Newest(
    TenantId tenant, IntegrationId integration, std::string_view entity_type
) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::raw::newest, tenant, integration, entity_type);
  PULSE_CHECK(tx.Commit());
  std::vector<RawPageInfo> pages;
  for (const Row row : tx[slot]) {
    pages.push_back({
        .id = row.As<RawId>(0),
        .integration = row.As<IntegrationId>(1),
        .entity_type = std::string(row.Text(2)),
        .processing_status = std::string(row.Text(3)),
        .error_details = std::string(row.Text(4)),
        .record_count = static_cast<int>(row.Int(5)),
        .created_at = row.Time(6),
    });
  }
  return pages;
}

Result<RawId> PostgresRawPages::RecordRefusal(
    TenantId tenant, std::string_view entity_type, std::string_view error_details
) {
  const Instant now{engine_.clock.Now()};
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::raw::record_refusal, tenant, entity_type, error_details, now);
  if (auto recorded = tx.Commit(); !recorded) {
    if (recorded.error().kind() != ErrorKind::kNotFound) return std::move(recorded).error();
    return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(tenant.value())};
  }
  return tx[slot][0].As<RawId>(0);
}

Result<int> PostgresRawPages::DeleteOlderThan(TenantId tenant, EpochMs before, int limit) {
  return InTransaction(engine_, tenant, [&](Transaction& tx) -> Result<int> {
    const auto slot = tx.Queue(sql::raw::delete_old, tenant, Instant{before}, limit);
    PULSE_CHECK(tx.Commit());
    return static_cast<int>(tx[slot].affected());
  });
}

Result<std::vector<DeadLetter>> PostgresDeadLetters::List(
    TenantId tenant, const DeadLetterFilter& filter
) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(
      sql::dead_letters::list,
      tenant,
      filter.integration,
      filter.fingerprint,
      filter.state,
      filter.limit,
      filter.id
  );
  PULSE_CHECK(tx.Commit());
  std::vector<DeadLetter> letters;
  for (const Row row : tx[slot]) letters.push_back(DeadLetterOf(row));
  return letters;
}

Result<std::vector<DeadLetterGroup>> PostgresDeadLetters::Groups(TenantId tenant) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::dead_letters::groups, tenant);
  PULSE_CHECK(tx.Commit());
  std::vector<DeadLetterGroup> groups;
  for (const Row row : tx[slot]) {
    groups.push_back({
        .fingerprint = std::string(row.Text(0)),
        .entity_type = std::string(row.Text(1)),
        .message = std::string(row.Text(2)),
        .count = row.Int(3),
        .first_at = row.Time(4),
        .last_at = row.Time(5),
    });
  }
  return groups;
}

Result<DeadLetter> PostgresDeadLetters::Get(TenantId tenant, DeadLetterId id) {
  PULSE_TRY(Transaction tx, engine_.pool.Begin(tenant));
  const auto slot = tx.Queue(sql::dead_letters::get, tenant, id);
  PULSE_CHECK(tx.Commit());
  if (!tx[slot].empty()) return DeadLetterOf(tx[slot][0]);
  return Error{ErrorKind::kNotFound, "no dead letter " + std::to_string(id.value())};
}

Result<int> PostgresDeadLetters::Discard(
    TenantId tenant, const DeadLetterFilter& filter, std::string_view reason
) {
  const Instant now{engine_.clock.Now()};
  return InTransaction(engine_, tenant, [&](Transaction& tx) -> Result<int> {
    const auto slot = tx.Queue(
        sql::dead_letters::discard,
        tenant,
        filter.integration,
        filter.fingerprint,
        filter.state,
        filter.limit,
        reason,
        now,
        filter.id
    );
    PULSE_CHECK(tx.Commit());
    return static_cast<int>(tx[slot].affected());
  });
}

}  // namespace pulse::store::postgres
