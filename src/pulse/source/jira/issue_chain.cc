#include "pulse/source/jira/issue_chain.h"

#include <algorithm>
#include <optional>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/id_list.h"
#include "pulse/source/json_slice.h"

namespace pulse::source::jira {
namespace {

/// Limits of changelog/bulkfetch.
constexpr std::size_t kHistoriesPerCall = 1000;
constexpr std::int64_t kEntriesPerCall = 10000;

Value At(Value array, std::size_t index) {
  Value found;
  std::size_t i = 0;
  array.ForEach([&](Value element) {
    if (i++ == index) found = element;
  });
  return found;
}

void NoteList(
    IssuePage& page, const std::string& id, Value list, Value elements, std::string kind
) {
  const auto total = list["total"].integer();
  if (total && *total > static_cast<std::int64_t>(elements.size())) {
    page.lists.push_back({id, std::move(kind)});
  }
}

void NoteIssue(IssuePage& page, Value issue) {
  std::string id = issue["id"].id();
  if (id.empty()) {
    ++page.broken;
    return;
  }
  const Value changelog = issue["changelog"];
  const auto total = changelog["total"].integer().value_or(0);
  if (total > static_cast<std::int64_t>(changelog["histories"].size())) {
    page.histories.push_back({id, total});
  }
  const Value comments = issue["fields"]["comment"];
  const Value worklogs = issue["fields"]["worklog"];
  NoteList(page, id, comments, comments["comments"], "comment");
  NoteList(page, id, worklogs, worklogs["worklogs"], "worklog");
  page.ids.push_back(std::move(id));
}

/// Text that is no JSON mostly still says whose it is.
void NoteBroken(IssuePage& page, std::string_view raw) {
  ++page.broken;
  std::string_view id = SliceField(raw, "id").value_or("");
  if (id.size() < 2 || id.front() != '"') return;
  page.broken_ids.emplace_back(id.substr(1, id.size() - 2));
}

}  // namespace

std::string IssueChain::ToMembers() const {
  std::string members = R"("ids":)";
  model::AppendJsonString(members, JoinIds(ids));
  members += R"(,"histories":[)";
  const char* separator = "";
  for (const LongHistory& history : histories) {
    members.append(separator).append("[");
    model::AppendJsonString(members, history.issue_id);
    members.append(",").append(std::to_string(history.entries)).append("]");
    separator = ",";
  }
  members += R"(],"lists":[)";
  separator = "";
  for (const LongList& list : lists) {
    members.append(separator).append("[");
    model::AppendJsonString(members, list.issue_id);
    members.append(",");
    model::AppendJsonString(members, list.kind);
    members.append("]");
    separator = ",";
  }
  members += ']';
  if (keep) members += R"(,"keep":true)";
  return members;
}

IssueChain IssueChain::FromParams(Value params) {
  IssueChain chain;
  chain.ids = SplitIds(params["ids"].text().value_or(""));
  params["histories"].ForEach([&](Value pair) {
    chain.histories.push_back({At(pair, 0).id(), At(pair, 1).integer().value_or(0)});
  });
  params["lists"].ForEach([&](Value pair) {
    chain.lists.push_back({At(pair, 0).id(), At(pair, 1).id()});
  });
  chain.keep = params["keep"].boolean().value_or(false);
  return chain;
}

std::vector<IssueChain> PlanChains(std::span<const std::string> ids, bool keep) {
  std::vector<IssueChain> chains;
  if (ids.empty()) return chains;
  const std::size_t count = (ids.size() + kIssuesPerChain - 1) / kIssuesPerChain;
  const std::size_t calls = (ids.size() + kIssuesPerCall - 1) / kIssuesPerCall;
  // Whole calls per chain: a chain boundary in mid-call would cost a call.
  const std::size_t length = (calls + count - 1) / count * kIssuesPerCall;
  while (!ids.empty()) {
    const auto part = ids.first(std::min(length, ids.size()));
    chains.push_back({.ids = {part.begin(), part.end()}, .histories = {}, .lists = {}, .keep = keep}
    );
    ids = ids.subspan(part.size());
  }
  return chains;
}

std::vector<std::vector<LongHistory>> PlanHistoryBatches(std::span<const LongHistory> histories) {
  std::vector<std::vector<LongHistory>> batches;
  std::int64_t entries = 0;
  for (const LongHistory& history : histories) {
    const bool full = batches.empty() || batches.back().size() == kHistoriesPerCall ||
                      entries + history.entries > kEntriesPerCall;
    if (full) {
      batches.emplace_back();
      entries = 0;
    }
    batches.back().push_back(history);
    entries += history.entries;
  }
  return batches;
}

Result<IssuePage> ReadIssuePage(std::string_view body) {
  constexpr std::string_view kPath[] = {"issues"};
  IssuePage page;
  PULSE_CHECK(ForEachRecord(
      body,
      kPath,
      [&](std::int32_t, Value issue) { NoteIssue(page, issue); },
      [&](const BrokenRecord& record) { NoteBroken(page, record.raw); }
  ));
  return page;
}

}  // namespace pulse::source::jira
