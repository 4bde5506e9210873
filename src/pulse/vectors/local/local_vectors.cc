#include "pulse/vectors/local/local_vectors.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "pulse/base/sync.h"
#include "pulse/vectors/check.h"
#include "pulse/vectors/local/database.h"
#include "pulse/vectors/local/nearest.h"

namespace pulse::vectors::local {
namespace {

/// Rows are appended, so a tenant's points lie together in runs of a batch, and the scans below
/// read them in that order by their index. The texts come last: a long title never moves a vector.
constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS space (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    model TEXT NOT NULL,
    dimensions INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS points (
    slot INTEGER PRIMARY KEY,
    tenant_id INTEGER NOT NULL,
    point_id BLOB NOT NULL,
    text_hash INTEGER NOT NULL,
    integration_id INTEGER NOT NULL,
    entity_type TEXT NOT NULL,
    embedding BLOB NOT NULL,
    external_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    title TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS uq_points_tenant_id_point_id ON points (tenant_id, point_id);
  CREATE INDEX IF NOT EXISTS ix_points_tenant_id_entity_type ON points (tenant_id, entity_type);
)sql";

constexpr std::string_view kUpsert = R"sql(
  INSERT INTO points (tenant_id, point_id, text_hash, integration_id, entity_type, embedding,
                      external_id, reference, title)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT (tenant_id, point_id) DO UPDATE SET
    text_hash = excluded.text_hash, integration_id = excluded.integration_id,
    entity_type = excluded.entity_type, embedding = excluded.embedding,
    external_id = excluded.external_id, reference = excluded.reference, title = excluded.title
)sql";

constexpr std::string_view kTextHash =
    "SELECT text_hash FROM points WHERE tenant_id = ?1 AND point_id = ?2";
constexpr std::string_view kScan = R"sql(
  SELECT slot, embedding FROM points INDEXED BY ix_points_tenant_id_entity_type
  WHERE tenant_id = ?1
)sql";
constexpr std::string_view kScanOfType = R"sql(
  SELECT slot, embedding FROM points INDEXED BY ix_points_tenant_id_entity_type
  WHERE tenant_id = ?1 AND entity_type = ?2
)sql";
constexpr std::string_view kHit = R"sql(
  SELECT integration_id, entity_type, external_id, reference, title
  FROM points WHERE slot = ?2 AND tenant_id = ?1
)sql";
constexpr std::string_view kErase = "DELETE FROM points WHERE tenant_id = ?1 AND point_id = ?2";
constexpr std::string_view kEraseIntegration =
    "DELETE FROM points WHERE tenant_id = ?1 AND integration_id = ?2";
constexpr std::string_view kEraseTenant = "DELETE FROM points WHERE tenant_id = ?1";
constexpr std::string_view kPointsAfter = R"sql(
  SELECT point_id FROM points WHERE tenant_id = ?1 AND point_id > ?2 ORDER BY point_id LIMIT ?3
)sql";
constexpr std::string_view kCount = "SELECT count(*) FROM points WHERE tenant_id = ?1";

using PointKey = std::array<std::byte, 16>;

std::byte HexDigit(char c) { return static_cast<std::byte>(c <= '9' ? c - '0' : c - 'a' + 10); }

/// The 16 bytes of a PointId; less than half of its text, and so is the index. In the same order.
Result<PointKey> ParsePointId(std::string_view id) {
  if (!IsPointId(id)) {
    return Error{ErrorKind::kInvalid, "point id " + std::string(id) + " is no uuid"};
  }
  PointKey key{};
  std::size_t digits = 0;
  for (const char c : id) {
    if (c == '-') continue;
    key[digits / 2] = key[digits / 2] << 4 | HexDigit(c);
    ++digits;
  }
  return key;
}

std::string FormatPointId(std::span<const std::byte> key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kDigits[std::to_integer<std::size_t>(key[i]) >> 4];
    id += kDigits[std::to_integer<std::size_t>(key[i]) & 15];
  }
  return id;
}

class LocalVectors final : public Vectors {
 public:
  LocalVectors(std::string path, std::size_t dimensions, Database writer)
      : path_(std::move(path)), dimensions_(dimensions), writer_(std::move(writer)) {}

