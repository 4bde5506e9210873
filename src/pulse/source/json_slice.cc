#include "pulse/source/json_slice.h"

#include "pulse/base/json_scanner.h"

namespace pulse::source {
namespace {

Error NoArray() {
  return Error{ErrorKind::kInvalid, "not JSON, and no array of records can be cut out of it"};
}

/// Leaves the scanner in front of the value of `key`.
bool EnterField(JsonScanner& in, std::string_view key) {
  if (!in.Take('{')) return false;
  while (const auto name = in.Name()) {
    if (*name == key) return true;
    if (in.Value().empty() || !in.Take(',')) return false;
  }
  return false;
}

}  // namespace

Result<std::vector<std::string_view>> SliceArray(
    std::string_view body, std::span<const std::string_view> path
) {
  JsonScanner in(body);
  for (const std::string_view key : path) {
    if (!EnterField(in, key)) return NoArray();
  }
  if (!in.Take('[')) return NoArray();
  std::vector<std::string_view> slices;
  if (in.Take(']')) return slices;
  for (;;) {
    const std::string_view slice = in.Value();
    if (slice.empty()) return NoArray();
    slices.push_back(slice);
    if (in.Take(']')) return slices;
    if (!in.Take(',')) return NoArray();
  }
}

std::optional<std::string_view> SliceField(std::string_view body, std::string_view key) {
  JsonScanner in(body);
  if (!EnterField(in, key)) return std::nullopt;
  const std::string_view value = in.Value();
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace pulse::source
