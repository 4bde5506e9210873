#include "pulse/simulate/github_answer.h"

#include "pulse/model/json_text.h"

namespace pulse::simulate::github {

http::Response JsonAnswer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  response.headers.emplace_back("X-GitHub-Media-Type", "github.v3; format=json");
  response.headers.emplace_back("X-OAuth-Scopes", "repo, read:org");
  response.body = std::move(body);
  return response;
}

http::Response Refusal(int status, std::string_view message) {
  std::string body = "{\"message\":";
  model::AppendJsonString(body, message);
  body += ",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"" +
          std::to_string(status) + "\"}";
  return JsonAnswer(status, std::move(body));
}

}  // namespace pulse::simulate::github
