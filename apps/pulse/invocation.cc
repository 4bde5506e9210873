#include "invocation.h"

namespace pulse::app {

std::string Invocation::Value(std::string_view option, std::string_view fallback) const {
  const auto at = options.find(option);
  if (at == options.end() || at->second.empty()) return std::string(fallback);
  return at->second.back();
}

std::vector<std::string> Invocation::Values(std::string_view option) const {
  const auto at = options.find(option);
  return at == options.end() ? std::vector<std::string>{} : at->second;
}

std::vector<std::string> Invocation::List(std::string_view option) const {
  std::vector<std::string> items;
  for (const std::string& value : Values(option)) {
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view item = rest.substr(0, comma);
      if (!item.empty()) items.emplace_back(item);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  return items;
}

}  // namespace pulse::app
