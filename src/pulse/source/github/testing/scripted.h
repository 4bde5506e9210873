#pragma once

/// \file
/// For this module's tests: a transport that answers from a script, and rows as JSON.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pulse/source/github/github.h"
#include "pulse/source/github/judge.h"

namespace pulse::source::github {

/// Answers calls in the order of its script and keeps what was asked. As the real one does, it
/// turns an answer into an error where the judge says so.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::string base_url = "https://api.github.com")
      : base_url_(std::move(base_url)) {}

  ScriptedTransport& Answer200(
      std::string body, std::vector<std::pair<std::string, std::string>> headers = {}
  ) {
    return AnswerWith(200, std::move(body), std::move(headers));
  }
  ScriptedTransport& AnswerWith(
      int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}
  ) {
    headers.emplace_back("Date", "Tue, 24 Nov 2026 08:49:37 GMT");
    script_.push_back({status, std::move(headers), std::move(body)});
    return *this;
  }

  Result<Answer> Send(const Call& call) override {
    calls.push_back(call);
    if (calls.size() > script_.size()) {
      return Error{ErrorKind::kInternal, "the script has no answer for " + call.endpoint};
    }
    const Answer& answer = script_[calls.size() - 1];
    if (auto error = JudgeAnswer(call, answer, 0).error) return std::move(*error);
    return answer;
  }
  std::string_view base_url() const override { return base_url_; }

  /// The variables of the nth call, a GraphQL one.
  nlohmann::json VariablesOf(std::size_t n) const {
    return nlohmann::json::parse(calls.at(n).body).at("variables");
  }
  std::string QueryOf(std::size_t n) const {
    return nlohmann::json::parse(calls.at(n).body).at("query");
  }

  std::vector<Call> calls;

 private:
  std::string base_url_;
  std::vector<Answer> script_;
};

/// What the server's clock says in every scripted answer.
inline constexpr EpochMs kScriptedNow = 1795510177000;

inline FetchRequest RequestFor(std::string entity_type, std::string params = "{}") {
  FetchRequest request;
  request.integration.base_url = "https://api.github.com";
  request.integration.provider = "github";
  request.entity_type = std::move(entity_type);
  request.params = std::move(params);
  request.now = 1;
  return request;
}

inline constexpr std::string_view kOneRepository =
    R"({"repository":{"id":"77","full_name":"acme/shop"}})";

/// Everything a transform made of one page.
struct Outcome {
  model::RowBatch rows;
  Transformed transformed;

  /// Rows of a table, in order.
  std::vector<nlohmann::json> Of(const model::Table& table) const {
    std::vector<nlohmann::json> found;
    for (const model::Record& record : rows.records()) {
      for (const model::Row& row : rows.rows(record)) {
        if (row.table == &table)
          found.push_back(nlohmann::json::parse(model::RowToJson(rows, row)));
      }
    }
    return found;
  }
};

inline Outcome TransformPage(
    std::string_view entity_type,
    std::string_view body,
    std::string_view request = R"({"repository":{"id":"77","full_name":"acme/shop"}})"
) {
  Outcome outcome;
  outcome.transformed = NewGithubConnector()->Transform(entity_type, request, body, outcome.rows);
  return outcome;
}

}  // namespace pulse::source::github
