#include "pulse/simulate/jira_search_input.h"

#include <nlohmann/json.hpp>

namespace pulse::simulate {
namespace {

using nlohmann::json;

Error Refused(std::string message) { return Error(ErrorKind::kInvalid, std::move(message)); }

Error BadPayload() {
  return Refused("Invalid request payload. Refer to the REST API documentation and try again.");
}

bool Overlooks(std::string_view validate_query) {
  return validate_query == "warn" || validate_query == "none" || validate_query == "false";
}

/// The members a body may have; both products' schemas forbid others.
bool HasOnly(const json& body, std::initializer_list<std::string_view> allowed) {
  return std::ranges::all_of(body.items(), [&](const auto& member) {
    return std::find(allowed.begin(), allowed.end(), member.key()) != allowed.end();
  });
}

Result<> ReadText(const json& body, const char* name, std::string& into) {
  if (!body.contains(name)) return {};
  if (!body[name].is_string()) return BadPayload();
  into = body[name].get<std::string>();
  return {};
}

Result<> ReadTexts(const json& body, const char* name, std::vector<std::string>& into) {
  if (!body.contains(name)) return {};
  if (!body[name].is_array()) return BadPayload();
  for (const json& value : body[name]) {
    if (!value.is_string()) return BadPayload();
    into.push_back(value.get<std::string>());
  }
  return {};
}

Result<> ReadNumber(const json& body, const char* name, std::int64_t& into) {
  if (!body.contains(name)) return {};
  if (!body[name].is_number_integer() || body[name].get<std::int64_t>() < 0) {
    return Refused(std::string(name) + " must be a whole number.");
  }
  into = body[name].get<std::int64_t>();
  return {};
}

Result<> ReadReconciled(const json& body, std::vector<std::int64_t>& into) {
  if (!body.contains("reconcileIssues")) return {};
  for (const json& id : body["reconcileIssues"]) {
    if (!id.is_number_integer()) return Refused("reconcileIssues must be issue ids.");
    into.push_back(id.get<std::int64_t>());
  }
  return {};
}

Result<SearchInput> ReadCloudBody(const json& body) {
  if (!HasOnly(
          body,
          {"jql",
           "nextPageToken",
           "maxResults",
           "fields",
           "expand",
           "fieldsByKeys",
           "properties",
           "reconcileIssues"}
      )) {
    return BadPayload();
  }
  SearchInput input;
  std::string expand;  // One comma-joined text here; an array in bulkfetch.
  PULSE_CHECK(ReadText(body, "jql", input.jql));
  PULSE_CHECK(ReadText(body, "nextPageToken", input.token));
  PULSE_CHECK(ReadNumber(body, "maxResults", input.max_results));
  PULSE_CHECK(ReadTexts(body, "fields", input.fields));
  PULSE_CHECK(ReadText(body, "expand", expand));
  PULSE_CHECK(ReadReconciled(body, input.reconcile));
  input.expand = SplitList(expand);
  return input;
}

Result<SearchInput> ReadDataCenterBody(const json& body) {
  if (!HasOnly(
          body,
          {"jql",
           "startAt",
           "maxResults",
           "fields",
           "expand",
           "validateQuery",
           "fieldsByKeys",
           "properties"}
      )) {
    return BadPayload();
  }
  SearchInput input;
  PULSE_CHECK(ReadText(body, "jql", input.jql));
  PULSE_CHECK(ReadNumber(body, "startAt", input.start_at));
  PULSE_CHECK(ReadNumber(body, "maxResults", input.max_results));
  PULSE_CHECK(ReadTexts(body, "fields", input.fields));
  PULSE_CHECK(ReadTexts(body, "expand", input.expand));
  if (body.contains("validateQuery")) {
    const json& validate = body["validateQuery"];
    const bool off =
        validate.is_string() ? Overlooks(validate.get<std::string>()) : validate == json(false);
    if (off) input.unknown = UnknownIssues::kMatchNothing;
  }
  return input;
}

}  // namespace

Result<SearchInput> ReadSearchQuery(const JiraCall& call) {
  SearchInput input;
  input.jql = call.Parameter("jql");
  input.token = call.Parameter("nextPageToken");
  input.fields = call.List("fields");
  input.expand = call.List("expand");
  const auto start = WholeNumber(call.Parameter("startAt"), 0);
  const auto limit = WholeNumber(call.Parameter("maxResults"), kDefaultSearchPage);
  if (!start || !limit) return Refused("startAt and maxResults must be whole numbers.");
  input.start_at = *start;
  input.max_results = *limit;
  for (const std::string& id : call.List("reconcileIssues")) {
    const auto number = WholeNumber(id, 0);
    if (!number) return Refused("reconcileIssues must be issue ids.");
    input.reconcile.push_back(*number);
  }
  if (Overlooks(call.Parameter("validateQuery"))) input.unknown = UnknownIssues::kMatchNothing;
  return input;
}

Result<SearchInput> ReadSearch(const JiraCall& call) {
  if (call.request.method != "POST") return ReadSearchQuery(call);
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return BadPayload();
  return call.cloud() ? ReadCloudBody(body) : ReadDataCenterBody(body);
}

}  // namespace pulse::simulate
