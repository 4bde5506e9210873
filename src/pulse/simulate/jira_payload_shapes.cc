#include "pulse/simulate/jira_payload_shapes.h"

#include <algorithm>

#include "pulse/base/ascii.h"
#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/json_slice.h"

namespace pulse::simulate {
namespace {

/// The value of `name=` inside a Sprint@1f[id=1,rapidViewId=2,…]; the last may hold commas.
std::string PartOf(std::string_view text, std::string_view name) {
  const std::string start = std::string(name) + "=";
  std::size_t at = text.find("[" + start);
  if (at == std::string_view::npos) at = text.find("," + start);
  if (at == std::string_view::npos) return {};
  at += start.size() + 1;
  // A name may hold commas, so a part ends where the next `,word=` begins.
  std::size_t end = at;
  while (end < text.size() && text[end] != ']') {
    if (text[end] == ',') {
      std::size_t word = end + 1;
      while (word < text.size() && ((text[word] | 32) >= 'a' && (text[word] | 32) <= 'z')) ++word;
      if (word < text.size() && word > end + 1 && text[word] == '=') break;
    }
    ++end;
  }
  return std::string(text.substr(at, end - at));
}

bool Complete(const SeenSprint& sprint) { return !sprint.id.empty() && !sprint.state.empty(); }

SeenSprint FromText(std::string_view text) {
  SeenSprint sprint;
  if (!text.starts_with("com.atlassian.greenhopper")) return sprint;
  sprint.id = PartOf(text, "id");
  sprint.name = PartOf(text, "name");
  sprint.state = Lower(PartOf(text, "state"));
  sprint.board_id = PartOf(text, "rapidViewId");
  std::string& out = sprint.json;
  Append(out, R"({"id":)", sprint.id, R"(,"state":")", sprint.state, R"(","name":)");
  model::AppendJsonString(out, sprint.name);
  for (const std::string_view date : {"startDate", "endDate", "completeDate"}) {
    const std::string value = PartOf(text, date);
    if (value.empty() || value == "<null>") continue;
    Append(out, ",\"", date, "\":");
    model::AppendJsonString(out, value);
  }
  if (!sprint.board_id.empty()) Append(out, R"(,"originBoardId":)", sprint.board_id);
  out += '}';
  return sprint;
}

SeenSprint FromObject(std::string_view raw) {
  SeenSprint sprint;
  const auto members = SliceObject(raw);
  if (!members) return sprint;
  sprint.id = TextOf(SliceOf(*members, "id"));
  sprint.name = TextOf(SliceOf(*members, "name"));
  const std::string state = Lower(TextOf(SliceOf(*members, "state")));
  if (state == "closed" || state == "active" || state == "future") sprint.state = state;
  sprint.board_id = TextOf(SliceOf(*members, "boardId"));
  if (sprint.board_id.empty()) sprint.board_id = TextOf(SliceOf(*members, "originBoardId"));
  sprint.json = raw;
  return sprint;
}

}  // namespace

std::vector<SeenSprint> SprintsIn(std::string_view raw) {
  std::vector<SeenSprint> sprints;
  if (raw.empty()) return sprints;
  std::vector<std::string_view> elements{raw};
  if (raw.front() == '[') elements = SliceArray(raw).value_or(std::vector<std::string_view>{});
  for (const std::string_view element : elements) {
    SeenSprint sprint = element.front() == '{' ? FromObject(element) : FromText(TextOf(element));
    if (Complete(sprint)) sprints.push_back(std::move(sprint));
  }
  return sprints;
}

bool LooksLikeIssueKey(std::string_view raw) {
  if (raw.size() < 5 || raw.front() != '"') return false;
  const std::string_view text = raw.substr(1, raw.size() - 2);
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_key = [&](char c) { return is_digit(c) || c == '_' || (c >= 'A' && c <= 'Z'); };
  return std::ranges::all_of(text.substr(dash + 1), is_digit) &&
         std::ranges::all_of(text.substr(0, dash), is_key);
}

bool LooksLikeNumber(std::string_view raw) {
  return !raw.empty() && (raw.front() == '-' || (raw.front() >= '0' && raw.front() <= '9'));
}

}  // namespace pulse::simulate
