#include "pulse/simulate/jira_scan.h"

#include <algorithm>
#include <tuple>

namespace pulse::simulate {

bool IssueScan::InIndex(std::int64_t position, IssueFacts& facts) const {
  source_.Facts(position, query_.depth(), facts);
  return query_.Matches(facts) && !hidden_(facts);
}

std::vector<std::int64_t> IssueScan::Sorted() const {
  struct Entry {
    std::string_view text;
    std::int64_t number;
    std::int64_t position;
  };
  const auto& projects = source_.catalogue(Dialect::kCloudV3).of(ItemKind::kProject);
  std::vector<Entry> entries;
  IssueFacts facts;
  const auto consider = [&](std::int64_t position) {
    if (!InIndex(position, facts)) return;
    Entry entry{"", facts.created, position};
    switch (query_.order()) {
      case JqlOrder::kCreated:
        break;
      case JqlOrder::kUpdated:
        entry.number = facts.updated;
        break;
      case JqlOrder::kId:
        entry.number = facts.id;
        break;
      case JqlOrder::kKey:
        if (facts.project < static_cast<int>(projects.size())) {
          entry.text = projects[static_cast<std::size_t>(facts.project)].key;
        }
        entry.number = facts.number;
        break;
    }
    entries.push_back(entry);
  };
  if (const auto& named = query_.named()) {
    for (const std::int64_t position : *named) consider(position);
  } else {
    for (std::int64_t i = 0; i < source_.issue_count(); ++i) consider(i);
  }
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    const auto left = std::tie(a.text, a.number, a.position);
    const auto right = std::tie(b.text, b.number, b.position);
    return query_.descending() ? right < left : left < right;
  });
  std::vector<std::int64_t> positions;
  positions.reserve(entries.size());
  for (const Entry& entry : entries) positions.push_back(entry.position);
  return positions;
}

void IssueScan::Visit(
    std::int64_t cursor, const std::function<bool(std::int64_t, std::int64_t)>& visit
) const {
  if (query_.order() != JqlOrder::kCreated || query_.named()) {
    const std::vector<std::int64_t> sorted = Sorted();
    for (auto i = cursor; i < static_cast<std::int64_t>(sorted.size()); ++i) {
      if (!visit(i, sorted[static_cast<std::size_t>(i)])) return;
    }
    return;
  }
  IssueFacts facts;
  const std::int64_t count = source_.issue_count();
  for (std::int64_t place = cursor; place < count; ++place) {
    const std::int64_t position = query_.descending() ? count - 1 - place : place;
    if (InIndex(position, facts) && !visit(place, position)) return;
  }
}

IssuePage IssueScan::Page(std::int64_t cursor, std::int64_t limit) const {
  return Collect(cursor, 0, limit);
}

IssuePage IssueScan::PageAt(std::int64_t skip, std::int64_t limit) const {
  return Collect(0, skip, limit);
}

IssuePage IssueScan::Collect(std::int64_t cursor, std::int64_t skip, std::int64_t limit) const {
  IssuePage page;
  Visit(cursor, [&](std::int64_t place, std::int64_t position) {
    if (skip-- > 0) return true;
    if (static_cast<std::int64_t>(page.positions.size()) == limit) {
      page.next = place;
      return false;
    }
    page.positions.push_back(position);
    return true;
  });
  return page;
}

std::int64_t IssueScan::Count() const {
  std::int64_t count = 0;
  Visit(0, [&](std::int64_t, std::int64_t) {
    ++count;
    return true;
  });
  return count;
}

}  // namespace pulse::simulate
