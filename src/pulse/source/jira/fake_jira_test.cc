#include "pulse/source/jira/fake_jira.h"

#include <algorithm>

#include "pulse/source/jira/judge.h"
#include "pulse/source/json_page.h"

namespace pulse::source::jira::testing {
namespace {

constexpr EpochMs kNow = 1795435200000;  // 2026-11-23T12:00:00Z
constexpr std::size_t kFirstId = 10001;

Answer Ok(std::string body) {
  return {
      .status = 200, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)
  };
}

Answer NotFound() {
  return {.status = 404, .headers = {}, .body = R"({"errorMessages":["no such thing"]})"};
}

std::string History(int number) {
  const std::string id = std::to_string(number);
  return R"({"id":")" + id + R"(","created":"2024-02-01T10:00:00.000+0000","items":[)" +
         R"({"field":"status","fieldId":"status","from":"1","fromString":"To Do","to":"2","toString":"Done"}]})";
}

std::string Repeat(int count, const std::function<std::string(int)>& make) {
  std::string json = "[";
  for (int i = 0; i < count; ++i) json.append(i > 0 ? "," : "").append(make(i));
  return json += ']';
}

std::string Comment(int number) {
  return R"({"id":"c)" + std::to_string(number) +
         R"(","body":"text","created":"2024-02-01T10:00:00.000+0000"})";
}

std::string Worklog(int number) {
  return R"({"id":"w)" + std::to_string(number) +
         R"(","timeSpentSeconds":60,"started":"2024-02-01T10:00:00.000+0000"})";
}

std::vector<std::string> Texts(Value array) {
  std::vector<std::string> texts;
  array.ForEach([&](Value text) { texts.push_back(text.id()); });
  return texts;
}

/// The ids of `id in (1,2,3)`.
std::vector<std::string> IdsIn(std::string_view jql) {
  std::vector<std::string> ids;
  const std::size_t open = jql.find('(');
  std::string_view rest = jql.substr(open + 1, jql.find(')') - open - 1);
  while (!rest.empty()) {
    const std::string_view id = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), id.size() + 1));
    ids.emplace_back(id);
  }
  return ids;
}

int Parameter(const std::string& path, const std::string& name) {
  const std::size_t at = path.find(name + "=");
  return at == std::string::npos ? 0 : std::stoi(path.substr(at + name.size() + 1));
}

bool IsSweep(const Call& call) { return call.body.find(R"("fields":["id"])") != std::string::npos; }

}  // namespace

void FakeJira::AddIssues(int count, const std::function<void(int, FakeIssue&)>& shape) {
  for (int i = 0; i < count; ++i) {
    FakeIssue issue;
    issue.id = std::to_string(kFirstId + issues.size());
    if (shape) shape(i, issue);
    issues.push_back(std::move(issue));
  }
}

int FakeJira::Count(const std::string& endpoint) const {
  const auto found = calls.find(endpoint);
  return found == calls.end() ? 0 : found->second;
}

int FakeJira::CountSweeps() const {
  return static_cast<int>(std::count_if(sent.begin(), sent.end(), IsSweep));
}

int FakeJira::CountPages() const { return Count("POST /rest/api/3/search/jql") - CountSweeps(); }

Result<Answer> FakeJira::Send(const Call& call) {
  ++calls[call.endpoint];
  sent.push_back(call);
  std::optional<Answer> answer = override ? override(call) : std::nullopt;
  if (!answer) answer = Respond(call);
  answer->headers.emplace_back("Date", options_.date);
  Verdict verdict = JudgeAnswer(call, *answer, kNow);
  if (verdict.error) return *std::move(verdict.error);
  return *std::move(answer);
}

const FakeIssue* FakeJira::Find(std::string_view id) const {
  const std::size_t index = std::stoul(std::string(id)) - kFirstId;
  return index >= issues.size() || issues[index].gone ? nullptr : &issues[index];
}

std::string FakeJira::IssueJson(const FakeIssue& issue) const {
  if (!issue.raw.empty()) return issue.raw;
  const int histories =
      options_.is_cloud ? std::min(issue.histories, options_.inline_histories) : issue.histories;
  const int comments = std::min(issue.comments, options_.inline_list);
  const int worklogs = std::min(issue.worklogs, options_.inline_list);
  return R"({"id":")" + issue.id + R"(","key":"PAY-)" + issue.id +
         R"(","fields":{"summary":"s","created":"2024-01-01T10:00:00.000+0000",)" +
         R"("updated":"2024-03-01T10:00:00.000+0000","comment":{"total":)" +
         std::to_string(issue.comments) + R"(,"comments":)" + Repeat(comments, Comment) +
         R"(},"worklog":{"total":)" + std::to_string(issue.worklogs) + R"(,"worklogs":)" +
         Repeat(worklogs, Worklog) + R"(}},"changelog":{"total":)" +
         std::to_string(issue.histories) + R"(,"histories":)" + Repeat(histories, History) + "}}";
}

