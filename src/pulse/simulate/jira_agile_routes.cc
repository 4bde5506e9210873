#include <algorithm>

#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_call.h"

namespace pulse::simulate {
namespace {

constexpr std::int64_t kMostPerPage = 50;

const std::vector<Item>& ItemsOf(const JiraSite& site, const JiraCall& call, ItemKind kind) {
  return site.source.catalogue(call.dialect).of(kind);
}

const Item* FindBoard(const JiraSite& site, const JiraCall& call) {
  const std::vector<Item>& boards = ItemsOf(site, call, ItemKind::kBoard);
  const auto found = std::ranges::find(boards, call.names[0], &Item::id);
  return found == boards.end() ? nullptr : &*found;
}

http::Response NoBoard() {
  return JiraError(
      404,
      "The requested board cannot be viewed because it either does not exist or you do not "
      "have permission to view it."
  );
}

/// One column per status of the board's project, in the order of the workflow.
void AppendColumns(
    std::string& out, const JiraSite& site, const JiraCall& call, const Item& board
) {
  const std::vector<Item>& statuses = ItemsOf(site, call, ItemKind::kStatus);
  const auto own = [&](const Item& status) { return status.owner == board.owner; };
  const std::int64_t owner = std::ranges::any_of(statuses, own) ? board.owner : -1;
  std::string_view comma;
  for (const Item& status : statuses) {
    if (status.owner != owner) continue;
    Append(out, comma, R"({"name":")", status.name, R"(","statuses":[{"id":")", status.id);
    Append(out, R"(","self":")", SelfBase(call.dialect), "/status/", status.id, "\"}]}");
    comma = ",";
  }
}

}  // namespace

http::Response Boards(const JiraSite& site, const JiraCall& call) {
  const std::vector<Item>& projects = ItemsOf(site, call, ItemKind::kProject);
  const std::string_view wanted = call.Parameter("projectKeyOrId");
  const std::string_view type = call.Parameter("type");
  const std::string_view name = call.Parameter("name");
  std::vector<const std::string*> boards;
  for (const Item& board : ItemsOf(site, call, ItemKind::kBoard)) {
    const Item& project = projects[static_cast<std::size_t>(board.owner)];
    if (!wanted.empty() && wanted != project.key && wanted != project.id) continue;
    if (!type.empty() &&
        board.json.find("\"type\":\"" + std::string(type) + "\"") == std::string::npos) {
      continue;
    }
    if (!name.empty() && board.name.find(name) == std::string::npos) continue;
    boards.push_back(&board.json);
  }
  return PageOfItems(call, boards, kMostPerPage);
}

http::Response BoardById(const JiraSite& site, const JiraCall& call) {
  const Item* board = FindBoard(site, call);
  return board == nullptr ? NoBoard() : JiraJson(200, board->json);
}

http::Response BoardConfiguration(const JiraSite& site, const JiraCall& call) {
  const Item* board = FindBoard(site, call);
  if (board == nullptr) return NoBoard();
  std::string body;
  Append(body, R"({"id":)", board->id, R"(,"name":")", board->name, R"(","type":")", board->group);
  Append(body, R"(","self":")", SiteBase(call.dialect), "/rest/agile/1.0/board/", board->id);
  Append(body, R"(/configuration","filter":{"id":")", board->id, R"(","self":")");
  Append(body, SelfBase(call.dialect), "/filter/", board->id, R"("},"columnConfig":{"columns":[)");
  AppendColumns(body, site, call, *board);
  body += R"(],"constraintType":"none"},)";
  if (board->group == "scrum") {
    body += R"("estimation":{"type":"field","field":{"fieldId":"customfield_10016",)";
    body += R"("displayName":"Story point estimate"}},)";
  }
  body += R"("ranking":{"rankCustomFieldId":10019}})";
  return JiraJson(200, std::move(body));
}

http::Response BoardSprints(const JiraSite& site, const JiraCall& call) {
  const Item* board = FindBoard(site, call);
  if (board == nullptr) return NoBoard();
  if (board->group != "scrum") {
    return JiraError(400, "The board does not support sprints");
  }
  const std::vector<std::string> states = call.List("state");
  std::vector<const std::string*> sprints;
  for (const Item& sprint : ItemsOf(site, call, ItemKind::kSprint)) {
    if (std::to_string(sprint.owner) != board->id) continue;
    if (!states.empty() && std::ranges::find(states, sprint.group) == states.end()) continue;
    sprints.push_back(&sprint.json);
  }
  return PageOfItems(call, sprints, kMostPerPage);
}

http::Response SprintById(const JiraSite& site, const JiraCall& call) {
  const std::vector<Item>& sprints = ItemsOf(site, call, ItemKind::kSprint);
  const auto found = std::ranges::find(sprints, call.names[0], &Item::id);
  if (found == sprints.end()) return JiraError(404, "Sprint does not exist.");
  return JiraJson(200, found->json);
}

}  // namespace pulse::simulate
