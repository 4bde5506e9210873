#include "pulse/store/sqlite/check.h"

#include "pulse/store/sqlite/connection.h"
#include "pulse/store/sqlite/sql/check.h"

namespace pulse::store::sqlite {
namespace {

constexpr std::size_t kMostProblems = 100;

/// Each row's first column is a problem; "ok" is SQLite's word for none.
Result<> Collect(Connection& db, const Query& query, std::vector<std::string>& problems) {
  PULSE_TRY(Statement statement, db.Select(query));
  for (;;) {
    PULSE_TRY(const bool row, statement.Next());
    if (!row || problems.size() >= kMostProblems) return {};
    if (statement.Text(0) != "ok") problems.emplace_back(statement.Text(0));
  }
}

}  // namespace

Result<std::vector<std::string>> CheckSqlite(const std::string& path) {
  PULSE_TRY(const auto db, Connection::Open({.path = path, .access = Access::kRead}));
  std::vector<std::string> problems;
  for (const Query& query :
       {sql::check::integrity, sql::check::foreign_keys, sql::check::open_steps, sql::check::bodies
       }) {
    PULSE_CHECK(Collect(*db, query, problems));
  }
  return problems;
}

}  // namespace pulse::store::sqlite
