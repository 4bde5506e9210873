#include "pulse/simulate/json_slice.h"

#include <nlohmann/json.hpp>

namespace pulse::simulate {
namespace {

constexpr bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Walks JSON text by structure only; what is inside scalars is not checked.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Take(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }

  /// The next value, brackets and strings balanced; empty when the text ends inside it.
  std::string_view Value() {
    SkipSpace();
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!SkipString()) return {};
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        --depth;
        ++at_;
      } else if (depth == 0 && (c == ',' || c == ':' || IsSpace(c))) {
        break;
      } else {
        ++at_;
        continue;
      }
      if (depth == 0) break;
    }
    return depth == 0 ? text_.substr(begin, at_ - begin) : std::string_view{};
  }

 private:
  bool SkipString() {
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

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<JsonSlices> SliceObject(std::string_view text) {
  Walker walker(text);
  if (!walker.Take('{')) return std::nullopt;
  JsonSlices members;
  if (walker.Take('}')) return walker.AtEnd() ? std::optional(members) : std::nullopt;
  do {
    const std::string_view name = walker.Value();
    if (name.size() < 2 || name.front() != '"' || !walker.Take(':')) return std::nullopt;
    const std::string_view value = walker.Value();
    if (value.empty()) return std::nullopt;
    members.emplace_back(name.substr(1, name.size() - 2), value);
  } while (walker.Take(','));
  if (!walker.Take('}') || !walker.AtEnd()) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> SliceArray(std::string_view text) {
  Walker walker(text);
  if (!walker.Take('[')) return std::nullopt;
  std::vector<std::string_view> elements;
  if (walker.Take(']')) return walker.AtEnd() ? std::optional(elements) : std::nullopt;
  do {
    const std::string_view value = walker.Value();
    if (value.empty()) return std::nullopt;
    elements.push_back(value);
  } while (walker.Take(','));
  if (!walker.Take(']') || !walker.AtEnd()) return std::nullopt;
  return elements;
}

std::string_view SliceOf(const JsonSlices& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) return value;
  }
  return {};
}

std::string_view SliceOf(std::string_view object_text, std::string_view name) {
  const auto members = SliceObject(object_text);
  return members ? SliceOf(*members, name) : std::string_view{};
}

std::string TextOf(std::string_view raw) {
  if (raw.empty()) return {};
  if (raw.front() == '"') {
    const auto value = nlohmann::json::parse(raw, nullptr, /*allow_exceptions=*/false);
    return value.is_string() ? value.get<std::string>() : std::string{};
  }
  const bool number = raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9');
  return number ? std::string(raw) : std::string{};
}

}  // namespace pulse::simulate