  Result<std::vector<std::int64_t>> TextHashes(
      TenantId tenant, std::span<const std::string> point_ids
  ) override;
  Result<> Upsert(TenantId tenant, std::span<const Point> points) override;
  Result<std::vector<Hit>> Search(
      TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) override;
  Result<> Erase(TenantId tenant, std::span<const std::string> point_ids) override;
  Result<> EraseIntegration(TenantId tenant, IntegrationId integration) override;
  Result<> EraseTenant(TenantId tenant) override;
  Result<std::int64_t> Count(TenantId tenant) override;
  Result<std::vector<std::string>> PointsAfter(TenantId tenant, std::string_view after, int limit)
      override;
  Result<std::string> Probe() override;

 private:
  template <class Use>
  auto Read(Use use) -> decltype(use(std::declval<Database&>()));
  /// One caller's upsert, on that caller's stack until it is stored.
  struct Waiting {
    TenantId tenant;
    std::span<const Point> points;
    std::vector<PointKey> keys;
    std::optional<Result<>> stored;  ///< Touched by who holds writing_.
  };
  Result<> Store(std::span<Waiting* const> together);
  Result<std::vector<Nearest::Candidate>> Scan(
      Database& database, TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) const;

  const std::string path_;
  const std::size_t dimensions_;
  // SQLite has one writer at a time anyway; waiting here is fair and does not poll.
  std::mutex writing_;
  Database writer_;
  Guarded<std::vector<Waiting*>> waiting_;  ///< For writing_.
  Guarded<std::vector<Database>> idle_readers_;
};

/// Runs `use` on a connection of its own, in one snapshot.
template <class Use>
auto LocalVectors::Read(Use use) -> decltype(use(std::declval<Database&>())) {
  std::optional<Database> reader = idle_readers_.With([](std::vector<Database>& idle) {
    std::optional<Database> one;
    if (!idle.empty()) {
      one = std::move(idle.back());
      idle.pop_back();
    }
    return one;
  });
  if (!reader) {
    PULSE_TRY(reader, Database::Open(path_));
  }

  auto result = [&]() -> decltype(use(*reader)) {
    PULSE_TRY(Transaction snapshot, Transaction::Begin(*reader, Transaction::Mode::kRead));
    return use(*reader);
  }();

  constexpr std::size_t kMostIdle = 4;  // Two megabytes of cache each.
  idle_readers_.With([&](std::vector<Database>& idle) {
    if (idle.size() < kMostIdle) idle.push_back(std::move(*reader));
  });
  return result;
}

Result<std::vector<std::int64_t>> LocalVectors::TextHashes(
    TenantId tenant, std::span<const std::string> point_ids
) {
  return Read([&](Database& database) -> Result<std::vector<std::int64_t>> {
    PULSE_TRY(Statement find, database.Prepare(kTextHash));
    std::vector<std::int64_t> hashes;
    hashes.reserve(point_ids.size());
    for (const std::string& id : point_ids) {
      PULSE_TRY(const PointKey key, ParsePointId(id));
      PULSE_TRY(const bool found, find.Bind(1, tenant.value()).Bind(2, key).Step());
      hashes.push_back(found ? find.Integer(0) : 0);
      find.Reset();
    }
    return hashes;
  });
}

/// Upserts that come while another one is written wait together, and the first of them to be let in
/// writes them all: one fsync for as many as there are threads.
Result<> LocalVectors::Upsert(TenantId tenant, std::span<const Point> points) {
  Waiting mine{.tenant = tenant, .points = points, .keys = {}, .stored = {}};
  for (const Point& point : points) {
    PULSE_CHECK(CheckVector("point " + point.id, point.values, dimensions_));
    PULSE_TRY(mine.keys.emplace_back(), ParsePointId(point.id));
  }
  waiting_.With([&](auto& waiting) { waiting.push_back(&mine); });

  const std::lock_guard lock(writing_);
  if (mine.stored) return *mine.stored;
  const auto together =
      waiting_.With([](auto& waiting) { return std::exchange(waiting, std::vector<Waiting*>{}); });
  // What the others find should this one be thrown out of the middle of it.
  for (Waiting* one : together)
    one->stored = Error{ErrorKind::kInternal, "an upsert beside failed"};
  const Result<> stored = Store(together);
  for (Waiting* one : together) one->stored = stored;
  return stored;
}

