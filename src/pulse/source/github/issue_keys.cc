#include "pulse/source/github/issue_keys.h"

#include <algorithm>

namespace pulse::source::github {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsUpper(c) || IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z'); }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

void ForEachIssueKey(
    std::string_view text, const std::function<void(std::string_view, std::size_t)>& found
) {
  // Every key has a dash, and dashes are rare: look at each of them and grow to both sides.
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    std::size_t begin = dash;
    while (begin > 0 && (IsUpper(text[begin - 1]) || IsDigit(text[begin - 1]))) --begin;
    std::size_t end = dash + 1;
    while (end < text.size() && IsDigit(text[end])) ++end;
    const bool shaped = dash - begin >= 2 && IsUpper(text[begin]) && end > dash + 1;
    const bool alone =
        (begin == 0 || !IsWord(text[begin - 1])) && (end == text.size() || !IsWord(text[end]));
    if (shaped && alone) found(text.substr(begin, end - begin), begin);
  }
}

std::string EvidenceAround(std::string_view text, std::size_t at, std::size_t size) {
  constexpr std::size_t kLimit = 120;
  if (size >= kLimit) return std::string(text.substr(at, kLimit));
  const std::size_t before = std::min(at, (kLimit - size) / 2);
  std::size_t begin = at - before;
  std::size_t end = std::min(text.size(), begin + kLimit);
  while (begin < at && IsContinuation(text[begin])) ++begin;
  while (end > at + size && end < text.size() && IsContinuation(text[end])) --end;
  std::string words(text.substr(begin, end - begin));
  std::ranges::replace_if(words, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return words;
}

}  // namespace pulse::source::github