Answer FakeJira::Search(const Call& call) const {
  const auto page = JsonPage::Parse(call.body);
  const Value root = (*page)->root();
  const bool ids_only = IsSweep(call);
  const std::string token = root["nextPageToken"].id();
  if (options_.empty_page_first && token.empty()) {
    return Ok(R"({"issues":[],"nextPageToken":"0"})");
  }
  const int most = ids_only ? options_.ids_per_page : options_.issues_per_page;
  const auto asked = root["maxResults"].integer().value_or(50);
  const std::size_t start = token.empty() ? 0 : std::stoul(token);
  const std::size_t end = std::min(
      issues.size(), start + static_cast<std::size_t>(std::min<std::int64_t>(most, asked))
  );
  std::string json;
  for (std::size_t i = start; i < end; ++i) {
    if (!ids_only && issues[i].gone) continue;
    json.append(json.empty() ? "" : ",");
    json += ids_only ? R"({"id":")" + issues[i].id + R"("})" : IssueJson(issues[i]);
  }
  json = R"({"issues":[)" + json + ']';
  if (end == issues.size()) return Ok(json + R"(,"isLast":true})");
  const std::string next = options_.repeats_token && !token.empty() ? token : std::to_string(end);
  return Ok(json + R"(,"nextPageToken":")" + next + R"("})");
}

Answer FakeJira::ServerSearch(const Call& call) const {
  const auto page = JsonPage::Parse(call.body);
  const Value root = (*page)->root();
  const std::string_view jql = root["jql"].text().value_or("");
  std::vector<std::string> found;
  if (jql.starts_with("id in")) {
    for (const std::string& id : IdsIn(jql)) {
      const FakeIssue* issue = Find(id);
      if (issue != nullptr && !issue->left_out) found.push_back(IssueJson(*issue));
    }
  } else {
    const bool whole = call.body.find(R"("updated"])") != std::string::npos;
    for (const FakeIssue& issue : issues) {
      found.push_back(whole ? IssueJson(issue) : R"({"id":")" + issue.id + R"("})");
    }
  }
  const auto start = static_cast<std::size_t>(root["startAt"].integer().value_or(0));
  const std::size_t size = std::min<std::size_t>(
      static_cast<std::size_t>(root["maxResults"].integer().value_or(50)),
      static_cast<std::size_t>(options_.ids_per_page)
  );
  std::string json = R"({"total":)" + std::to_string(found.size()) + R"(,"issues":[)";
  for (std::size_t i = start; i < std::min(found.size(), start + size); ++i) {
    json.append(i > start ? "," : "").append(found[i]);
  }
  return Ok(json + "]}");
}

Answer FakeJira::Bulk(const Call& call) const {
  const auto page = JsonPage::Parse(call.body);
  const std::vector<std::string> ids = Texts((*page)->root()["issueIdsOrKeys"]);
  if (ids.size() > 100) {
    return {.status = 400, .headers = {}, .body = R"({"errorMessages":["at most 100 issues"]})"};
  }
  std::string json;
  for (const std::string& id : ids) {
    const FakeIssue* issue = Find(id);
    if (issue == nullptr || issue->left_out) continue;
    json.append(json.empty() ? "" : ",").append(IssueJson(*issue));
  }
  return Ok(R"({"issues":[)" + json + R"(],"issueErrors":[]})");
}

Answer FakeJira::Histories(const Call& call) const {
  const auto page = JsonPage::Parse(call.body);
  std::string json;
  for (const std::string& id : Texts((*page)->root()["issueIdsOrKeys"])) {
    const FakeIssue* issue = Find(id);
    if (issue == nullptr) continue;
    json.append(json.empty() ? "" : ",");
    json += R"({"issueId":")" + id + R"(","changeHistories":)" + Repeat(issue->histories, History) +
            "}";
  }
  return Ok(R"({"issueChangeLogs":[)" + json + "]}");
}

Answer FakeJira::OneIssue(const std::string& path) const {
  constexpr std::string_view kIssue = "/issue/";
  const std::size_t from = path.find(kIssue) + kIssue.size();
  const std::string id = path.substr(from, path.find_first_of("/?", from) - from);
  const FakeIssue* issue = Find(id);
  if (issue == nullptr) return NotFound();
  const bool comments = path.find("/comment?") != std::string::npos;
  if (!comments && path.find("/worklog?") == std::string::npos) return Ok(IssueJson(*issue));
  const int total = comments ? issue->comments : issue->worklogs;
  const int start = Parameter(path, "startAt");
  const int count = std::min(Parameter(path, "maxResults"), std::max(0, total - start));
  const std::string list =
      Repeat(count, [&](int i) { return comments ? Comment(start + i) : Worklog(start + i); });
  return Ok(
      R"({"total":)" + std::to_string(total) + (comments ? R"(,"comments":)" : R"(,"worklogs":)") +
      list + "}"
  );
}

