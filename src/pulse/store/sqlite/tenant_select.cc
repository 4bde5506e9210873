#include "pulse/store/sqlite/tenant_select.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <vector>

#include <sqlite3.h>

#include "pulse/base/ascii.h"
#include "pulse/model/json_text.h"
#include "pulse/model/tables.h"
#include "pulse/store/sqlite/connection.h"

namespace pulse::store::sqlite {
namespace {

constexpr std::size_t kMostResultBytes = std::size_t{64} << 20;
constexpr int kMostValueBytes = 16 << 20;  // Also bounds what string functions may allocate.

/// A ledger table people may read: its name, the tenant's column, and columns shown as instants.
struct LedgerView {
  std::string_view table;
  std::string_view tenant_column;
  std::string_view columns;
};
#define PULSE_INSTANT(column) \
  "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1000.0, 'unixepoch') AS " column
constexpr LedgerView kLedgerViews[] = {
    // The name is there for the authorizer: a row found by its rowid alone looks to it like a
    // direct
    // read of main.tenants, which is refused.
    {"tenants", "length(name) > 0 AND id", "id, name, " PULSE_INSTANT("created_at")},
    {"integrations",
     "tenant_id",
     "id, tenant_id, name, provider, base_url, account, scope, state, state_reason, " PULSE_INSTANT(
         "created_at"
     )},
    {"etl_jobs",
     "tenant_id",
     "id, tenant_id, integration_id, job_type, status, priority, options, open_steps, "
     "cancel_requested, error, " PULSE_INSTANT("created_at") ", " PULSE_INSTANT("started_at"
     ) ", " PULSE_INSTANT("finished_at")},
    {"raw_extraction_data",
     "tenant_id",
     "id, tenant_id, integration_id, entity_type, processing_status, error_details, record_count, "
     "job_id, step_id, request, request_hash, content_hash, http_status, body_bytes, "
     "transform_version, " PULSE_INSTANT("fetched_at") ", " PULSE_INSTANT("created_at")},
    {"dead_letters",
     "tenant_id",
     "id, tenant_id, integration_id, job_id, step_id, raw_id, entity_type, stage, raw_position, "
     "external_id, fingerprint, message, sample, counts_as_record, state, "
     "state_reason, " PULSE_INSTANT("created_at") ", " PULSE_INSTANT("settled_at")},
};
#undef PULSE_INSTANT

// Reading files and loading code are not offered by our build of SQLite, or switched off; should a
// packager switch them on, they are still refused here.
constexpr std::string_view kRefusedFunctions[] = {
    "load_extension",
    "readfile",
    "writefile",
    "edit",
    "fts3_tokenizer",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_log",
    "zeroblob",
    "randomblob",
};
constexpr std::string_view kTableFunctions[] = {"json_each", "json_tree"};

std::string_view View(const char* text) { return text == nullptr ? std::string_view() : text; }

/// Decides what the statement may touch. `inner` is the prefix of the inner views of this call.
struct Gate {
  std::string inner;
  std::vector<std::string> offered;
  std::vector<std::string> existing;  ///< Every table, view and virtual table module there is.

  bool MayRead(std::string_view table, std::string_view database, std::string_view from) const {
    if (std::ranges::find(kTableFunctions, table) != std::end(kTableFunctions)) return true;
    if (!IsOneOf(offered, table) && !table.starts_with(inner)) return false;
    if (database == "temp") return true;
    return database == "main" && from == inner + std::string(table);
  }
  /// A table of which no column is read (`SELECT count(*) FROM x`), by the name that was typed. It
  /// may be a named subquery, about which nothing else is known: then nothing real has that name.
  bool MayCount(std::string_view name) const {
    const bool is_real =
        IsOneOf(existing, name) || StartsWith(name, "sqlite_") || StartsWith(name, "pragma_");
    return IsOneOf(offered, name) || IsOneOf({"json_each", "json_tree"}, name) || !is_real;
  }

