#include "pulse/store/sqlite/raw_pages.h"

#include "pulse/store/compression.h"
#include "pulse/store/sqlite/sql/dead_letters.h"
#include "pulse/store/sqlite/sql/raw.h"

namespace pulse::store::sqlite {
namespace {

Result<RawPage> ReadPage(Connection& db, TenantId tenant, RawId id) {
  PULSE_TRY(Statement row, db.Select(sql::raw::read, tenant, id));
  PULSE_TRY(const bool found, row.Next());
  if (!found) return Error{ErrorKind::kNotFound, "no raw page " + std::to_string(id.value())};
  PULSE_TRY(std::string body, Decompress(row.Text(5), static_cast<std::size_t>(row.Int(4))));
  return RawPage{
      .id = id,
      .integration = row.As<IntegrationId>(0),
      .entity_type = std::string(row.Text(1)),
      .request = std::string(row.Text(2)),
      .body = std::move(body),
      .fetched_at = row.Int(3),
  };
}

DeadLetter DeadLetterOf(const Statement& row) {
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
              .counts_as_record = row.Int(11) != 0,
          },
      .integration = row.As<IntegrationId>(1),
      .job = row.As<JobId>(2),
      .state = std::string(row.Text(12)),
      .created_at = row.Int(13),
  };
}

}  // namespace

Result<> SqliteRawPages::Visit(
    TenantId tenant, const std::vector<RawId>& ids, const Visitor& visit
) {
  for (const RawId id : ids) {  // Nobody waits for the connection while a page is worked on.
    PULSE_TRY(const RawPage page, database_.Read([&](Connection& db) {
      return ReadPage(db, tenant, id);
    }));
    PULSE_CHECK(visit(page));
  }
  return {};
}

Result<std::vector<RawPageInfo>> SqliteRawPages::Newest(
    TenantId tenant, IntegrationId integration, std::string_view entity_type
) {
  return database_.Read([&](Connection& db) -> Result<std::vector<RawPageInfo>> {
    std::vector<RawPageInfo> pages;
    PULSE_TRY(Statement row, db.Select(sql::raw::newest, tenant, integration, entity_type));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      pages.push_back({
          .id = row.As<RawId>(0),
          .integration = row.As<IntegrationId>(1),
          .entity_type = std::string(row.Text(2)),
          .processing_status = std::string(row.Text(3)),
          .error_details = std::string(row.Text(4)),
          .record_count = static_cast<int>(row.Int(5)),
          .created_at = row.Int(6),
      });
      PULSE_TRY(more, row.Next());
    }
    return pages;
  });
}

Result<RawId> SqliteRawPages::RecordRefusal(
    TenantId tenant, std::string_view entity_type, std::string_view error_details
) {
  const EpochMs now = database_.now();
  auto recorded = database_.Write([&](Connection& db) -> Result<RawId> {
    PULSE_CHECK(db.Do(sql::raw::record_refusal, tenant, entity_type, error_details, now));
    return RawId{db.last_id()};
  });
  if (recorded || recorded.error().kind() != ErrorKind::kConflict) return recorded;
  return Error{ErrorKind::kNotFound, "no tenant " + std::to_string(tenant.value())};
}

Result<int> SqliteRawPages::DeleteOlderThan(TenantId tenant, EpochMs before, int limit) {
  return database_.Write([&](Connection& db) -> Result<int> {
    std::vector<RawId> old;
    {
      PULSE_TRY(Statement row, db.Select(sql::raw::old, tenant, before, limit));
      PULSE_TRY(bool more, row.Next());
      while (more) {
        old.push_back(row.As<RawId>(0));
        PULSE_TRY(more, row.Next());
      }
    }
    for (const RawId id : old) {
      PULSE_CHECK(db.Do(sql::raw::delete_body, tenant, id));
      PULSE_CHECK(db.Do(sql::raw::delete_page, tenant, id));
    }
    return static_cast<int>(old.size());
  });
}

Result<std::vector<DeadLetter>> SqliteDeadLetters::List(
    TenantId tenant, const DeadLetterFilter& filter
) {
  return database_.Read([&](Connection& db) -> Result<std::vector<DeadLetter>> {
    std::vector<DeadLetter> letters;
    PULSE_TRY(
        Statement row,
        db.Select(
            sql::dead_letters::list,
            tenant,
            filter.integration,
            filter.fingerprint,
            filter.state,
            filter.limit,
            filter.id
        )
    );
    PULSE_TRY(bool more, row.Next());
    while (more) {
      letters.push_back(DeadLetterOf(row));
      PULSE_TRY(more, row.Next());
    }
    return letters;
  });
}

Result<std::vector<DeadLetterGroup>> SqliteDeadLetters::Groups(TenantId tenant) {
  return database_.Read([&](Connection& db) -> Result<std::vector<DeadLetterGroup>> {
    std::vector<DeadLetterGroup> groups;
    PULSE_TRY(Statement row, db.Select(sql::dead_letters::groups, tenant));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      groups.push_back({
          .fingerprint = std::string(row.Text(0)),
          .entity_type = std::string(row.Text(1)),
          .message = std::string(row.Text(2)),
          .count = row.Int(3),
          .first_at = row.Int(4),
          .last_at = row.Int(5),
      });
      PULSE_TRY(more, row.Next());
    }
    return groups;
  });
}

Result<DeadLetter> SqliteDeadLetters::Get(TenantId tenant, DeadLetterId id) {
  return database_.Read([&](Connection& db) -> Result<DeadLetter> {
    PULSE_TRY(Statement row, db.Select(sql::dead_letters::get, tenant, id));
    PULSE_TRY(const bool found, row.Next());
    if (!found) return Error{ErrorKind::kNotFound, "no dead letter " + std::to_string(id.value())};
    return DeadLetterOf(row);
  });
}

Result<int> SqliteDeadLetters::Discard(
    TenantId tenant, const DeadLetterFilter& filter, std::string_view reason
) {
  const EpochMs now = database_.now();
  return database_.Write([&](Connection& db) {
    return db.Run(
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
  });
}

}  // namespace pulse::store::sqlite
