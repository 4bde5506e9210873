#pragma once

/// \file
/// The words of a JQL query.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::simulate {

struct JqlToken {
  enum class Kind : unsigned char { kEnd, kWord, kText, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;    ///< Of a quoted text: without quotes and escapes.
  std::size_t at = 0;  ///< Character number, from 1.
};

/// Splits JQL into words, quoted texts and the symbols ( ) , = != < <= > >=, with kEnd at the end.
/// Errors: kInvalid with the vendor's words (a quote that is not closed).
Result<std::vector<JqlToken>> TokenizeJql(std::string_view text);

}  // namespace pulse::simulate
