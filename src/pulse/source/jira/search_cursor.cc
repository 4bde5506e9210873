#include "pulse/source/jira/search_cursor.h"

#include "pulse/model/json_text.h"

namespace pulse::source::jira {
namespace {

/// So many empty pages in a row are a loop.
constexpr std::int64_t kMaxEmptyPages = 20;

}  // namespace

std::string SearchCursor::ToMembers() const {
  std::string members = R"("start":)" + std::to_string(start);
  members += R"(,"empty":)" + std::to_string(empty_pages) + R"(,"token":)";
  model::AppendJsonString(members, token);
  return members;
}

SearchCursor SearchCursor::FromParams(Value params) {
  return {
      params["token"].id(),
      params["start"].integer().value_or(0),
      params["empty"].integer().value_or(0)
  };
}

Result<std::optional<SearchCursor>> NextCursor(
    Deployment deployment, const SearchCursor& at, Value root, std::size_t returned
) {
  SearchCursor next;
  next.empty_pages = returned == 0 ? at.empty_pages + 1 : 0;
  if (next.empty_pages > kMaxEmptyPages) {
    return Error{ErrorKind::kUnavailable, "the issue search got 20 empty pages in a row"};
  }
  if (deployment == Deployment::kServer) {
    next.start = at.start + static_cast<std::int64_t>(returned);
    const bool is_last = returned == 0 || next.start >= root["total"].integer().value_or(0);
    return is_last ? std::nullopt : std::optional(std::move(next));
  }
  next.token = root["nextPageToken"].id();
  if (next.token.empty() || root["isLast"].boolean() == true) return std::nullopt;
  if (next.token == at.token) {
    return Error{ErrorKind::kUnavailable, "the issue search was handed its own page token again"};
  }
  return std::optional(std::move(next));
}

}  // namespace pulse::source::jira
