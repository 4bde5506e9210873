#include "pulse/source/jira/search_cursor.h"

#include <algorithm>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/id_list.h"

namespace pulse::source::jira {
namespace {

/// So many empty pages in a row are a loop.
constexpr std::int64_t kMaxEmptyPages = 20;

/// One would do; of twenty some are still there when others go, and so many may go before them
/// until a page has to be asked for again. They are two in a hundred of a page.
constexpr std::size_t kOverlap = 20;

bool IsPowerOfTwo(std::int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

/// The next page of a Data Center: it begins with the last issues of this one.
SearchCursor NextOffset(const SearchCursor& at, Value issues) {
  SearchCursor next;
  std::vector<std::string> ids;
  issues.ForEach([&](Value issue) { ids.push_back(issue["id"].id()); });
  // Half of a page at most, or the search would hardly move.
  const std::size_t overlap = std::min(kOverlap, ids.size() / 2);
  next.overlap.assign(ids.end() - static_cast<std::ptrdiff_t>(overlap), ids.end());
  next.start = at.start + static_cast<std::int64_t>(ids.size() - overlap);
  return next;
}

}  // namespace

std::string SearchCursor::ToMembers() const {
  std::string members = R"("start":)" + std::to_string(start);
  members += R"(,"empty":)" + std::to_string(empty_pages) + R"(,"token":)";
  model::AppendJsonString(members, token);
  if (!anchor.empty()) {
    members += R"(,"anchor":)";
    model::AppendJsonString(members, anchor);
    members += R"(,"age":)" + std::to_string(age);
  }
  if (!overlap.empty()) {
    members += R"(,"overlap":)";
    model::AppendJsonString(members, JoinIds(overlap));
  }
  if (counted != 0) members += R"(,"counted":)" + std::to_string(counted);
  return members;
}

SearchCursor SearchCursor::FromParams(Value params) {
  return {
      params["token"].id(),
      params["start"].integer().value_or(0),
      params["empty"].integer().value_or(0),
      params["anchor"].id(),
      params["age"].integer().value_or(0),
      SplitIds(params["overlap"].text().value_or("")),
      params["counted"].integer().value_or(0),
  };
}

// Once the age is a power of two the anchor is moved on: a circle is at most as long as the age
// some day, and then its token comes round to the anchor.
Result<std::optional<SearchCursor>> NextCursor(
    Deployment deployment, const SearchCursor& at, Value root, std::size_t returned
) {
  SearchCursor next;
  next.empty_pages = returned == 0 ? at.empty_pages + 1 : 0;
  if (next.empty_pages > kMaxEmptyPages) {
    return Error{ErrorKind::kUnavailable, "the issue search got 20 empty pages in a row"};
  }
  if (deployment == Deployment::kServer) {
    const std::int64_t end = at.start + static_cast<std::int64_t>(returned);
    if (returned == 0 || end >= root["total"].integer().value_or(0)) {
      return std::optional<SearchCursor>();
    }
    return std::optional(NextOffset(at, root["issues"]));
  }
  next.token = root["nextPageToken"].id();
  if (next.token.empty() || root["isLast"].boolean() == true) return std::nullopt;
  if (next.token == at.token || next.token == at.anchor) {
    return Error{ErrorKind::kUnavailable, "the issue search was handed a page token again"};
  }
  next.age = at.age + 1;
  next.anchor = IsPowerOfTwo(next.age) ? next.token : at.anchor;
  return std::optional(std::move(next));
}

std::optional<std::size_t> AlreadyRead(const SearchCursor& at, Value issues) {
  if (at.overlap.empty()) return 0;
  std::size_t read = 0;
  std::size_t position = 0;
  issues.ForEach([&](Value issue) {
    ++position;
    if (std::ranges::find(at.overlap, issue["id"].id()) != at.overlap.end()) read = position;
  });
  if (read > 0) return read;
  return std::nullopt;
}

SearchCursor WentBack(const SearchCursor& at, std::size_t returned) {
  SearchCursor earlier = at;
  if (at.start == 0) {
    earlier.overlap.clear();
    earlier.counted = 0;
    return earlier;
  }
  // Less than a page, so that nothing between the two is skipped; the list may move on meanwhile.
  const auto page = static_cast<std::int64_t>(std::max(returned, 2 * kOverlap));
  earlier.start = std::max<std::int64_t>(0, at.start - page / 2);
  return earlier;
}

}  // namespace pulse::source::jira
