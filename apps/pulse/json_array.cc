#include "json_array.h"

namespace pulse::app {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// Index after the string that starts at `at`.
std::size_t SkipString(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

}  // namespace

Result<std::vector<std::string_view>> SplitJsonArray(std::string_view json) {
  json = Trim(json);
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') {
    return Error{ErrorKind::kInternal, "the store's answer is not a JSON array"};
  }
  const std::string_view inside = Trim(json.substr(1, json.size() - 2));
  std::vector<std::string_view> elements;
  if (inside.empty()) return elements;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < inside.size();) {
    const char c = inside[at];
    if (c == '"') {
      at = SkipString(inside, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      elements.push_back(Trim(inside.substr(start, at - start)));
      start = at + 1;
    }
    ++at;
  }
  elements.push_back(Trim(inside.substr(start)));
  return elements;
}

}  // namespace pulse::app
