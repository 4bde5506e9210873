#include "pulse/source/jira/sync_context.h"

#include <algorithm>
#include <cctype>

#include "pulse/model/json_text.h"
#include "pulse/source/jira/judge.h"

namespace pulse::source::jira {

std::string SyncContext::ToJson() const {
  std::string json = R"({"deployment":)";
  json += deployment == Deployment::kCloud ? R"("cloud")" : R"("server")";
  json += R"(,"mapping":)" + mapping.ToJson() + R"(,"site":)";
  model::AppendJsonString(json, site);
  if (since) json += R"(,"since":)" + std::to_string(*since);
  return json += '}';
}

SyncContext SyncContext::FromJson(Value json) {
  SyncContext context;
  const bool is_server = json["deployment"].text() == "server";
  context.deployment = is_server ? Deployment::kServer : Deployment::kCloud;
  context.mapping = FieldMapping::FromJson(json["mapping"]);
  context.site = json["site"].text().value_or("");
  context.since = json["since"].integer();
  return context;
}

std::vector<std::string> ProjectsInScope(const model::Integration& integration) {
  std::vector<std::string> keys;
  const auto scope = integration.scope.find("project");
  if (scope == integration.scope.end()) return keys;
  std::string key;
  const auto finish = [&] {
    if (!key.empty()) keys.push_back(std::move(key));
    key.clear();
  };
  for (const char c : scope->second) {
    if (c == ',' || c == ' ') {
      finish();
    } else {
      key += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  finish();
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string WatermarkScope(const model::Integration& integration) {
  std::string scope;
  for (const std::string& key : ProjectsInScope(integration)) {
    scope += scope.empty() ? "project=" : ",";
    scope += key;
  }
  return scope;
}

std::string StepParams(const SyncContext& context, std::string_view members) {
  std::string json = R"({"context":)" + context.ToJson();
  if (!members.empty()) json.append(",").append(members);
  return json += '}';
}

Call GetCall(const SyncContext& context, std::string_view endpoint, std::string_view path) {
  const std::string api(context.api());
  return {
      .endpoint = "GET " + api + std::string(endpoint), .path = api + std::string(path), .body = {}
  };
}

Call PostCall(const SyncContext& context, std::string_view path, std::string body) {
  const std::string full = std::string(context.api()) + std::string(path);
  return {.method = "POST", .endpoint = "POST " + full, .path = full, .body = std::move(body)};
}

Result<Reply> Ask(Transport& transport, const Call& call, std::optional<Answer>* undecodable) {
  PULSE_TRY(Answer answer, transport.Send(call));
  auto page = JsonPage::Parse(answer.body);
  if (!page) {
    Error error = Undecodable(call, answer, page.error());
    if (undecodable != nullptr) *undecodable = std::move(answer);
    return error;
  }
  return Reply{std::move(answer), *std::move(page)};
}

Error Undecodable(const Call& call, const Answer& answer, const Error& reason) {
  if (IsWebPage(answer)) {
    return {
        ErrorKind::kInvalid,
        call.endpoint + ": a web page instead of JSON (a login page? check base URL and token)"
    };
  }
  return Error(reason).While(call.endpoint);
}

store::NewRawPage NewPage(
    const StepAtWork& step,
    const Call& call,
    std::string_view entity_type,
    std::string_view identity,
    Answer answer,
    int record_count
) {
  std::string request = R"({"method":")" + call.method + R"(","path":)";
  model::AppendJsonString(request, call.path);
  const bool is_cloud = step.context.deployment == Deployment::kCloud;
  request += is_cloud ? R"(,"deployment":"cloud")" : R"(,"deployment":"server")";
  request += R"(,"site":)";
  model::AppendJsonString(request, step.context.site);
  if (!identity.empty()) request.append(",").append(identity);
  request += '}';

  store::NewRawPage page;
  page.entity_type = entity_type;
  page.request = std::move(request);
  page.http_status = answer.status;
  page.body = std::move(answer.body);
  page.fetched_at = step.request.now;
  page.record_count = record_count;
  page.transform_entity = entity_type;
  return page;
}

}  // namespace pulse::source::jira
