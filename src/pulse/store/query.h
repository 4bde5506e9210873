#pragma once

/// \file
/// Query: one named SQL statement, generated from db/queries by cmake/EmbedSql.cmake; Migration:
/// one numbered step of the schema, generated from db/migrations.

#include <string_view>

namespace pulse::store {

/// `name` is the prepared-statement name, the metric label and the log field.
struct Query {
  std::string_view name;
  std::string_view text;
};

struct Migration {
  int number = 0;
  std::string_view name;
  const char* up = nullptr;  ///< A script: several statements.
  const char* down = nullptr;
};

}  // namespace pulse::store
