#include "text_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace pulse::app {
namespace {

constexpr std::size_t kNarrowest = 8;
/// No cell of a table is wider, whatever the terminal: descriptions run to pages.
constexpr std::size_t kWidestCell = 80;

struct Glyph {
  char32_t code = 0;
  std::size_t bytes = 1;
};

/// The code point at the start of `text` (not empty); a broken byte is U+FFFD, one byte long.
Glyph First(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > text.size()) return {0xFFFD, 1};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {0xFFFD, 1};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  return {code, size};
}

/// The ranges that matter in practice; not the whole of Unicode's width tables.
std::size_t CellsOf(char32_t code) {
  const auto in = [&](char32_t from, char32_t to) { return code >= from && code <= to; };
  if (in(0x300, 0x36F) || in(0x200B, 0x200F) || in(0xFE00, 0xFE0F) || code == 0xFEFF) return 0;
  if (in(0x1100, 0x115F) || in(0x2E80, 0xA4CF) || in(0xAC00, 0xD7A3) || in(0xF900, 0xFAFF) ||
      in(0xFE30, 0xFE6F) || in(0xFF00, 0xFF60) || in(0x1F300, 0x1FAFF) || in(0x20000, 0x3FFFD)) {
    return 2;
  }
  return 1;
}

/// C0, DEL, C1, line and paragraph separators, and the overrides that turn text around.
bool IsControl(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string Pad(std::string text, std::size_t width, Align align) {
  const std::size_t cells = DisplayWidth(text);
  if (cells >= width) return text;
  const std::string blanks(width - cells, ' ');
  return align == Align::kRight ? blanks + text : text + blanks;
}

/// Takes from the widest until everything fits.
void Shrink(std::vector<std::size_t>& widths, std::size_t available) {
  while (true) {
    std::size_t total = 2 * (widths.size() - 1);
    for (const std::size_t width : widths) total += width;
    const auto widest = std::ranges::max_element(widths);
    if (total <= available || *widest <= kNarrowest) return;
    --*widest;
  }
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

void AppendCsvLine(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    out += CsvCell(cells[i]);
  }
  out += '\n';
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t cells = 0;
  while (!text.empty()) {
    const Glyph glyph = First(text);
    cells += CellsOf(glyph.code);
    text.remove_prefix(glyph.bytes);
  }
  return cells;
}

std::string FitWidth(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t cells = 0;
  std::size_t room_for_dots = 0;  // how much of `out` leaves a cell for the dots
  while (!text.empty()) {
    const Glyph glyph = First(text);
    const bool control = IsControl(glyph.code);
    const std::size_t wide = control ? 1 : CellsOf(glyph.code);
    if (cells + wide > width) {
      out.resize(room_for_dots);
      return width == 0 ? out : out + "…";
    }
    if (control) {
      out += ' ';
    } else if (glyph.code == 0xFFFD) {
      out += "\xEF\xBF\xBD";
    } else {
      out.append(text.substr(0, glyph.bytes));
    }
    cells += wide;
    if (cells < width) room_for_dots = out.size();
    text.remove_prefix(glyph.bytes);
  }
  return out;
}

std::string WithThousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string HumanSeconds(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 1) return fmt::format("{:.0f} ms", std::max(1.0, std::floor(seconds * 1000)));
  if (seconds < 60) return fmt::format("{:.1f} s", std::floor(seconds * 10) / 10);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} m", whole / 3600, whole / 60 % 60);
}

std::string RenderTable(
    const std::vector<TextColumn>& columns, const std::vector<TextRow>& rows, std::size_t width
) {
  if (columns.empty()) return "";
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t widest = DisplayWidth(columns[i].title);
    for (const TextRow& row : rows) {
      if (i < row.size()) widest = std::max(widest, std::min(DisplayWidth(row[i]), kWidestCell));
    }
    widths.push_back(widest);
  }
  if (width > 0) Shrink(widths, width);

  std::string out;
  const auto append = [&](std::size_t i, const std::string& text) {
    if (i > 0) out += "  ";
    std::string cell = Pad(FitWidth(text, widths[i]), widths[i], columns[i].align);
    if (i + 1 == columns.size()) cell.erase(cell.find_last_not_of(' ') + 1);
    out += cell;
  };
  for (std::size_t i = 0; i < columns.size(); ++i) append(i, columns[i].title);
  out += '\n';
  for (const TextRow& row : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) append(i, i < row.size() ? row[i] : "");
    out += '\n';
  }
  return out;
}

std::string RenderCsv(const std::vector<std::string>& header, const std::vector<TextRow>& rows) {
  std::string out;
  AppendCsvLine(out, header);
  for (const TextRow& row : rows) AppendCsvLine(out, row);
  return out;
}

}  // namespace pulse::app
