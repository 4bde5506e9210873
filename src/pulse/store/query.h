#pragma once

/// \file
/// Query: one named SQL statement, generated from db/queries by cmake/EmbedSql.cmake.

#include <string_view>

namespace pulse::store {

/// `name` is the prepared-statement name, the metric label and the log field.
struct Query {
  std::string_view name;
  std::string_view text;
};

}  // namespace pulse::store
