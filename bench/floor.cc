// The floor: what loading Jira issues costs when nothing but the loading is done.
//
//   floor URL DATABASE     DATABASE was made by `pulse db migrate`: a file, or postgresql://…
//
// Fetches search/jql pages of 100 with the inline history, keeps each page as zstd bytes, parses it
// and writes the same rows into the same tables, columns and indexes, with the same durability: no
// ledger, no retries, no counters, no vectors. Ten pages a transaction. Here is SQLite's, by bare
// prepared upserts; floor_postgres.cc is the other.
#include <chrono>
#include <deque>

#include "floor_postgres.h"
#include "floor_records.h"
#include <sqlite3.h>

#include "pulse/base/hash.h"

namespace pulse::bench {
namespace {

using model::Table;

sqlite3* db = nullptr;

void Run(const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sqlite3_errmsg(db));
}

void Step(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) Die(sqlite3_errmsg(db));
  sqlite3_reset(statement);
}

sqlite3_stmt* Prepare(const std::string& sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v3(db, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr) != 0) {
    Die(sql + ": " + sqlite3_errmsg(db));
  }
  return made;
}

/// One table's upsert; what is not set is null.
class Upsert {
 public:
  explicit Upsert(const Table& table) : table_(table) {
    std::string names = "tenant_id, integration_id", marks = "1, 1", sets, key;
    for (const auto& column : table.columns) {
      names.append(", ").append(column.name);
      marks += ", ?";
      sets.append(column.name).append(" = excluded.").append(column.name).append(", ");
    }
    if (table.parent.table != nullptr)
      names.append(", ").append(table.parent.surrogate), marks += ", ?";
    names += ", raw_id, content_hash, raw_position, job_id, created_at, updated_at";
    marks += ", ?, ?, 0, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'";
    if (table.primary()) names += ", source_version, absent_fields", marks += ", 0, '[]'";
    for (std::size_t i = 0; i < table.key_columns; ++i)
      key.append(", ").append(table.columns[i].name);
    statement_ = Prepare(
        "INSERT INTO " + std::string(table.name) + " (" + names + ") VALUES (" + marks +
        ") ON CONFLICT (tenant_id, integration_id" + key + ") DO UPDATE SET " + sets +
        "content_hash = excluded.content_hash WHERE excluded.content_hash <> content_hash"
    );
  }

  void Set(std::string_view column, std::string text) {
    kept_.push_back(std::move(text));
    hasher_.Add(kept_.back());
    const auto size = static_cast<int>(kept_.back().size());
    sqlite3_bind_text(statement_, At(column), kept_.back().data(), size, SQLITE_STATIC);
  }
  void Set(std::string_view column, double number) {
    hasher_.Add(static_cast<std::int64_t>(number));
    sqlite3_bind_double(statement_, At(column), number);
  }
  std::int64_t Write(std::int64_t raw, std::int64_t parent = 0) {
    int at = static_cast<int>(table_.columns.size());
    if (table_.parent.table != nullptr) sqlite3_bind_int64(statement_, ++at, parent);
    sqlite3_bind_int64(statement_, ++at, raw);
    sqlite3_bind_int64(statement_, ++at, hasher_.Finish());
    Step(statement_);
    sqlite3_clear_bindings(statement_);
    kept_.clear();
    ++rows;
    return sqlite3_last_insert_rowid(db);
  }
  static inline std::int64_t rows = 0;

 private:
  int At(std::string_view column) const { return static_cast<int>(table_.IndexOf(column)) + 1; }

  const Table& table_;
  sqlite3_stmt* statement_ = nullptr;
  Hasher hasher_;
  std::deque<std::string> kept_;
};

std::int64_t KeepRaw(const std::string& bytes) {
  static sqlite3_stmt* const page = Prepare(
      "INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, created_at) "
      "VALUES (1, 'jira_issues', 'completed', 0)"
  );
  static sqlite3_stmt* const body =
      Prepare("INSERT INTO raw_bodies (raw_id, tenant_id, created_at, body) VALUES (?, 1, 0, ?)");
  const std::string packed = Pack(bytes);
  Step(page);
  const std::int64_t id = sqlite3_last_insert_rowid(db);
  sqlite3_bind_int64(body, 1, id);
  sqlite3_bind_blob(body, 2, packed.data(), static_cast<int>(packed.size()), SQLITE_STATIC);
  Step(body);
  return id;
}

Loaded LoadIntoSqlite(const std::string& site, const char* database) {
  if (sqlite3_open(database, &db) != SQLITE_OK) Die("cannot open the database");
  Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
      "INSERT OR IGNORE INTO tenants (id, name, created_at) VALUES (1, 'floor', 0)");
  Records<Upsert> records;
  Loaded loaded;
  int pages = 0;
  loaded.issues = FetchAll(site, [&](const std::string& body, Element page, bool last) {
    if (pages % 10 == 0) Run("BEGIN IMMEDIATE");
    const std::int64_t raw = KeepRaw(body);
    ForEach(page, "/issues", [&](Element issue) { records.Issue(issue, raw); });
    if (++pages % 10 != 0 && !last) return;
    Run("COMMIT");
    ++loaded.commits;
  });
  loaded.rows = long(Upsert::rows);
  return loaded;
}

}  // namespace
}  // namespace pulse::bench

int main(int argc, char** argv) {
  if (argc != 3) pulse::bench::Die("usage: floor URL DATABASE");
  const double cpu = pulse::bench::CpuMicroseconds();
  const auto started = std::chrono::steady_clock::now();
  const bool server = std::string_view(argv[2]).starts_with(std::string_view("postgresql://"));
  const pulse::bench::Loaded loaded = server ? pulse::bench::LoadIntoPostgres(argv[1], argv[2])
                                             : pulse::bench::LoadIntoSqlite(argv[1], argv[2]);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - started;
  std::printf(
      "{\"name\":\"floor\",\"issues\":%ld,\"rows\":%ld,\"cpu_us_per_issue\":%.2f,"
      "\"issues_per_second\":%.0f,\"round_trips\":%ld,\"commits\":%ld}\n",
      loaded.issues,
      loaded.rows,
      (pulse::bench::CpuMicroseconds() - cpu) / double(loaded.issues),
      double(loaded.issues) / wall.count(),
      loaded.round_trips,
      loaded.commits
  );
}