 private:
  static bool IsOneOf(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::any_of(names, [&](const std::string& one) {
      return EqualIgnoringCase(one, name);
    });
  }
  static bool StartsWith(std::string_view name, std::string_view prefix) {
    return EqualIgnoringCase(name.substr(0, prefix.size()), prefix);
  }
};

int Authorize(
    void* context, int action, const char* a, const char* b, const char* database, const char* from
) {
  const Gate& gate = *static_cast<const Gate*>(context);
  bool allowed = false;
  if (action == SQLITE_SELECT || action == SQLITE_RECURSIVE) {
    allowed = true;
  } else if (action == SQLITE_FUNCTION) {
    allowed = std::ranges::find(kRefusedFunctions, View(b)) == std::end(kRefusedFunctions);
  } else if (action == SQLITE_READ) {
    const bool names_no_column = View(b).empty() && View(database).empty();
    allowed = names_no_column ? gate.MayCount(View(a))
                              : gate.MayRead(View(a), View(database), View(from));
  }
  return allowed ? SQLITE_OK : SQLITE_DENY;
}

std::string RandomName() {
  std::random_device random;
  std::string name = "v";
  for (int i = 0; i < 4; ++i) name += std::to_string(random());
  return name + "_";
}

/// The views and the gate that knows them.
Result<> OfferTables(Connection& db, TenantId tenant, Gate& gate) {
  std::string script;
  const auto offer = [&](std::string_view table, std::string_view column, std::string_view list) {
    const std::string name(table);
    const std::string inner = gate.inner + name;
    script += "CREATE TEMP VIEW " + inner + " AS SELECT " + std::string(list) + " FROM main." +
              name + " WHERE " + std::string(column) + " = " + std::to_string(tenant.value()) + ";";
    script += "CREATE TEMP VIEW " + name + " AS SELECT * FROM temp." + inner + ";";
    gate.offered.push_back(name);
  };
  for (const model::Table* table : model::kTables) offer(table->name, "tenant_id", "*");
  for (const LedgerView& view : kLedgerViews) offer(view.table, view.tenant_column, view.columns);
  // SQLite sets table functions up at their first use, which the authorizer would refuse as a
  // write.
  script += "SELECT 1 FROM json_each('[]'), json_tree('[]');";
  return db.Execute(script.c_str(), "select.views");
}

constexpr Query kExisting{
    "select.existing", "SELECT name FROM sqlite_master UNION SELECT name FROM pragma_module_list"
};

Result<> ListExisting(Connection& db, Gate& gate) {
  PULSE_TRY(Statement row, db.Select(kExisting));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    gate.existing.emplace_back(row.Text(0));
    PULSE_TRY(more, row.Next());
  }
  return {};
}

std::string_view SkipSpaceAndComments(std::string_view sql) {
  while (!sql.empty()) {
    if (std::isspace(static_cast<unsigned char>(sql.front())) != 0 || sql.front() == ';') {
      sql.remove_prefix(1);
    } else if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.size(), sql.find('\n')));
    } else if (sql.starts_with("/*")) {
      const std::size_t end = sql.find("*/", 2);
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      break;
    }
  }
  return sql;
}

bool StartsAsSelect(std::string_view sql) {
  sql = SkipSpaceAndComments(sql);
  std::string word;
  for (const char c : sql.substr(0, 7)) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += Lower(c);
  }
  return word == "select" || word == "with" || word == "values";
}

class Prepared {
 public:
  ~Prepared() { sqlite3_finalize(stmt_); }
  Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  Result<> Prepare(sqlite3* db, std::string_view sql) {
    if (!StartsAsSelect(sql)) {
      return Error{
          ErrorKind::kInvalid, "only one SELECT (or WITH … SELECT, or VALUES) is accepted"
      };
    }
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &stmt_, &rest);
    if (code != SQLITE_OK) {
      return Error{ErrorKind::kInvalid, std::string("query refused: ") + sqlite3_errmsg(db)};
    }
    const auto used = static_cast<std::size_t>(rest - sql.data());
    if (!SkipSpaceAndComments(sql.substr(used)).empty()) {
      return Error{ErrorKind::kInvalid, "only one statement is accepted; there is text after it"};
    }
    if (stmt_ == nullptr || sqlite3_stmt_readonly(stmt_) == 0) {
      return Error{ErrorKind::kInvalid, "the statement is not a SELECT"};
    }
    return {};
  }
  sqlite3_stmt* get() const { return stmt_; }

 private:
  sqlite3_stmt* stmt_ = nullptr;
};

