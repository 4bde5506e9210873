#include "pulse/source/jira/sprint_facts.h"

#include <algorithm>
#include <array>

#include "pulse/base/ascii.h"

namespace pulse::source::jira {
namespace {

constexpr std::string_view kTextPrefix = "com.atlassian.greenhopper.service.sprint.Sprint@";

constexpr std::array<std::string_view, 12> kKeys = {
    "id",
    "rapidViewId",
    "state",
    "name",
    "goal",
    "startDate",
    "endDate",
    "completeDate",
    "activatedDate",
    "autoStartStop",
    "sequence",
    "synced",
};

/// Where the `,key=` after `from` begins, for any known key; the end of the text otherwise.
std::size_t NextKey(std::string_view inside, std::size_t from) {
  for (std::size_t at = inside.find(',', from); at != std::string_view::npos;
       at = inside.find(',', at + 1)) {
    const std::string_view rest = inside.substr(at + 1);
    const bool known = std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view key) {
      return rest.starts_with(key) && rest.substr(key.size()).starts_with('=');
    });
    if (known) return at;
  }
  return inside.size();
}

void Assign(SprintFacts& sprint, std::string_view key, std::string_view value) {
  if (value == "<null>") return;
  if (key == "id") sprint.id = value;
  if (key == "rapidViewId") sprint.board = value;
  if (key == "name") sprint.name = value;
  if (key == "state") sprint.state = value;
  if (key == "goal") sprint.goal = value;
  if (key == "startDate") sprint.starts = value;
  if (key == "endDate") sprint.ends = value;
  if (key == "completeDate") sprint.completed = value;
}

std::optional<SprintFacts> ReadSprintObject(Value value) {
  SprintFacts sprint;
  sprint.id = value["id"].id();
  if (sprint.id.empty()) return std::nullopt;
  sprint.name = value["name"].text();
  sprint.state = value["state"].text();
  sprint.goal = value["goal"].text();
  sprint.starts = value["startDate"].text();
  sprint.ends = value["endDate"].text();
  sprint.completed = value["completeDate"].text();
  sprint.created = value["createdDate"].text();
  for (const std::string_view key : {"originBoardId", "boardId", "rapidViewId"}) {
    if (sprint.board.empty()) sprint.board = value[key].id();
  }
  return sprint;
}

}  // namespace

bool SprintFacts::is_active() const { return state && EqualIgnoringCase(*state, "active"); }

std::optional<SprintFacts> ParseSprintText(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.rfind(']');
  if (!text.starts_with(kTextPrefix) || open == std::string_view::npos) return std::nullopt;
  if (close == std::string_view::npos || close <= open) return std::nullopt;
  const std::string_view inside = text.substr(open + 1, close - open - 1);

  SprintFacts sprint;
  std::size_t at = 0;
  while (at < inside.size()) {
    const std::size_t equals = inside.find('=', at);
    if (equals == std::string_view::npos) break;
    const std::size_t end = NextKey(inside, equals + 1);
    Assign(sprint, inside.substr(at, equals - at), inside.substr(equals + 1, end - equals - 1));
    at = end + 1;
  }
  if (sprint.id.empty()) return std::nullopt;
  return sprint;
}

std::optional<SprintFacts> ReadSprint(Value value) {
  if (const auto text = value.text()) return ParseSprintText(*text);
  return ReadSprintObject(value);
}

bool LooksLikeSprints(Value value) {
  bool looks = false;
  bool first = true;
  value.ForEach([&](Value element) {
    if (!first) return;
    first = false;
    const auto text = element.text();
    const bool is_object = element["id"].has_value() && element["state"].is_text() &&
                           element["name"].is_text() && element["boardId"].has_value();
    looks = is_object || (text && text->starts_with(kTextPrefix));
  });
  return looks;
}

}  // namespace pulse::source::jira
