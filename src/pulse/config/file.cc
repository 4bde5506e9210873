#include "pulse/config/file.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace pulse::config {
namespace {

Result<std::string> ScalarText(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* yes = node.as_boolean()) return std::string{yes->get() ? "on" : "off"};
  return Error{ErrorKind::kInvalid, "expected a text, a whole number or true/false"};
}

Result<toml::table> Parse(const std::string& text, const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return Error{
        ErrorKind::kInvalid,
        fmt::format("{}:{}: {}", path, error.source().begin.line, std::string{error.description()})
    };
  }
}

}  // namespace

Result<std::vector<FileEntry>> ReadSettingsFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorKind::kNotFound, path + " cannot be read"};
  std::ostringstream text;
  text << file.rdbuf();
  PULSE_TRY(const toml::table table, Parse(text.str(), path));
  std::vector<FileEntry> entries;
  for (const auto& [key, node] : table) {
    const int line = static_cast<int>(node.source().begin.line);
    auto value = ScalarText(node);
    if (!value) {
      return Error{
          ErrorKind::kInvalid,
          fmt::format("{}:{}: {}: {}", path, line, key.str(), value.error().message())
      };
    }
    entries.push_back({.name = std::string{key.str()}, .text = *std::move(value), .line = line});
  }
  std::ranges::sort(entries, {}, &FileEntry::line);
  return entries;
}

}  // namespace pulse::config
