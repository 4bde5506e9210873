#include "pulse/source/jira/wiki_marks.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pulse::source::jira::wiki {
namespace {

constexpr std::string_view kMarks = "*_-+^~?";
constexpr std::size_t kKinds = 2 * kMarks.size();  ///< As they are, and in braces.

// Jira takes any character but a letter or digit around a mark. These are the ones beside which
// people mean a mark; the rest (`/`, `=`, `<`, quotes …) belongs to paths, globs and code.
constexpr std::string_view kBefore = " \t\n\r([,;:|}";
constexpr std::string_view kAfter = " \t\n\r)],;:|{!?\\";
constexpr std::string_view kFirstInside = "\"'([{<@#$&";

/// Outside the text is a blank.
char At(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : ' '; }

bool IsOneOf(std::string_view set, char c) { return set.find(c) != set.npos; }

/// U+00A0, which the editor of Jira likes to put beside marks.
bool IsNoBreakSpaceAt(std::string_view text, std::size_t at) {
  return At(text, at) == '\xC2' && At(text, at + 1) == '\xA0';
}

/// Marks of other kinds may stand between the mark and the boundary: `*_both_*`.
bool IsBoundaryAfter(std::string_view text, std::size_t at) {
  std::size_t skipped = 0;
  while (skipped < kMarks.size() && IsOneOf("*_-+^~", At(text, at + skipped))) ++skipped;
  at += skipped;
  // `_end_.` and not `_props_.json`.
  if (At(text, at) == '.') return !IsWordAt(text, at + 1);
  return IsOneOf(kAfter, At(text, at)) || IsNoBreakSpaceAt(text, at);
}

bool ClosesAt(std::string_view text, std::size_t at, std::size_t size) {
  const char inside = At(text, at - 1);
  if (at == 0 || IsOneOf(" \t\n\r/([", inside)) return false;
  return IsBoundaryAfter(text, at + size);
}

}  // namespace

bool IsWordAt(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  return !IsNoBreakSpaceAt(text, at) && !(at > 0 && IsNoBreakSpaceAt(text, at - 1));
}

std::size_t LineMarks::BracedSizeAt(std::string_view text, std::size_t at) {
  const std::size_t size = At(text, at + 1) == '?' && At(text, at + 2) == '?' ? 4 : 3;
  const bool is_mark =
      At(text, at) == '{' && IsOneOf(kMarks, At(text, at + 1)) && At(text, at + size - 1) == '}';
  return is_mark && (size == 4 || At(text, at + 1) != '?') ? size : 0;
}

std::size_t LineMarks::SizeAt(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of(text[at], at);
  return (end == text.npos ? text.size() : end) - at;
}

bool LineMarks::OpensAt(std::string_view text, std::size_t at, std::size_t size) const {
  const bool after_opener =
      !marks_.empty() && marks_.back().source_end == at && marks_.back().can_open;
  const bool is_free = at == 0 || after_opener || IsOneOf(kBefore, text[at - 1]) ||
                       (at > 1 && IsNoBreakSpaceAt(text, at - 2));
  const std::size_t first = at + size;
  return is_free && (IsWordAt(text, first) || IsOneOf(kFirstInside, At(text, first)) ||
                     IsOneOf(kMarks, At(text, first)));
}

void LineMarks::See(std::string_view text, std::size_t at, std::size_t size, std::size_t out_at) {
  const bool is_braced = text[at] == '{';
  const char c = text[at + (is_braced ? 1 : 0)];
  Mark mark{.source_end = at + size, .at = out_at, .size = size, .kind = kMarks.find(c)};
  if (is_braced) {
    mark.kind += kMarks.size();
    mark.can_open = mark.can_close = true;
  } else if (size == (c == '?' ? 2U : 1U)) {
    mark.can_open = OpensAt(text, at, size);
    mark.can_close = ClosesAt(text, at, size);
  }
  if (mark.can_open || mark.can_close) marks_.push_back(mark);
}

void LineMarks::TakeOutPaired(std::string& out) const {
  char* kept = nullptr;
  const char* rest = nullptr;
  for (const Mark& mark : marks_) {
    if (!mark.is_paired) continue;
    char* const at = out.data() + mark.at;
    kept = kept == nullptr ? at : std::copy(rest, static_cast<const char*>(at), kept);
    rest = at + mark.size;
  }
  out.erase(static_cast<std::size_t>(kept - out.data()), static_cast<std::size_t>(rest - kept));
}

void LineMarks::Resolve(std::string& out) {
  std::array<std::optional<std::size_t>, kKinds> open;
  bool any = false;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    std::optional<std::size_t>& opener = open[marks_[i].kind];
    if (opener && marks_[i].can_close) {
      marks_[*opener].is_paired = marks_[i].is_paired = any = true;
      opener.reset();
    } else if (marks_[i].can_open) {
      opener = i;
    }
  }
  if (any) TakeOutPaired(out);
  marks_.clear();
}

}  // namespace pulse::source::jira::wiki