Result<> LocalVectors::Store(std::span<Waiting* const> together) {
  PULSE_TRY(Transaction transaction, Transaction::Begin(writer_, Transaction::Mode::kWrite));
  PULSE_TRY(Statement upsert, writer_.Prepare(kUpsert));
  for (const Waiting* one : together) {
    for (std::size_t i = 0; i < one->points.size(); ++i) {
      const Point& point = one->points[i];
      upsert.Bind(1, one->tenant.value()).Bind(2, one->keys[i]).Bind(3, point.text_hash);
      upsert.Bind(4, point.integration.value()).Bind(5, point.entity_type);
      upsert.Bind(6, std::as_bytes(std::span(point.values))).Bind(7, point.external_id);
      upsert.Bind(8, point.reference).Bind(9, point.title);
      PULSE_TRY([[maybe_unused]] const bool row, upsert.Step());
      upsert.Reset();
    }
  }
  return transaction.Commit();
}

Result<std::vector<Nearest::Candidate>> LocalVectors::Scan(
    Database& database, TenantId tenant, std::span<const float> query, const SearchFilter& filter
) const {
  const bool any_type = filter.entity_type.empty();
  PULSE_TRY(Statement scan, database.Prepare(any_type ? kScan : kScanOfType));
  scan.Bind(1, tenant.value());
  if (!any_type) scan.Bind(2, filter.entity_type);

  Nearest nearest(static_cast<std::size_t>(filter.limit));
  std::vector<float> values(dimensions_);  // A page gives no aligned floats.
  while (true) {
    PULSE_TRY(const bool row, scan.Step());
    if (!row) break;
    const std::span<const std::byte> bytes = scan.Bytes(1);
    if (bytes.size() != dimensions_ * sizeof(float)) {
      return Error{ErrorKind::kInternal, "a stored vector has a wrong size"};
    }
    std::memcpy(values.data(), bytes.data(), bytes.size());
    nearest.Offer({.score = Dot(query, values), .slot = scan.Integer(0)});
  }
  return std::move(nearest).Take();
}

Result<std::vector<Hit>> LocalVectors::Search(
    TenantId tenant, std::span<const float> query, const SearchFilter& filter
) {
  PULSE_CHECK(CheckVector("query", query, dimensions_));
  PULSE_CHECK(CheckLimit(filter.limit, kMostHits));
  return Read([&](Database& database) -> Result<std::vector<Hit>> {
    PULSE_TRY(const auto nearest, Scan(database, tenant, query, filter));
    PULSE_TRY(Statement load, database.Prepare(kHit));
    std::vector<Hit> hits;
    hits.reserve(nearest.size());
    for (const auto& [score, slot] : nearest) {
      PULSE_TRY(const bool found, load.Bind(1, tenant.value()).Bind(2, slot).Step());
      if (!found) return Error{ErrorKind::kInternal, "a point vanished inside its snapshot"};
      hits.push_back({
          .score = score,
          .integration = IntegrationId(load.Integer(0)),
          .entity_type = std::string(load.Text(1)),
          .external_id = std::string(load.Text(2)),
          .reference = std::string(load.Text(3)),
          .title = std::string(load.Text(4)),
      });
      load.Reset();
    }
    return hits;
  });
}

Result<> LocalVectors::Erase(TenantId tenant, std::span<const std::string> point_ids) {
  const std::lock_guard lock(writing_);
  PULSE_TRY(Transaction transaction, Transaction::Begin(writer_, Transaction::Mode::kWrite));
  PULSE_TRY(Statement erase, writer_.Prepare(kErase));
  for (const std::string& id : point_ids) {
    PULSE_TRY(const PointKey key, ParsePointId(id));
    PULSE_TRY([[maybe_unused]] const bool row, erase.Bind(1, tenant.value()).Bind(2, key).Step());
    erase.Reset();
  }
  return transaction.Commit();
}