void AppendBlob(std::string& out, sqlite3_stmt* row, int column) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(row, column));
  const int size = sqlite3_column_bytes(row, column);
  out += '"';
  for (int i = 0; i < size; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  out += '"';
}

void AppendValue(std::string& out, sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      out += std::to_string(sqlite3_column_int64(row, column));
      break;
    case SQLITE_FLOAT:
      model::AppendJsonNumber(out, sqlite3_column_double(row, column));
      break;
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
      const int size = sqlite3_column_bytes(row, column);
      model::AppendJsonString(out, {text, static_cast<std::size_t>(size)});
      break;
    }
    case SQLITE_BLOB:
      AppendBlob(out, row, column);
      break;
    default:
      out += "null";
  }
}

void AppendRow(std::string& out, sqlite3_stmt* row) {
  out += '{';
  for (int i = 0; i < sqlite3_column_count(row); ++i) {
    if (i > 0) out += ',';
    model::AppendJsonString(out, View(sqlite3_column_name(row, i)));
    out += ':';
    AppendValue(out, row, i);
  }
  out += '}';
}

Error RunError(sqlite3* db, int code, const TenantSelectOptions& options) {
  if ((code & 0xFF) == SQLITE_INTERRUPT) {
    return Error{
        ErrorKind::kTimeout,
        "query ran over " + std::to_string(options.time_limit.count()) + " ms and was stopped"
    };
  }
  Error error = SqliteError(db, code, "select");
  if (error.kind() == ErrorKind::kUnavailable) return error;
  return Error{ErrorKind::kInvalid, std::string("query failed: ") + sqlite3_errmsg(db)};
}

Result<std::string> Collect(sqlite3* db, sqlite3_stmt* stmt, const TenantSelectOptions& options) {
  std::string out = "[";
  for (int rows = 0; rows < options.max_rows; ++rows) {
    const int code = sqlite3_step(stmt);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return RunError(db, code, options);
    if (rows > 0) out += ',';
    AppendRow(out, stmt);
    if (out.size() > kMostResultBytes) {
      return Error{ErrorKind::kInvalid, "result is over 64 MiB; select less"};
    }
  }
  return out += ']';
}

int PastDeadline(void* deadline) {
  using Clock = std::chrono::steady_clock;
  return Clock::now() >= *static_cast<const Clock::time_point*>(deadline) ? 1 : 0;
}

void Harden(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kMostValueBytes);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
}

}  // namespace

Result<std::string> TenantSelect(const TenantSelectOptions& options, std::string_view sql) {
  PULSE_TRY(const auto db, Connection::Open({.path = options.path, .access = Access::kRead}));
  PULSE_CHECK(db->Execute("PRAGMA query_only=OFF", "pragmas")
  );  // Temporary views are writes to it.
  Gate gate{.inner = RandomName(), .offered = {}, .existing = {}};
  PULSE_CHECK(ListExisting(*db, gate));
  PULSE_CHECK(OfferTables(*db, options.tenant, gate));
  PULSE_CHECK(db->Execute("PRAGMA query_only=ON", "pragmas"));
  Harden(db->handle());
  auto deadline = std::chrono::steady_clock::now() + options.time_limit;
  // Asked every 1000 virtual-machine steps, some ten microseconds.
  sqlite3_progress_handler(db->handle(), 1000, PastDeadline, &deadline);
  sqlite3_set_authorizer(db->handle(), Authorize, &gate);
  Prepared statement;
  PULSE_CHECK(statement.Prepare(db->handle(), sql));
  return Collect(db->handle(), statement.get(), options);
}

}  // namespace pulse::store::sqlite
