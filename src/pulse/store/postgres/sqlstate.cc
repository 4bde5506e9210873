#include "pulse/store/postgres/sqlstate.h"

#include <libpq-fe.h>

namespace pulse::store::postgres {
namespace {

std::string OneLine(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

ErrorKind KindOfSqlState(std::string_view state) noexcept {
  if (state.empty() || state.starts_with("08") || state.starts_with("57P") ||
      state.starts_with("53") || state == "25P03" || IsLostRace(state)) {
    return ErrorKind::kUnavailable;
  }
  if (state == "23505") return ErrorKind::kConflict;
  if (state == "23503") return ErrorKind::kNotFound;
  if (state == "57014") return ErrorKind::kTimeout;
  if (state.starts_with("28")) return ErrorKind::kUnauthorized;
  if (state == "3D000") return ErrorKind::kInvalid;
  return ErrorKind::kInternal;
}

bool IsLostRace(std::string_view state) noexcept {
  return state == "40001" || state == "40P01" || state == "55P03";
}

std::string SqlStateOf(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

Error ResultError(const pg_result* result, std::string_view query) {
  const std::string state = SqlStateOf(result);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string message = OneLine(primary != nullptr ? primary : PQresultErrorMessage(result));
  // Data exceptions quote the data after a colon.
  if (state.starts_with("22")) message.resize(std::min(message.size(), message.find(": \"")));
  std::string text(query);
  text.append(": ").append(message);
  if (!state.empty()) text.append(" (").append(state).append(")");
  return Error{KindOfSqlState(state), std::move(text)};
}

Error ConnectionError(const pg_conn* connection, std::string_view doing) {
  std::string text(doing);
  // libpq names host, port, user and database, never the password.
  const std::string why = connection == nullptr ? "out of memory" : PQerrorMessage(connection);
  text.append(": ").append(OneLine(why.empty() ? "the connection is lost" : why));
  return Error{ErrorKind::kUnavailable, std::move(text)};
}

}  // namespace pulse::store::postgres
