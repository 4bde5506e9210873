#include "pulse/source/github/step.h"

#include <nlohmann/json.hpp>

#include "pulse/source/json_page.h"

namespace pulse::source::github {

namespace {

nlohmann::json CensusJson(const Census& census) {
  nlohmann::json json = {{"pending", nlohmann::json::array()}};
  for (const Census::Pending& one : census.pending) {
    json["pending"].push_back(
        {{"id", one.repository.id}, {"full_name", one.repository.full_name}, {"cursor", one.cursor}}
    );
  }
  if (census.listed) json["listed"] = true;
  if (census.believed) json["believed"] = true;
  if (!census.verify.empty()) json["verify"] = census.verify;
  return json;
}

Census CensusOf(Value json) {
  Census census;
  json["pending"].ForEach([&](Value one) {
    census.pending.push_back(
        {{one["id"].id(), std::string(one["full_name"].text().value_or(""))},
         std::string(one["cursor"].text().value_or(""))}
    );
  });
  census.listed = json["listed"].boolean().value_or(false);
  census.believed = json["believed"].boolean().value_or(false);
  census.verify = json["verify"].text().value_or("");
  return census;
}

}  // namespace

std::string Step::ToJson() const {
  nlohmann::json json = nlohmann::json::object();
  if (!only.empty()) json["repository"] = only;
  if (repository)
    json["repository"] = {{"id", repository->id}, {"full_name", repository->full_name}};
  if (rest) json["api"] = "rest";
  if (!cursor.empty()) json["cursor"] = cursor;
  if (page != 0) json["page"] = page;
  if (first != kPullRequestPage) json["first"] = first;
  if (until) json["until"] = *until;
  for (const NestedNeed& need : nested) {
    json["nested"].push_back({{"id", need.node_id}, {"kind", std::string(1, need.kind)}});
  }
  if (!numbers.empty()) json["numbers"] = numbers;
  if (no_reviewers) json["no_reviewers"] = true;
  if (began != 0) json["began"] = began;
  if (listed != 0) json["listed"] = listed;
  if (total != 0) json["total"] = total;
  if (tail) json["tail"] = true;
  if (everything) json["everything"] = true;
  if (census) json["census"] = CensusJson(*census);
  return json.dump();
}

Result<Step> Step::FromJson(std::string_view params) {
  PULSE_TRY(const auto page, JsonPage::Parse(params.empty() ? "{}" : params));
  const Value root = page->root();
  if (!root.is_object()) return Error{ErrorKind::kInvalid, "step params are not an object"};
  Step step;
  const Value repository = root["repository"];
  step.only = repository.text().value_or("");
  if (repository.is_object()) {
    step.repository =
        Repository{repository["id"].id(), std::string(repository["full_name"].text().value_or(""))};
  }
  step.rest = root["api"].text() == "rest";
  step.cursor = root["cursor"].text().value_or("");
  step.page = static_cast<int>(root["page"].integer().value_or(0));
  step.first = static_cast<int>(root["first"].integer().value_or(kPullRequestPage));
  step.until = root["until"].integer();
  root["nested"].ForEach([&](Value need) {
    const std::string_view kind = need["kind"].text().value_or("");
    if (kind.size() == 1) step.nested.push_back({need["id"].id(), kind[0]});
  });
  root["numbers"].ForEach([&](Value number) {
    if (const auto n = number.integer()) step.numbers.push_back(*n);
  });
  step.no_reviewers = root["no_reviewers"].boolean().value_or(false);
  step.began = root["began"].integer().value_or(0);
  step.listed = root["listed"].integer().value_or(0);
  step.total = root["total"].integer().value_or(0);
  step.tail = root["tail"].boolean().value_or(false);
  step.everything = root["everything"].boolean().value_or(false);
  if (root["census"].is_object()) step.census = CensusOf(root["census"]);
  return step;
}

}  // namespace pulse::source::github
