#include "pulse/source/jira/id_list.h"

#include <algorithm>

namespace pulse::source::jira {

std::string JoinIds(std::span<const std::string> ids) {
  std::string joined;
  for (const std::string& id : ids) joined.append(joined.empty() ? "" : ",").append(id);
  return joined;
}

std::vector<std::string> SplitIds(std::string_view joined) {
  std::vector<std::string> ids;
  while (!joined.empty()) {
    const std::string_view id = joined.substr(0, joined.find(','));
    joined.remove_prefix(std::min(joined.size(), id.size() + 1));
    ids.emplace_back(id);
  }
  return ids;
}

}  // namespace pulse::source::jira
