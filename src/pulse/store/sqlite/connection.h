#pragma once

/// \file
/// Connection: one sqlite3 handle with its prepared statements. Used by one thread at a time.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pulse/base/error.h"
#include "pulse/store/sqlite/statement.h"

namespace pulse::store::sqlite {

enum class Access : unsigned char { kCreate, kWrite, kRead };

struct ConnectionOptions {
  std::string path;
  Access access = Access::kWrite;
  /// How long a statement waits for another process's lock.
  std::chrono::milliseconds busy_timeout{10'000};
  /// Asked before each statement runs, with the query's name; an error makes it fail. Tests only.
  std::function<Result<>(std::string_view)> before_statement = {};
};

class Connection {
 public:
  /// Errors: kUnavailable (no such file, no permission), kInternal (not a database).
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The cached statement of `query`, ready to bind. The query's texts must outlive the connection.
  /// One loan of a query at a time.
  Result<Statement> Prepare(const Query& query);

  /// A statement with values bound, to read rows from.
  template <class... Values>
  Result<Statement> Select(const Query& query, const Values&... values) {
    PULSE_TRY(Statement statement, Prepare(query));
    statement.Bind(values...);
    return statement;
  }
  /// Runs a statement; returns how many rows it changed.
  template <class... Values>
  Result<int> Run(const Query& query, const Values&... values) {
    PULSE_TRY(Statement statement, Prepare(query));
    return statement.Bind(values...).Run();
  }
  /// Runs a statement whose change count nobody needs.
  template <class... Values>
  Result<> Do(const Query& query, const Values&... values) {
    if (auto changed = Run(query, values...); !changed) return std::move(changed).error();
    return {};
  }
  /// Runs a script of statements that bind nothing.
  Result<> Execute(const char* script, std::string_view name);
  /// Ends a transaction without keeping anything of it. Cannot fail in a way that matters: SQLite
  /// may have rolled back by itself already (disk full), and then nothing is left to do.
  void RollBack();

  /// Told of every row that a statement inserts, changes or deletes; empty: nobody is told. It must
  /// not use the connection.
  using RowWatcher = std::function<void(std::string_view table, std::int64_t id)>;
  void WatchRows(RowWatcher watcher);

  std::int64_t last_id() const;
  sqlite3* handle() const { return db_; }

 private:
  Connection(sqlite3* db, std::function<Result<>(std::string_view)> gate)
      : db_(db), gate_(std::move(gate)) {}

  sqlite3* db_;
  std::function<Result<>(std::string_view)> gate_;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
  RowWatcher row_watcher_;
};

}  // namespace pulse::store::sqlite
