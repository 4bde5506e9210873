#include "pulse/source/jira/page_walk.h"

namespace pulse::source::jira {
namespace {

void WalkArray(Value array, const OnRecord& record) {
  std::int32_t position = 0;
  array.ForEach([&](Value element) { record(position++, element); });
}

}  // namespace

Result<> WalkPage(
    std::string_view body,
    std::string_view list_key,
    std::string_view bare_key,
    const OnRecord& record,
    const OnBroken& broken
) {
  const auto page = JsonPage::Parse(body);
  if (!page) {
    const std::string_view path[] = {list_key};
    if (ForEachRecord(body, path, record, broken)) return {};
    if (ForEachRecord(body, {}, record, broken)) return {};
    return page.error();
  }
  const Value root = (*page)->root();
  if (root.is_array() || root[list_key].is_array()) {
    WalkArray(root.is_array() ? root : root[list_key], record);
    return {};
  }
  const Value payload = root["payload"];
  const Value bare = payload.is_object() ? payload : root;
  if (bare[bare_key].absent()) return Error{ErrorKind::kInvalid, "neither a page nor a record"};
  record(0, bare);
  return {};
}

}  // namespace pulse::source::jira
