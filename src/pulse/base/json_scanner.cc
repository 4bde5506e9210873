#include "pulse/base/json_scanner.h"

namespace pulse {
namespace {

constexpr bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool JsonScanner::Take(char c) {
  SkipSpace();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

std::optional<std::string_view> JsonScanner::Name() {
  SkipSpace();
  const std::size_t quote = at_;
  if (at_ >= text_.size() || text_[at_] != '"' || !SkipString()) return std::nullopt;
  const std::string_view name = text_.substr(quote + 1, at_ - quote - 2);
  if (!Take(':')) return std::nullopt;
  return name;
}

std::string_view JsonScanner::Value() {
  SkipSpace();
  const std::size_t start = at_;
  std::size_t end = at_;  // Behind the last byte that is not space.
  int depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (closes || c == ',')) break;
    if (c == '"') {
      if (!SkipString()) return {};
      end = at_;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    ++at_;
    if (!IsSpace(c)) end = at_;
    if (closes && --depth == 0) break;
  }
  return depth == 0 ? text_.substr(start, end - start) : std::string_view{};
}

bool JsonScanner::AtEnd() {
  SkipSpace();
  return at_ == text_.size();
}

void JsonScanner::SkipSpace() {
  while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
}

/// From the opening quote to behind the closing one; false when there is none.
bool JsonScanner::SkipString() {
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\\') {
      ++at_;
    } else if (text_[at_] == '"') {
      ++at_;
      return true;
    }
  }
  return false;
}

}  // namespace pulse