Result<> LocalVectors::EraseIntegration(TenantId tenant, IntegrationId integration) {
  const std::lock_guard lock(writing_);
  {
    PULSE_TRY(Statement erase, writer_.Prepare(kEraseIntegration));
    erase.Bind(1, tenant.value()).Bind(2, integration.value());
    PULSE_TRY([[maybe_unused]] const bool row, erase.Step());
  }
  // As after EraseTenant.
  return writer_.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<> LocalVectors::EraseTenant(TenantId tenant) {
  const std::lock_guard lock(writing_);
  {
    PULSE_TRY(Statement erase, writer_.Prepare(kEraseTenant));
    PULSE_TRY([[maybe_unused]] const bool row, erase.Bind(1, tenant.value()).Step());
  }
  // secure_delete overwrote the rows; their copies in the log go as well.
  return writer_.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Result<std::int64_t> LocalVectors::Count(TenantId tenant) {
  return Read([&](Database& database) -> Result<std::int64_t> {
    PULSE_TRY(Statement count, database.Prepare(kCount));
    PULSE_TRY([[maybe_unused]] const bool row, count.Bind(1, tenant.value()).Step());
    return count.Integer(0);
  });
}

Result<std::vector<std::string>> LocalVectors::PointsAfter(
    TenantId tenant, std::string_view after, int limit
) {
  PULSE_CHECK(CheckLimit(limit, kMostListedPoints));
  std::span<const std::byte> last;  // Before every key.
  PointKey key{};
  if (!after.empty()) {
    PULSE_TRY(key, ParsePointId(after));
    last = key;
  }
  return Read([&](Database& database) -> Result<std::vector<std::string>> {
    PULSE_TRY(Statement list, database.Prepare(kPointsAfter));
    list.Bind(1, tenant.value()).Bind(2, last).Bind(3, limit);
    std::vector<std::string> ids;
    while (true) {
      PULSE_TRY(const bool row, list.Step());
      if (!row) return ids;
      ids.push_back(FormatPointId(list.Bytes(0)));
    }
  });
}

Result<std::string> LocalVectors::Probe() {
  // A file that somebody removed stays open and readable here; it is gone for everybody else.
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(path_, failed);
  if (failed) {
    return Error{ErrorKind::kUnavailable, "vectors file " + path_ + ": " + failed.message()};
  }
  PULSE_CHECK(Read([](Database& database) -> Result<> {
    PULSE_TRY(Statement read, database.Prepare("SELECT model, dimensions FROM space"));
    PULSE_TRY(const bool row, read.Step());
    if (!row) return Error{ErrorKind::kInvalid, "the vectors file names no model"};
    return {};
  }));
  return "file " + path_ + ", " + std::to_string((bytes + 1023) / 1024) + " KiB, " +
         std::to_string(dimensions_) + " dimensions";
}

/// Claims a new file for this space, or checks that an old one is of it.
Result<> EnterSpace(Database& database, int dimensions, std::string_view model) {
  PULSE_TRY(Transaction transaction, Transaction::Begin(database, Transaction::Mode::kWrite));
  PULSE_CHECK(database.Execute(kSchema));
  {
    PULSE_TRY(Statement claim, database.Prepare("INSERT OR IGNORE INTO space VALUES (1, ?1, ?2)"));
    PULSE_TRY([[maybe_unused]] const bool none, claim.Bind(1, model).Bind(2, dimensions).Step());
    PULSE_TRY(Statement read, database.Prepare("SELECT model, dimensions FROM space"));
    PULSE_TRY([[maybe_unused]] const bool row, read.Step());
    if (read.Text(0) != model || read.Integer(1) != dimensions) {
      return Error{
          ErrorKind::kInvalid,
          "it holds points of " + std::string(read.Text(0)) + " (" +
              std::to_string(read.Integer(1)) + " dimensions), not of " + std::string(model) +
              " (" + std::to_string(dimensions) +
              "); rebuild it: pulse vector rebuild --reset --yes"
      };
    }
  }
  return transaction.Commit();
}

Result<std::unique_ptr<Vectors>> Open(
    const std::string& path, int dimensions, std::string_view model
) {
  if (dimensions < 1 || dimensions > kMostDimensions) {
    return Error{
        ErrorKind::kInvalid, std::to_string(dimensions) + " dimensions are not within 1..4096"
    };
  }
  PULSE_TRY(Database writer, Database::Open(path));
  PULSE_CHECK(EnterSpace(writer, dimensions, model));
  return std::unique_ptr<Vectors>(
      std::make_unique<LocalVectors>(path, static_cast<std::size_t>(dimensions), std::move(writer))
  );
}

}  // namespace

Result<std::unique_ptr<Vectors>> OpenLocalVectors(
    const std::string& path, int dimensions, std::string_view model
) {
  auto vectors = Open(path, dimensions, model);
  if (!vectors) return std::move(vectors).error().While("vectors file " + path);
  return vectors;
}

Result<> RemoveLocalVectors(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code failed;
    std::filesystem::remove(path + suffix, failed);
    if (failed) {
      return Error{ErrorKind::kUnavailable, "remove " + path + suffix + ": " + failed.message()};
    }
  }
  return {};
}

}  // namespace pulse::vectors::local
