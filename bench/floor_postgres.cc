// The floor on PostgreSQL: the same rows into the same tables, columns and indexes, as durable as
// the product's, with nothing around it. Ten pages a transaction: COPY into temporary tables, then
// one upsert per table. As a superuser, so row-level security costs it nothing.
#include "floor_postgres.h"

#include <cstring>
#include <optional>
#include <vector>

#include "floor_records.h"
#include <libpq-fe.h>

#include "pulse/base/hash.h"

namespace pulse::bench {
namespace {

constexpr int kPagesPerTransaction = 10;

PGconn* db = nullptr;
long round_trips = 0;

PGresult* Expect(PGresult* result, ExecStatusType wanted) {
  if (PQresultStatus(result) != wanted) Die(PQerrorMessage(db));
  return result;
}

void Run(const std::string& sql) {
  ++round_trips;
  PQclear(Expect(PQexec(db, sql.c_str()), PGRES_COMMAND_OK));
}

/// One value in COPY's text format.
void AppendCopied(const std::string& value, std::string& out) {
  for (const char c : value) {
    switch (c) {
      case '\0':
        break;  // PostgreSQL keeps none in a text.
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

/// One table: rows wait as COPY text until Flush.
class Copied {
 public:
  explicit Copied(const model::Table& table) : table_(table), values_(table.columns.size()) {
    const std::string name(table.name);
    std::string names, sets, key;
    for (const auto& column : table.columns) {
      names.append(column.name).append(", ");
      sets.append(column.name).append(" = excluded.").append(column.name).append(", ");
    }
    for (std::size_t i = 0; i < table.key_columns; ++i) {
      key.append(", ").append(table.columns[i].name);
    }
    names += "raw_id, content_hash";
    Run("CREATE TEMP TABLE new_" + name + " ON COMMIT DELETE ROWS AS SELECT " + names + " FROM " +
        name + " WITH NO DATA");
    copy_ = "COPY new_" + name + " (" + names + ") FROM STDIN";
    const bool child = table.parent.table != nullptr;
    std::string into = names, from = "n." + names;
    for (std::size_t at = 2; (at = from.find(", ", at)) != std::string::npos; at += 4) {
      from.replace(at, 2, ", n.");
    }
    into += ", tenant_id, integration_id, raw_position, job_id, created_at, updated_at";
    from += ", 1, 1, 0, 1, now(), now()";
    if (child) into.append(", ").append(table.parent.surrogate), from += ", p.id";
    if (table.primary()) into += ", source_version, absent_fields", from += ", 0, '[]'";
    upsert_ = "INSERT INTO " + name + " (" + into + ") SELECT " + from + " FROM new_" + name + " n";
    if (child) upsert_ += Join();
    upsert_ += " ON CONFLICT (tenant_id, integration_id" + key + ") DO UPDATE SET " + sets +
               "content_hash = excluded.content_hash, updated_at = excluded.updated_at WHERE " +
               name + ".content_hash <> excluded.content_hash";
  }

  void Set(std::string_view column, std::string text) {
    hasher_.Add(text);
    values_[table_.IndexOf(column)] = std::move(text);
  }
  void Set(std::string_view column, double number) {
    hasher_.Add(static_cast<std::int64_t>(number));
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", number);
    values_[table_.IndexOf(column)] = text;
  }
  std::int64_t Write(std::int64_t raw, std::int64_t = 0) {
    for (auto& value : values_) {
      if (value) {
        AppendCopied(*value, waiting_);
      } else {
        waiting_ += "\\N";
      }
      waiting_ += '\t';
      value.reset();
    }
    waiting_.append(std::to_string(raw)).append("\t");
    waiting_.append(std::to_string(hasher_.Finish())).append("\n");
    ++rows;
    return 0;
  }
  void Flush() {
    if (waiting_.empty()) return;
    ++round_trips;
    PQclear(Expect(PQexec(db, copy_.c_str()), PGRES_COPY_IN));
    const int size = static_cast<int>(waiting_.size());
    if (PQputCopyData(db, waiting_.data(), size) != 1 || PQputCopyEnd(db, nullptr) != 1) {
      Die(PQerrorMessage(db));
    }
    PQclear(Expect(PQgetResult(db), PGRES_COMMAND_OK));
    while (PGresult* more = PQgetResult(db)) PQclear(more);
    waiting_.clear();
    Run(upsert_);
  }
  static inline long rows = 0;

 private:
  /// Each row's parent, looked up by its key as the product does it: nothing knows how large these
  /// tables become, and left to itself the server reads all issues once per batch, which made
  /// 100,000 issues twice as dear as 10,000.
  std::string Join() const {
    const model::ParentLink& link = table_.parent;
    std::string sql = " CROSS JOIN LATERAL (SELECT p.id FROM " + std::string(link.table->name) +
                      " p WHERE p.tenant_id = 1 AND p.integration_id = 1";
    const std::size_t last = link.child_columns.size() - 1;
    const auto add = [&](std::size_t i, std::string_view compared) {
      sql.append(" AND p.").append(link.parent_columns[i]).append(compared);
      sql.append("n.").append(link.child_columns[i]);
    };
    for (std::size_t i = 0; i < last; ++i) add(i, " = ");
    add(last, " >= ");
    add(last, " <= ");
    return sql.append(" ORDER BY p.").append(link.parent_columns[last]).append(" LIMIT 1) p");
  }

  const model::Table& table_;
  std::vector<std::optional<std::string>> values_;
  Hasher hasher_;
  std::string copy_, upsert_, waiting_;
};

std::int64_t KeepRaw(const std::string& bytes) {
  static constexpr const char* kInsert =
      "WITH page AS (INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, "
      "created_at) VALUES (1, 'jira_issues', 'completed', now()) RETURNING id, created_at) "
      "INSERT INTO raw_bodies (tenant_id, raw_id, created_at, body) "
      "SELECT 1, id, created_at, $1 FROM page RETURNING raw_id";
  const std::string packed = Pack(bytes);
  const char* value = packed.data();
  const int size = static_cast<int>(packed.size()), binary = 1;
  ++round_trips;
  PGresult* kept =
      Expect(PQexecParams(db, kInsert, 1, nullptr, &value, &size, &binary, 0), PGRES_TUPLES_OK);
  const std::int64_t id = std::strtoll(PQgetvalue(kept, 0, 0), nullptr, 10);
  PQclear(kept);
  return id;
}

}  // namespace

Loaded LoadIntoPostgres(const std::string& site, const std::string& database) {
  db = PQconnectdb(database.c_str());
  if (PQstatus(db) != CONNECTION_OK) Die(PQerrorMessage(db));
  // See Join: an index in the right order, or none.
  Run("SET enable_sort = off");
  Run("INSERT INTO tenants (id, name, created_at) OVERRIDING SYSTEM VALUE VALUES (1, 'floor', "
      "now()) ON CONFLICT DO NOTHING");
  Records<Copied> records;
  Loaded loaded;
  int pages = 0;
  loaded.issues = FetchAll(site, [&](const std::string& body, Element page, bool last) {
    if (pages % kPagesPerTransaction == 0) Run("BEGIN");
    const std::int64_t raw = KeepRaw(body);
    ForEach(page, "/issues", [&](Element issue) { records.Issue(issue, raw); });
    if (++pages % kPagesPerTransaction != 0 && !last) return;
    records.ForAll([](Copied& table) { table.Flush(); });
    Run("COMMIT");
    ++loaded.commits;
  });
  PQfinish(db);
  loaded.rows = Copied::rows;
  loaded.round_trips = round_trips;
  return loaded;
}

}  // namespace pulse::bench
