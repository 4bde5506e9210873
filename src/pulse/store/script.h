#pragma once

/// \file
/// Script: a migration's text as single statements. One that says `-- concurrently` in the comment
/// before it runs outside of a transaction (CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY).

#include <string>
#include <string_view>
#include <vector>

namespace pulse::store {

struct ScriptStatement {
  std::string text;  ///< Without the comments before it and without the semicolon.
  bool concurrent = false;
};

/// Splits at semicolons outside of quotes, dollar quotes and comments.
std::vector<ScriptStatement> SplitScript(std::string_view script);

/// The index a CREATE INDEX CONCURRENTLY statement makes; "" for any other.
std::string ConcurrentIndexName(std::string_view statement);

}  // namespace pulse::store
