#include "pulse/source/jira/fetch_reference.h"

#include <string>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/people.h"
#include "pulse/source/jira/transform_reference.h"

namespace pulse::source::jira {
namespace {

constexpr int kProjectsPerPage = 100;
constexpr int kBoardsPerPage = 50;  // Jira Software caps both at 50.
constexpr int kSprintsPerPage = 50;
/// Sprint pages per step: 1,000 sprints of one board.
constexpr int kPagesPerStep = 20;

model::NewStep Step(const SyncContext& context, std::string_view entity, std::string_view members) {
  return {.entity_type = std::string(entity), .params = StepParams(context, members)};
}

std::string Quoted(std::string_view text) {
  std::string json;
  model::AppendJsonString(json, text);
  return json;
}

/// Boards live beside the platform API, in the same place for both deployments.
Call AgileCall(std::string_view endpoint, std::string_view path) {
  const std::string agile = "/rest/agile/1.0";
  return {
      .endpoint = "GET " + agile + std::string(endpoint),
      .path = agile + std::string(path),
      .body = {}
  };
}

/// Nothing when the page stayed undecodable: then it is in `fetched` as failed, with a gap.
Result<std::optional<Reply>> AskOrGiveUp(
    const StepAtWork& step, const Call& call, std::string_view entity, Fetched& fetched
) {
  std::optional<Answer> undecodable;
  auto reply = Ask(step.transport, call, &undecodable);
  if (reply) return std::optional(*std::move(reply));
  if (!undecodable || !step.last_attempt()) return std::move(reply).error();
  store::NewRawPage page = NewPage(step, call, entity, "", *std::move(undecodable), 0);
  page.error_details = R"({"error":)" + Quoted(reply.error().message()) + '}';
  fetched.pages.push_back(std::move(page));
  fetched.gaps.push_back({std::string(entity), call.path, reply.error().message()});
  return std::optional<Reply>();
}

/// Keeps the page and counts its records into the census.
void AppendPage(
    const StepAtWork& step,
    const Call& call,
    std::string_view entity,
    Reply reply,
    std::size_t records,
    Fetched& fetched
) {
  fetched.census[std::string(entity)] += static_cast<std::int64_t>(records);
  fetched.pages.push_back(
      NewPage(step, call, entity, "", std::move(reply.answer), static_cast<int>(records))
  );
}

/// A plain array in one answer.
Result<Fetched> FetchArray(const StepAtWork& step, std::string_view entity, std::string_view path) {
  Fetched fetched;
  const Call call = GetCall(step.context, path.substr(0, path.find('?')), path);
  PULSE_TRY(auto reply, AskOrGiveUp(step, call, entity, fetched));
  if (reply) {
    const std::size_t records = reply->root().size();
    AppendPage(step, call, entity, *std::move(reply), records, fetched);
  }
  return fetched;
}

/// Where the next page of a list with `startAt` begins; nothing when this was the last.
std::optional<std::int64_t> NextStart(Value root, std::int64_t start) {
  const auto count = static_cast<std::int64_t>(root["values"].size());
  const auto total = root["total"].integer();
  if (count == 0 || root["isLast"].boolean() == true) return std::nullopt;
  if (total && start + count >= *total) return std::nullopt;
  return start + count;
}

/// Data Center has no project search: everything in one array, or each project by its key.
Result<Fetched> FetchServerProjects(const StepAtWork& step) {
  const auto keys = ProjectsInScope(step.request.integration);
  if (keys.empty()) return FetchArray(step, kProjectsEntity, "/project?expand=description,lead");
  Fetched fetched;
  for (const std::string& key : keys) {
    const Call call = GetCall(step.context, "/project/{key}", "/project/" + key);
    PULSE_TRY(auto reply, AskOrGiveUp(step, call, kProjectsEntity, fetched));
    if (reply) AppendPage(step, call, kProjectsEntity, *std::move(reply), 1, fetched);
  }
  return fetched;
}

Result<Fetched> FetchProjects(const StepAtWork& step) {
  if (step.context.deployment == Deployment::kServer) return FetchServerProjects(step);
  const std::int64_t start = step.params["start"].integer().value_or(0);
  std::string path = "/project/search?startAt=" + std::to_string(start) +
                     "&maxResults=" + std::to_string(kProjectsPerPage) + "&expand=description,lead";
  for (const std::string& key : ProjectsInScope(step.request.integration)) path += "&keys=" + key;

  Fetched fetched;
  const Call call = GetCall(step.context, "/project/search", path);
  auto reply = AskOrGiveUp(step, call, kProjectsEntity, fetched);
  if (!reply && reply.error().kind() == ErrorKind::kNotFound) {
    fetched.census[std::string(kProjectsEntity)] = 0;  // Jira's way of saying that none match.
    return fetched;
  }
  if (!reply) return std::move(reply).error();
  if (!*reply) return fetched;
  const Value root = (*reply)->root();
  if (const auto next = NextStart(root, start)) {
    fetched.next.push_back(
        Step(step.context, kProjectsEntity, R"("start":)" + std::to_string(*next))
    );
  }
  const std::size_t records = root["values"].size();
  AppendPage(step, call, kProjectsEntity, **std::move(reply), records, fetched);
  return fetched;
}

/// No rights, no boards, no Jira Software: then there is nothing to be had here.
bool MeansNoBoards(const Error& error) {
  return error.kind() == ErrorKind::kUnauthorized || error.kind() == ErrorKind::kNotFound;
}

Result<Fetched> FetchBoards(const StepAtWork& step) {
  const std::int64_t start = step.params["start"].integer().value_or(0);
  const std::string project = step.params["project"].id();
  std::string path =
      "/board?startAt=" + std::to_string(start) + "&maxResults=" + std::to_string(kBoardsPerPage);
  if (!project.empty()) path += "&projectKeyOrId=" + project;

  auto reply = Ask(step.transport, AgileCall("/board", path));
  if (!reply && MeansNoBoards(reply.error())) return Fetched{};
  if (!reply) return std::move(reply).error();
  Fetched fetched;
  const Value root = reply->root();
  if (!root["values"].is_array()) {
    return Error{ErrorKind::kInvalid, "the list of boards has no boards and no end"};
  }
  root["values"].ForEach([&](Value board) {
    const std::string id = board["id"].id();
    if (id.empty() || board["type"].text() == "kanban") return;
    fetched.next.push_back(Step(step.context, kSprintsEntity, R"("board":)" + Quoted(id)));
  });
  if (const auto next = NextStart(root, start)) {
    fetched.next.push_back(Step(
        step.context,
        kSprintsEntity,
        R"("start":)" + std::to_string(*next) + R"(,"project":)" + Quoted(project)
    ));
  }
  return fetched;
}

/// Sprints get no census: a sprint shown on two boards would count twice.
Result<Fetched> FetchSprints(const StepAtWork& step, const std::string& board) {
  std::int64_t start = step.params["start"].integer().value_or(0);
  Fetched fetched;
  for (int pages = 0; pages < kPagesPerStep; ++pages) {
    const std::string path = "/board/" + board + "/sprint?startAt=" + std::to_string(start) +
                             "&maxResults=" + std::to_string(kSprintsPerPage);
    const Call call = AgileCall("/board/{id}/sprint", path);
    const auto answer = step.transport.Send(call);
    // 400: the board is no scrum board. The type in the board list does not tell for `simple`.
    const bool means_none =
        !answer && (answer.error().kind() == ErrorKind::kInvalid || MeansNoBoards(answer.error()));
    if (means_none && start == 0) return fetched;
    if (!answer) return answer.error();
    const auto page = JsonPage::Parse(answer->body);
    if (!page && !step.last_attempt()) return Undecodable(call, *answer, page.error());
    const Value root = page ? (*page)->root() : Value();
    const auto records = static_cast<int>(root["values"].size());
    fetched.pages.push_back(NewPage(step, call, kSprintsEntity, "", *answer, records));
    if (!page) {
      fetched.pages.back().error_details = R"({"error":)" + Quoted(page.error().message()) + '}';
      fetched.gaps.push_back({std::string(kSprintsEntity), path, page.error().message()});
      return fetched;
    }
    const auto next = NextStart(root, start);
    if (!next) return fetched;
    start = *next;
  }
  fetched.next.push_back(Step(
      step.context,
      kSprintsEntity,
      R"("board":)" + Quoted(board) + R"(,"start":)" + std::to_string(start)
  ));
  return fetched;
}

}  // namespace

std::vector<model::NewStep> ReferenceSteps(
    const FetchRequest& request, const SyncContext& context, std::string_view entity_type
) {
  const std::vector<std::string> projects = ProjectsInScope(request.integration);
  if (entity_type != kSprintsEntity || projects.empty()) return {Step(context, entity_type, "")};
  std::vector<model::NewStep> steps;
  steps.reserve(projects.size());
  for (const std::string& key : projects) {
    steps.push_back(Step(context, kSprintsEntity, R"("project":)" + Quoted(key)));
  }
  return steps;
}

Result<Fetched> FetchReference(const StepAtWork& step) {
  const std::string_view entity = step.request.entity_type;
  if (entity == kProjectsEntity) return FetchProjects(step);
  if (entity == kStatusesEntity) return FetchArray(step, entity, "/status");
  if (entity == kIssueTypesEntity) return FetchArray(step, entity, "/issuetype");
  if (entity == kSprintsEntity) {
    const std::string board = step.params["board"].id();
    return board.empty() ? FetchBoards(step) : FetchSprints(step, board);
  }
  return Error{ErrorKind::kInvalid, "jira has no step for entity type " + std::string(entity)};
}

void AppendFieldPage(const StepAtWork& step, const Call& call, Reply reply, Fetched& fetched) {
  const std::size_t records = reply.root().size();
  AppendPage(step, call, kFieldsEntity, std::move(reply), records, fetched);
}

}  // namespace pulse::source::jira
