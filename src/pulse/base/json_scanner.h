#pragma once

/// \file
/// JsonScanner: cuts values out of JSON text, or of text that is not quite JSON, as views of its
/// own bytes.

#include <cstddef>
#include <optional>
#include <string_view>

namespace pulse {

/// Walks a text by quotes, escapes, brackets, colons and commas alone; what lies between is not
/// checked. No recursion: nesting costs nothing. White space between tokens is skipped. Views point
/// into `text`, which must outlive the scanner.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  /// Steps over `c` if it is what comes next.
  bool Take(char c);

  /// A member's name and its colon; the bytes between the quotes, escapes as written.
  std::optional<std::string_view> Name();

  /// The bytes up to the next comma or closing bracket outside of any bracket or string; empty when
  /// there are none or the text ends inside a bracket or string.
  std::string_view Value();

  bool AtEnd();

 private:
  void SkipSpace();
  bool SkipString();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace pulse
