#pragma once

/// \file
/// Rows for people and for programs: aligned text and CSV. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::app {

/// Terminal cells `text` takes: UTF-8 aware, wide characters count 2, combining ones 0.
std::size_t DisplayWidth(std::string_view text);

/// At most `width` cells of `text`, on one line: control characters become spaces (also a defence:
/// data must not steer a terminal), what is cut off becomes "…".
std::string FitWidth(std::string_view text, std::size_t width);

/// 1234567 → "1,234,567"
std::string WithThousands(std::int64_t number);

/// "850 ms", "41.2 s", "3 m 05 s", "2 h 10 m"
std::string HumanSeconds(double seconds);

enum class Align : unsigned char { kLeft, kRight };

struct TextColumn {
  std::string title;
  Align align = Align::kLeft;
};

using TextRow = std::vector<std::string>;

/// A title line and one line a row, columns two blanks apart; when it would be wider than `width`
/// the widest columns give way, never below 8 cells. 0: as wide as it gets.
std::string RenderTable(
    const std::vector<TextColumn>& columns, const std::vector<TextRow>& rows, std::size_t width
);

/// RFC 4180 with LF line ends. A cell that a spreadsheet would take for a formula is left as it is:
/// the output is data.
std::string RenderCsv(const std::vector<std::string>& header, const std::vector<TextRow>& rows);

}  // namespace pulse::app
