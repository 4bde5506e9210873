#include "pulse/simulate/json_slice.h"

#include <nlohmann/json.hpp>

#include "pulse/base/json_scanner.h"

namespace pulse::simulate {

std::optional<JsonSlices> SliceObject(std::string_view text) {
  JsonScanner in(text);
  if (!in.Take('{')) return std::nullopt;
  JsonSlices members;
  if (in.Take('}')) return in.AtEnd() ? std::optional(members) : std::nullopt;
  do {
    const auto name = in.Name();
    if (!name) return std::nullopt;
    const std::string_view value = in.Value();
    if (value.empty()) return std::nullopt;
    members.emplace_back(*name, value);
  } while (in.Take(','));
  if (!in.Take('}') || !in.AtEnd()) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> SliceArray(std::string_view text) {
  JsonScanner in(text);
  if (!in.Take('[')) return std::nullopt;
  std::vector<std::string_view> elements;
  if (in.Take(']')) return in.AtEnd() ? std::optional(elements) : std::nullopt;
  do {
    const std::string_view value = in.Value();
    if (value.empty()) return std::nullopt;
    elements.push_back(value);
  } while (in.Take(','));
  if (!in.Take(']') || !in.AtEnd()) return std::nullopt;
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
