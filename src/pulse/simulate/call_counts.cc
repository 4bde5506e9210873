#include "pulse/simulate/call_counts.h"

#include <algorithm>
#include <vector>

#include "pulse/model/json_text.h"

namespace pulse::simulate {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

/// `10001`, `PAY-12`, a commit sha, a node id: anything that names one record.
bool IsRecordName(std::string_view part) {
  if (part.empty()) return false;
  if (std::ranges::all_of(part, IsDigit)) return true;
  const std::size_t dash = part.rfind('-');
  if (dash != std::string_view::npos && IsUpper(part.front())) {
    return std::ranges::all_of(part.substr(dash + 1), IsDigit);
  }
  const auto is_hex = [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); };
  return part.size() >= 12 && std::ranges::all_of(part, is_hex);
}

/// `/rest/api/3`: a version, and no record.
bool VersionFollows(std::string_view part) { return part == "api"; }

/// Paths whose next part is a name that looks like a word.
bool NamesFollow(std::string_view part, std::string_view next) {
  if (part == "repos" || part == "orgs" || part == "users") return next != "search";
  return part == "project" && next != "search";
}

}  // namespace

std::string EndpointOf(std::string_view method, std::string_view path) {
  std::string out(method);
  out += ' ';
  std::string_view before;
  bool in_repository = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    out += '/';
    const bool repository_name = in_repository;
    in_repository = before == "repos";
    const bool record = IsRecordName(part) && !VersionFollows(before);
    if (repository_name || record || NamesFollow(before, part)) {
      out += "{id}";
    } else {
      out += part;
    }
    before = part;
  }
  return out;
}

void CallCounts::Count(std::string_view method, std::string_view path) {
  std::string endpoint = EndpointOf(method, path);
  // Unknown paths are the caller's words: keep the table small whatever they ask.
  constexpr std::size_t kMostEndpoints = 500;
  counts_.With([&](auto& counts) {
    const bool room = counts.size() < kMostEndpoints || counts.contains(endpoint);
    ++counts[room ? std::move(endpoint) : std::string("other")];
  });
}

std::string CallCounts::Json() const {
  std::string out = "{";
  counts_.With([&](const auto& counts) {
    for (const auto& [endpoint, count] : counts) {
      if (out.size() > 1) out += ',';
      model::AppendJsonString(out, endpoint);
      out.append(":").append(std::to_string(count));
    }
  });
  return out += '}';
}

}  // namespace pulse::simulate
