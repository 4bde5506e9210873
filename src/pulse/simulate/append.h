#pragma once

/// \file
/// Append: several pieces onto a string, without temporaries.

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace pulse::simulate {

inline void AppendPiece(std::string& out, std::string_view text) { out.append(text); }

template <std::integral T>
void AppendPiece(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, static_cast<std::size_t>(end.ptr - digits));
}

/// Append(out, "{\"id\":", id, "}"): texts as they are, integers as digits.
template <class... Pieces>
void Append(std::string& out, const Pieces&... pieces) {
  (AppendPiece(out, pieces), ...);
}

}  // namespace pulse::simulate
