#include "pulse/simulate/jira_call.h"

#include <algorithm>
#include <charconv>

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"

namespace pulse::simulate {
namespace {

/// Replaces the value of the first `"name":` in an issue; the issue stays as it is without one.
void ReplaceValue(std::string& json, std::string_view name, std::string_view value) {
  const std::string start = "\"" + std::string(name) + "\":";
  const std::size_t at = json.find(start);
  if (at == std::string::npos) return;
  const std::size_t begin = at + start.size();
  // Only texts and plain values are replaced, so the next comma outside quotes ends the value.
  bool quoted = false;
  std::size_t end = begin;
  for (; end < json.size(); ++end) {
    if (json[end] == '\\') {
      ++end;
    } else if (json[end] == '"') {
      quoted = !quoted;
    } else if (!quoted && (json[end] == ',' || json[end] == '}')) {
      break;
    }
  }
  json.replace(begin, end - begin, value);
}

void InsertField(std::string& json, std::string_view member) {
  constexpr std::string_view kFields = "\"fields\":{";
  const std::size_t at = json.find(kFields);
  if (at == std::string::npos) return;
  std::string text(member);
  if (json[at + kFields.size()] != '}') text += ',';
  json.insert(at + kFields.size(), text);
}

/// Makes the issue one that no reader can take in; which way depends on the id.
void Spoil(std::string& json, std::uint64_t id) {
  constexpr int kDeep = 2000;
  switch (id % 7) {
    case 0:
      return ReplaceValue(json, "created", "\"the day before yesterday\"");
    case 1: {
      const std::size_t at = json.find(",\"fields\":");
      if (at != std::string::npos) json.replace(at, std::string::npos, "}");
      return;
    }
    case 2: {
      const std::size_t at = json.find("\"fields\":");
      if (at != std::string::npos) json.replace(at, std::string::npos, "\"fields\":\"none\"}");
      return;
    }
    case 3:
      return InsertField(json, R"("customfield_10900":"half a pair: \ud83d")");
    case 4:
      return InsertField(json, "\"customfield_10900\":\"bytes \xC3\x28 \xFF\"");
    case 5:
      return InsertField(json, "\"customfield_10900\":" + std::string(400, '9') + "e999");
    default:
      return InsertField(
          json, "\"customfield_10900\":" + std::string(kDeep, '[') + std::string(kDeep, ']')
      );
  }
}

}  // namespace

std::string_view JiraCall::Parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> JiraCall::List(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    for (std::string& part : SplitList(value)) values.push_back(std::move(part));
  }
  return values;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

http::Response JiraJson(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json;charset=UTF-8");
  response.body = std::move(body);
  return response;
}

http::Response JiraError(int status, std::string_view message) {
  std::string body = R"({"errorMessages":[)";
  model::AppendJsonString(body, message);
  body += R"(],"errors":{}})";
  return JiraJson(status, std::move(body));
}

http::Response JiraNotFound() {
  return JiraError(404, "Issue does not exist or you do not have permission to see it.");
}

std::optional<std::int64_t> WholeNumber(std::string_view text, std::int64_t fallback) {
  if (text.empty()) return fallback;
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!whole || number < 0) return std::nullopt;
  return number;
}

std::optional<Window> WindowOf(const JiraCall& call, std::int64_t fallback, std::int64_t most) {
  const auto start = WholeNumber(call.Parameter("startAt"), 0);
  const auto limit = WholeNumber(call.Parameter("maxResults"), fallback);
  if (!start || !limit) return std::nullopt;
  return Window{*start, std::min(*limit == 0 ? fallback : *limit, most)};
}

http::Response PageOfItems(
    const JiraCall& call,
    const std::vector<const std::string*>& items,
    std::int64_t most,
    std::string_view values_name
) {
  const auto window = WindowOf(call, std::min<std::int64_t>(50, most), most);
  if (!window) return JiraError(400, "startAt and maxResults must be whole numbers.");
  const auto total = static_cast<std::int64_t>(items.size());
  const std::int64_t end = std::min(total, window->start + window->limit);
  std::string body;
  Append(body, R"({"maxResults":)", window->limit, R"(,"startAt":)", window->start);
  Append(body, R"(,"total":)", total, R"(,"isLast":)", end >= total ? "true" : "false");
  Append(body, ",\"", values_name, "\":[");
  for (std::int64_t i = window->start; i < end; ++i) {
    if (i > window->start) body += ',';
    body += *items[static_cast<std::size_t>(i)];
  }
  body += "]}";
  return JiraJson(200, std::move(body));
}

void AppendIssueWithFaults(
    std::string& out, const JiraSite& site, std::int64_t position, const IssueView& view
) {
  IssueFacts facts;
  site.source.Facts(position, Depth::kHead, facts);
  const auto id = static_cast<std::uint64_t>(facts.id);
  if (!site.faults.Marks(Fault::kBadRecord, id)) {
    return site.source.AppendIssue(out, position, view);
  }
  std::string issue;
  site.source.AppendIssue(issue, position, view);
  Spoil(issue, id);
  out += issue;
}

bool IsDeleted(const JiraSite& site, std::int64_t position) {
  if (site.source.PresenceOf(position) == Presence::kGone) return true;
  IssueFacts facts;
  site.source.Facts(position, Depth::kHead, facts);
  return site.faults.Marks(Fault::kDeleted, static_cast<std::uint64_t>(facts.id));
}

bool IsUnindexed(const JiraSite& site, std::int64_t issue_id) {
  return site.faults.Marks(Fault::kIndexLag, static_cast<std::uint64_t>(issue_id));
}

}  // namespace pulse::simulate
