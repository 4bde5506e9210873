#include "pulse/store/postgres/check.h"

#include "pulse/store/postgres/connection.h"
#include "pulse/store/postgres/sql/check.h"

namespace pulse::store::postgres {

Result<std::vector<std::string>> CheckPostgres(const std::string& url) {
  PULSE_TRY(
      const auto db,
      Connection::Open({
          .url = url,
          .role = kDispatchRole,
          .application_name = "pulse db check",
          .plans = Plans::kAny,
          .statement_timeout = std::chrono::minutes(10),
      })
  );
  std::vector<std::string> problems;
  for (const Query& query :
       {sql::check::open_steps, sql::check::orphan_steps, sql::check::invalid_indexes}) {
    PULSE_TRY(const Rows rows, db->Run(query));
    for (const Row row : rows) problems.emplace_back(row.Text(0));
  }
  return problems;
}

}  // namespace pulse::store::postgres
