#include "pulse/source/github/links.h"

#include <algorithm>
#include <vector>

#include "pulse/source/github/issue_keys.h"

namespace pulse::source::github {

void LinkWriter::Scan(std::string_view source, std::string_view ref, std::string_view text) {
  using model::kWorkItemPrs;
  std::vector<std::string_view> seen;
  ForEachIssueKey(text, [&](std::string_view key, std::size_t at) {
    if (std::ranges::find(seen, key) != seen.end()) return;
    seen.push_back(key);
    rows_.AddRow(kWorkItemPrs)
        .Text(kWorkItemPrs["repository_external_id"], repository_id_)
        .Integer(kWorkItemPrs["pr_number"], number_)
        .Text(kWorkItemPrs["work_item_key"], key)
        .Text(kWorkItemPrs["evidence_source"], source)
        .Text(kWorkItemPrs["evidence_ref"], ref)
        .Text(kWorkItemPrs["evidence"], EvidenceAround(text, at, key.size()));
  });
}

}  // namespace pulse::source::github
