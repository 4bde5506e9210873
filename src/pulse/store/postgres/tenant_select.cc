#include "pulse/store/postgres/tenant_select.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

#include <libpq-fe.h>

#include "pulse/base/ascii.h"
#include "pulse/model/json_text.h"
#include "pulse/store/postgres/sqlstate.h"
#include "pulse/store/postgres/types.h"

namespace pulse::store::postgres {
namespace {

constexpr std::size_t kMostResultBytes = std::size_t{64} << 20;
// Rows are fetched in portions, so that a large answer is noticed before it is all in memory.
constexpr int kPortion = 250;

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
  std::string word;
  for (const char c : sql.substr(0, 7)) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) break;
    word += Lower(c);
  }
  return word == "select" || word == "with" || word == "values";
}

/// `2023-06-24 19:24:50.12+00` → `2023-06-24T19:24:50.120Z`; other texts (BC, infinity) as they
/// are.
void AppendInstant(std::string& out, std::string_view text) {
  const bool plain = text.size() >= 22 && text[10] == ' ' && text.ends_with("+00");
  if (!plain) return model::AppendJsonString(out, text);
  std::string fraction(text.substr(19, text.size() - 22));  // "" or ".12"
  fraction.resize(std::min<std::size_t>(fraction.size(), 4));
  if (fraction.empty()) fraction = ".";
  fraction.resize(4, '0');
  out += '"';
  out.append(text.substr(0, 10)).append("T").append(text.substr(11, 8));
  out.append(fraction).append("Z\"");
}

void AppendNumber(std::string& out, std::string_view text) {
  if (text.find_first_not_of("-0123456789") == std::string_view::npos) {
    out += text;
    return;
  }
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    out += "null";
  } else {
    model::AppendJsonNumber(out, value);  // NaN and infinity become null.
  }
}

void AppendValue(std::string& out, const pg_result* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) {
    out += "null";
    return;
  }
  const std::string_view text(
      PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))
  );
  switch (PQftype(result, column)) {
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      out += text;
      break;
    case kFloat4:
    case kFloat8:
      // A real is shown as one even when it is whole.
      AppendNumber(
          out,
          std::string(text) +
              (text.find_first_not_of("-0123456789") == std::string_view::npos ? ".0" : "")
      );
      break;
    case kNumeric:
      AppendNumber(out, text);
      break;
    case kBool:
      out += text == "t" ? '1' : '0';
      break;
    case kTimestamptz:
      AppendInstant(out, text);
      break;
    case kBytea:
      model::AppendJsonString(out, text.starts_with("\\x") ? text.substr(2) : text);
      break;
    default:
      model::AppendJsonString(out, text);
  }
}

void AppendRow(std::string& out, const pg_result* result, int row) {
  out += '{';
  for (int i = 0; i < PQnfields(result); ++i) {
    if (i > 0) out += ',';
    model::AppendJsonString(out, PQfname(result, i));
    out += ':';
    AppendValue(out, result, row, i);
  }
  out += '}';
}

/// What went wrong, as somebody's who typed the text.
Error Refused(const Error& error, const Transaction& tx, const TenantSelectOptions& options) {
  const std::string& state = tx.sqlstate();
  if (error.kind() == ErrorKind::kTimeout) {
    return Error{
        ErrorKind::kTimeout,
        "query ran over " + std::to_string(options.time_limit.count()) + " ms and was stopped"
    };
  }
  if (error.kind() == ErrorKind::kUnavailable && !IsLostRace(state)) return error;
  if (state == "42601" && error.message().find("multiple commands") != std::string::npos) {
    return Error{ErrorKind::kInvalid, "only one statement is accepted; there is text after it"};
  }
  std::string why = error.message();
  const std::string_view label = "select.declare: ";
  if (why.starts_with(label)) why.erase(0, label.size());
  return Error{ErrorKind::kInvalid, "query refused: " + why};
}

}  // namespace

Result<std::string> TenantSelect(
    Pool& pool, const TenantSelectOptions& options, std::string_view sql
) {
  const std::string_view text = SkipSpaceAndComments(sql);
  if (!StartsAsSelect(text)) {
    return Error{ErrorKind::kInvalid, "only one SELECT (or WITH … SELECT, or VALUES) is accepted"};
  }
  if (!IsStorable(text)) return Error{ErrorKind::kInvalid, "the query is not UTF-8 text"};
  PULSE_TRY(Transaction tx, pool.BeginQuery(options.tenant, options.time_limit));
  // A cursor takes nothing but a SELECT, and no changing of data inside WITH.
  tx.QueueText("select.declare", "DECLARE answer NO SCROLL CURSOR FOR " + std::string(text));
  std::string out = "[";
  for (int left = options.max_rows; left > 0;) {
    const int portion = std::min(left, kPortion);
    const auto slot =
        tx.QueueText("select.fetch", "FETCH FORWARD " + std::to_string(portion) + " FROM answer");
    if (auto fetched = tx.Flush(); !fetched) return Refused(fetched.error(), tx, options);
    const pg_result* result = tx[slot].get();
    const int rows = PQntuples(result);
    for (int row = 0; row < rows; ++row) {
      if (out.size() > 1) out += ',';
      AppendRow(out, result, row);
      if (out.size() > kMostResultBytes) {
        return Error{ErrorKind::kInvalid, "result is over 64 MiB; select less"};
      }
    }
    tx.Forget(slot);
    if (rows < portion) break;
    left -= rows;
  }
  return out += ']';
}

}  // namespace pulse::store::postgres