Answer FakeJira::Respond(const Call& call) {
  const std::string& path = call.path;
  const auto has = [&](std::string_view part) { return path.find(part) != std::string::npos; };
  if (has("/serverInfo")) {
    return Ok(
        options_.is_cloud
            ? R"({"deploymentType":"Cloud","version":"1001.0.0","baseUrl":"https://acme.example"})"
            : R"({"deploymentType":"Server","version":"9.12.0","baseUrl":"https://jira.example/"})"
    );
  }
  if (has("/myself")) return Ok(R"({"accountId":"a1","displayName":"Ada"})");
  if (has("/search/jql")) return Search(call);
  if (has("/search/approximate-count")) {
    const int truth = static_cast<int>(issues.size());
    return Ok(R"({"count":)" + std::to_string(options_.estimate.value_or(truth)) + "}");
  }
  if (has("/changelog/bulkfetch")) return Histories(call);
  if (has("/issue/bulkfetch")) return Bulk(call);
  if (has("/issue/")) return OneIssue(path);
  if (has("/board/")) {
    if (has("/board/2/")) {
      return {.status = 400, .headers = {}, .body = R"({"errorMessages":["no scrum board"]})"};
    }
    return Ok(
        R"({"values":[{"id":7,"name":"S7","state":"active","originBoardId":1}],"isLast":true})"
    );
  }
  if (has("/board")) {
    if (!options_.has_boards) return {.status = 403, .headers = {}, .body = "{}"};
    return Ok(
        R"({"values":[{"id":1,"type":"scrum"},{"id":2,"type":"simple"},{"id":3,"type":"kanban"}],"isLast":true})"
    );
  }
  if (has("/field")) {
    return Ok(R"([{"id":"customfield_30","name":"Sprint","custom":true,)"
              R"("schema":{"type":"array","custom":"com.pyxis.greenhopper.jira:gh-sprint"}}])");
  }
  if (has("/project/search"))
    return Ok(R"({"values":[{"id":"1","key":"PAY","name":"Pay"}],"isLast":true})");
  if (has("/project")) return Ok(R"([{"id":"1","key":"PAY","name":"Pay"}])");
  if (has("/status")) return Ok(R"([{"id":"1","name":"To Do","statusCategory":{"key":"new"}}])");
  if (has("/issuetype")) return Ok(R"([{"id":"1","name":"Bug","subtask":false}])");
  if (has("/search")) return ServerSearch(call);
  return NotFound();
}

std::vector<std::string> JobRun::Bodies(std::string_view entity_type) const {
  std::vector<std::string> bodies;
  for (const store::NewRawPage& page : pages) {
    if (page.transform_entity == entity_type && !page.error_details) bodies.push_back(page.body);
  }
  return bodies;
}

std::set<std::string> JobRun::Transformed(const Connector& connector, const model::Table& table)
    const {
  std::set<std::string> ids;
  for (const store::NewRawPage& page : pages) {
    if (page.error_details) continue;
    model::RowBatch rows;
    connector.Transform(page.transform_entity, page.request, page.body, rows);
    for (const model::Record& record : rows.records()) {
      for (const model::Row& row : rows.rows(record)) {
        if (row.table == &table) ids.insert(std::string(record.external_id));
      }
    }
  }
  return ids;
}

JobRun RunJob(const Connector& connector, Transport& transport, FetchRequest root) {
  JobRun run;
  std::deque<FetchRequest> ready;
  ready.push_back(std::move(root));
  while (!ready.empty()) {
    FetchRequest request = std::move(ready.front());
    ready.pop_front();
    ++run.steps;
    auto fetched = connector.Fetch(request, transport);
    if (!fetched) {
      run.errors.push_back(fetched.error());
      if (++request.attempt < 3) ready.push_back(std::move(request));
      continue;
    }
    run.most_pages = std::max(run.most_pages, fetched->pages.size());
    for (store::NewRawPage& page : fetched->pages) run.pages.push_back(std::move(page));
    for (const auto& [entity, count] : fetched->census) run.census[entity] += count;
    for (store::Window& window : fetched->windows) run.windows.push_back(std::move(window));
    for (model::Gap& gap : fetched->gaps) run.gaps.push_back(std::move(gap));
    for (const store::CensusIds& ids : fetched->census_ids) {
      run.listed.insert(run.listed.end(), ids.external_ids.begin(), ids.external_ids.end());
    }
    for (store::Vanished& one : fetched->vanished) run.vanished.push_back(std::move(one));
    for (model::NewStep& step : fetched->next) {
      FetchRequest next = request;
      next.attempt = 0;
      next.entity_type = std::move(step.entity_type);
      next.params = std::move(step.params);
      ready.push_back(std::move(next));
    }
  }
  return run;
}

FetchRequest RootRequest(std::vector<std::string> entities) {
  FetchRequest request;
  request.entity_type = "jira_sync";
  request.params = "{}";
  request.options.entities = std::move(entities);
  request.now = kNow;
  request.watermark = [](std::string_view, std::string_view) {
    return Result<std::optional<EpochMs>>(std::nullopt);
  };
  return request;
}

}  // namespace pulse::source::jira::testing
