#include "pulse/source/json_slice.h"

#include <string>

namespace pulse::source {
namespace {

/// A cursor over bytes that understands strings and nesting and nothing else.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  char Peek() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  /// The text between the quotes, escapes as written. False at the end of the input.
  bool String(std::string_view& out) {
    if (!Take('"')) return false;
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size()) return false;
    out = text_.substr(start, at_ - start);
    ++at_;
    return true;
  }

  /// Steps over one value of any kind; its bytes in `out`. False when it does not end.
  bool Skip(std::string_view& out) {
    Peek();
    const std::size_t start = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        std::string_view ignored;
        if (!String(ignored)) return false;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) break;
        if (--depth == 0) {
          ++at_;
          break;
        }
      }
      if (c == ',' && depth == 0) break;
      ++at_;
    }
    out = text_.substr(start, at_ - start);
    while (!out.empty() &&
           (out.back() == ' ' || out.back() == '\n' || out.back() == '\r' || out.back() == '\t')) {
      out.remove_suffix(1);
    }
    return depth == 0 && !out.empty();
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Error NoArray() {
  return Error{ErrorKind::kInvalid, "not JSON, and no array of records can be cut out of it"};
}

/// Leaves the scanner in front of the value of `key`.
bool EnterField(Scanner& in, std::string_view key) {
  if (!in.Take('{')) return false;
  std::string_view name;
  while (in.String(name)) {
    if (!in.Take(':')) return false;
    if (name == key) return true;
    std::string_view ignored;
    if (!in.Skip(ignored) || !in.Take(',')) return false;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string_view>> SliceArray(
    std::string_view body, std::span<const std::string_view> path
) {
  Scanner in(body);
  for (const std::string_view key : path) {
    if (!EnterField(in, key)) return NoArray();
  }
  if (!in.Take('[')) return NoArray();
  std::vector<std::string_view> slices;
  if (in.Take(']')) return slices;
  for (;;) {
    std::string_view slice;
    if (!in.Skip(slice)) return NoArray();
    slices.push_back(slice);
    if (in.Take(']')) return slices;
    if (!in.Take(',')) return NoArray();
  }
}

std::optional<std::string_view> SliceField(std::string_view body, std::string_view key) {
  Scanner in(body);
  std::string_view value;
  if (!EnterField(in, key) || !in.Skip(value)) return std::nullopt;
  return value;
}

}  // namespace pulse::source
