#include "pulse/store/postgres/rows.h"

#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <libpq-fe.h>

#include "pulse/store/postgres/params.h"
#include "pulse/store/postgres/types.h"

namespace pulse::store::postgres {
namespace {

[[noreturn]] void WrongType(const pg_result* result, int column, const char* wanted) {
  std::fprintf(
      stderr,
      "pulse: column %d (%s, type %u) read as %s\n",
      column,
      PQfname(result, column),
      PQftype(result, column),
      wanted
  );
  std::abort();
}

std::uint64_t BigEndian(const char* bytes, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

bool Row::IsNull(int column) const { return PQgetisnull(result_, row_, column) != 0; }

std::int64_t Row::Int(int column) const {
  if (IsNull(column)) return 0;
  const std::uint64_t bits =
      BigEndian(PQgetvalue(result_, row_, column), PQgetlength(result_, row_, column));
  switch (PQftype(result_, column)) {
    case kInt8:
      return static_cast<std::int64_t>(bits);
    case kInt4:
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    case kInt2:
      return static_cast<std::int16_t>(static_cast<std::uint16_t>(bits));
    case kBool:
    case kOid:
      return static_cast<std::int64_t>(bits);
    default:
      WrongType(result_, column, "an integer");
  }
}

double Row::Real(int column) const {
  if (IsNull(column)) return 0;
  const char* bytes = PQgetvalue(result_, row_, column);
  switch (PQftype(result_, column)) {
    case kFloat8:
      return std::bit_cast<double>(BigEndian(bytes, 8));
    case kFloat4:
      return std::bit_cast<float>(static_cast<std::uint32_t>(BigEndian(bytes, 4)));
    default:
      WrongType(result_, column, "a real");
  }
}

std::string_view Row::Text(int column) const {
  return {
      PQgetvalue(result_, row_, column),
      static_cast<std::size_t>(PQgetlength(result_, row_, column))
  };
}

EpochMs Row::Time(int column) const {
  if (IsNull(column)) return 0;
  if (PQftype(result_, column) != kTimestamptz) WrongType(result_, column, "a timestamptz");
  return FromMicros(static_cast<std::int64_t>(BigEndian(PQgetvalue(result_, row_, column), 8)));
}

std::optional<std::int64_t> Row::OptionalInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<EpochMs> Row::OptionalTime(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

int Rows::size() const { return result_ ? PQntuples(result_.get()) : 0; }

std::int64_t Rows::affected() const {
  if (!result_) return 0;
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

std::string_view Rows::command_tag() const {
  return result_ ? PQcmdStatus(result_.get()) : std::string_view();
}

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

}  // namespace pulse::store::postgres
