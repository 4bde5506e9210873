#include <algorithm>

#include <nlohmann/json.hpp>

#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_call.h"

namespace pulse::simulate {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBulkIssues = 100;
constexpr std::size_t kMostBulkChangelogs = 1000;
constexpr std::int64_t kMostBulkHistories = 10000;
constexpr std::size_t kMostFieldIds = 10;
constexpr std::size_t kMostIds = 1000;
constexpr std::size_t kWorklogPage = 1000;

http::Response BadPayload() {
  return JiraError(
      400, "Invalid request payload. Refer to the REST API documentation and try again."
  );
}

/// Existing and visible: a deleted issue is nowhere but in the search index.
std::optional<std::int64_t> FindIssue(const JiraSite& site, std::string_view id_or_key) {
  const auto position = site.source.Find(id_or_key);
  if (!position || IsDeleted(site, *position)) return std::nullopt;
  return position;
}

/// Texts of a JSON array; nothing when it holds anything else.
std::optional<std::vector<std::string>> Texts(const json& body, const char* name) {
  std::vector<std::string> texts;
  if (!body.contains(name)) return texts;
  if (!body[name].is_array()) return std::nullopt;
  for (const json& value : body[name]) {
    if (value.is_number_integer()) {
      texts.push_back(std::to_string(value.get<std::int64_t>()));
    } else if (value.is_string()) {
      texts.push_back(value.get<std::string>());
    } else {
      return std::nullopt;
    }
  }
  return texts;
}

bool Contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

struct FoundIssues {
  std::vector<std::int64_t> positions;  ///< Ascending, each once.
  std::vector<std::string> missing;
};

FoundIssues FindAll(const JiraSite& site, const std::vector<std::string>& ids) {
  FoundIssues found;
  for (const std::string& id : ids) {
    if (const auto position = FindIssue(site, id)) {
      found.positions.push_back(*position);
    } else {
      found.missing.push_back(id);
    }
  }
  std::ranges::sort(found.positions);
  const auto repeated = std::ranges::unique(found.positions);
  found.positions.erase(repeated.begin(), repeated.end());
  return found;
}

HistoryForm BulkFormOf(const JiraSite& site, std::int64_t position) {
  const auto record = static_cast<std::uint64_t>(position);
  return site.faults.Marks(Fault::kNumericCreated, record) ? HistoryForm::kNumber
                                                           : HistoryForm::kText;
}

/// Histories that touch one of these fields, out of the ones appended to `out`.
void AppendFiltered(
    std::string& out,
    const JiraSite& site,
    std::int64_t position,
    const std::vector<std::string>& field_ids,
    Dialect dialect
) {
  const std::int64_t count = site.source.HistoryCount(position);
  std::string one;
  std::string_view comma;
  for (std::int64_t i = 0; i < count; ++i) {
    one.clear();
    site.source.AppendHistories(one, position, {i, 1}, dialect, BulkFormOf(site, position));
    const bool wanted = std::ranges::any_of(field_ids, [&](const std::string& id) {
      return one.find("\"fieldId\":\"" + id + "\"") != std::string::npos;
    });
    if (!wanted) continue;
    Append(out, comma, one);
    comma = ",";
  }
}

/// Where a changelog/bulkfetch goes on: the issue's rank in the request, and its next history.
struct HistoryCursor {
  std::int64_t issue = 0;
  std::int64_t history = 0;
};

std::optional<HistoryCursor> ReadCursor(const std::string& token) {
  if (token.empty()) return HistoryCursor{};
  const std::size_t dash = token.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto issue = WholeNumber(std::string_view(token).substr(0, dash), -1);
  const auto history = WholeNumber(std::string_view(token).substr(dash + 1), -1);
  if (!issue || !history || *issue < 0 || *history < 0) return std::nullopt;
  return HistoryCursor{*issue, *history};
}

struct BulkChangelogInput {
  std::vector<std::string> ids;
  std::vector<std::string> field_ids;
  std::int64_t limit = 1000;
  HistoryCursor cursor;
};

/// Nothing: the request is outside the documented bounds.
std::optional<BulkChangelogInput> ReadBulkChangelog(const std::string& text) {
  const json body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return std::nullopt;
  const auto ids = Texts(body, "issueIdsOrKeys");
  const auto field_ids = Texts(body, "fieldIds");
  if (!ids || ids->empty() || ids->size() > kMostBulkChangelogs) return std::nullopt;
  if (!field_ids || field_ids->size() > kMostFieldIds) return std::nullopt;
  BulkChangelogInput input{*ids, *field_ids, 1000, {}};
  if (body.contains("maxResults")) {
    if (!body["maxResults"].is_number_integer()) return std::nullopt;
    input.limit = body["maxResults"].get<std::int64_t>();
    if (input.limit < 1 || input.limit > kMostBulkHistories) return std::nullopt;
  }
  if (body.contains("nextPageToken") && body["nextPageToken"].is_string()) {
    const auto cursor = ReadCursor(body["nextPageToken"].get<std::string>());
    if (!cursor) return std::nullopt;
    input.cursor = *cursor;
  }
  return input;
}

/// An offset page of one issue's children: `name` is what the array is called.
template <class Append_>
http::Response PageOfChildren(
    Window window, std::int64_t total, std::string_view name, std::string_view more, Append_ append
) {
  std::string body;
  Append(body, R"({"startAt":)", window.start, R"(,"maxResults":)", window.limit);
  Append(body, R"(,"total":)", total, more, ",\"", name, "\":[");
  append(body, Slice{window.start, window.limit});
  body += "]}";
  return JiraJson(200, std::move(body));
}

std::optional<std::vector<std::int64_t>> ReadIds(const std::string& text) {
  const json body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body.contains("ids") || !body["ids"].is_array()) return std::nullopt;
  std::vector<std::int64_t> ids;
  for (const json& id : body["ids"]) {
    if (!id.is_number_integer()) return std::nullopt;
    ids.push_back(id.get<std::int64_t>());
  }
  if (ids.size() > kMostIds) return std::nullopt;
  return ids;
}

}  // namespace

http::Response IssueByKey(const JiraSite& site, const JiraCall& call) {
  const auto position = FindIssue(site, call.names[0]);
  if (!position) return JiraNotFound();
  std::vector<std::string> names = call.List("fields");
  if (names.empty()) names.emplace_back("*all");
  const FieldChoice fields(names);
  const IssueView view{call.dialect, &fields, Contains(call.List("expand"), "changelog")};
  std::string body;
  AppendIssueWithFaults(body, site, *position, view);
  return JiraJson(200, std::move(body));
}

http::Response IssueBulkFetch(const JiraSite& site, const JiraCall& call) {
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return BadPayload();
  const auto ids = Texts(body, "issueIdsOrKeys");
  auto names = Texts(body, "fields");
  const auto expand = Texts(body, "expand");
  if (!ids || ids->empty() || !names || !expand) return BadPayload();
  if (ids->size() > kMostBulkIssues) {
    return JiraError(400, "The number of issues to fetch must be at most 100.");
  }
  if (names->empty()) names->emplace_back("*navigable");
  const FieldChoice fields(*names);
  const IssueView view{call.dialect, &fields, Contains(*expand, "changelog")};
  const FoundIssues found = FindAll(site, *ids);
  std::string out = R"({"issues":[)";
  for (std::size_t i = 0; i < found.positions.size(); ++i) {
    if (i > 0) out += ',';
    AppendIssueWithFaults(out, site, found.positions[i], view);
  }
  out += R"(],"issueErrors":[)";
  for (std::size_t i = 0; i < found.missing.size(); ++i) {
    const json error{
        {"id", found.missing[i]},
        {"errorMessage", "The issue was not found or you do not have permission to view it."}
    };
    Append(out, i > 0 ? "," : "", error.dump());
  }
  out += "]}";
  return JiraJson(200, std::move(out));
}

http::Response ChangelogBulkFetch(const JiraSite& site, const JiraCall& call) {
  const auto input = ReadBulkChangelog(call.request.body);
  if (!input) return BadPayload();
  const std::vector<std::int64_t> positions = FindAll(site, input->ids).positions;
  std::string out = R"({"issueChangeLogs":[)";
  std::string_view comma;
  std::int64_t room = input->limit;
  std::string next;
  HistoryCursor at = input->cursor;
  for (; at.issue < static_cast<std::int64_t>(positions.size()); at = {at.issue + 1, 0}) {
    const std::int64_t position = positions[static_cast<std::size_t>(at.issue)];
    const std::int64_t left = site.source.HistoryCount(position) - at.history;
    if (left <= 0) continue;
    if (room == 0) {
      Append(next, at.issue, "-", at.history);
      break;
    }
    IssueFacts facts;
    site.source.Facts(position, Depth::kHead, facts);
    Append(out, comma, R"({"issueId":")", facts.id, R"(","changeHistories":[)");
    comma = ",";
    const std::int64_t take = std::min(left, room);
    if (input->field_ids.empty()) {
      site.source.AppendHistories(
          out, position, {at.history, take}, call.dialect, BulkFormOf(site, position)
      );
    } else {
      AppendFiltered(out, site, position, input->field_ids, call.dialect);
    }
    out += "]}";
    room -= take;
    if (take < left && input->field_ids.empty()) {
      Append(next, at.issue, "-", at.history + take);
      break;
    }
  }
  out += ']';
  if (!next.empty()) Append(out, R"(,"nextPageToken":")", next, "\"");
  out += '}';
  return JiraJson(200, std::move(out));
}

http::Response IssueChangelog(const JiraSite& site, const JiraCall& call) {
  const auto position = FindIssue(site, call.names[0]);
  if (!position) return JiraNotFound();
  const auto window = WindowOf(call, 100, 100);
  if (!window) return BadPayload();
  const std::int64_t total = site.source.HistoryCount(*position);
  const bool last = window->start + window->limit >= total;
  return PageOfChildren(
      *window,
      total,
      "values",
      last ? R"(,"isLast":true)" : R"(,"isLast":false)",
      [&](std::string& out, Slice slice) {
        site.source.AppendHistories(out, *position, slice, call.dialect, HistoryForm::kText);
      }
  );
}

http::Response IssueComments(const JiraSite& site, const JiraCall& call) {
  const auto position = FindIssue(site, call.names[0]);
  if (!position) return JiraNotFound();
  const auto window = WindowOf(call, 100, 100);
  if (!window) return BadPayload();
  const std::int64_t total = site.source.CommentCount(*position);
  return PageOfChildren(*window, total, "comments", "", [&](std::string& out, Slice slice) {
    site.source.AppendComments(out, *position, slice, call.dialect);
  });
}

http::Response IssueWorklogs(const JiraSite& site, const JiraCall& call) {
  const auto position = FindIssue(site, call.names[0]);
  if (!position) return JiraNotFound();
  const auto window = WindowOf(call, 5000, 5000);
  if (!window) return BadPayload();
  const std::int64_t total = site.source.WorklogCount(*position);
  return PageOfChildren(*window, total, "worklogs", "", [&](std::string& out, Slice slice) {
    site.source.AppendWorklogs(out, *position, slice, call.dialect);
  });
}

http::Response IssueRemoteLinks(const JiraSite& site, const JiraCall& call) {
  return FindIssue(site, call.names[0]) ? JiraJson(200, "[]") : JiraNotFound();
}

http::Response CommentList(const JiraSite& site, const JiraCall& call) {
  const auto ids = ReadIds(call.request.body);
  if (!ids) return BadPayload();
  std::string values;
  std::int64_t count = 0;
  for (const std::int64_t id : *ids) {
    const auto place = site.source.FindComment(id);
    if (!place || IsDeleted(site, place->issue)) continue;
    if (count++ > 0) values += ',';
    site.source.AppendComments(values, place->issue, {place->position, 1}, call.dialect);
  }
  std::string body;
  Append(body, R"({"isLast":true,"maxResults":)", kMostIds, R"(,"startAt":0,"total":)", count);
  Append(body, R"(,"values":[)", values, "]}");
  return JiraJson(200, std::move(body));
}

http::Response WorklogsUpdated(const JiraSite& site, const JiraCall& call) {
  const auto since = WholeNumber(call.Parameter("since"), 0);
  if (!since) return BadPayload();
  const auto changes = site.source.WorklogsSince(*since, kWorklogPage + 1);
  const std::size_t shown = std::min(changes.size(), kWorklogPage);
  const bool last = shown == changes.size();
  std::string body = R"({"values":[)";
  std::int64_t until = *since;
  for (std::size_t i = 0; i < shown; ++i) {
    Append(body, i > 0 ? "," : "", R"({"worklogId":)", changes[i].id, R"(,"updatedTime":)");
    Append(body, changes[i].updated, R"(,"properties":[]})");
    until = changes[i].updated;
  }
  Append(body, R"(],"since":)", *since, R"(,"until":)", until, R"(,"self":")");
  Append(body, SelfBase(call.dialect), "/worklog/updated?since=", *since, R"(","lastPage":)");
  Append(body, last ? "true" : "false");
  if (!last) {
    Append(
        body, R"(,"nextPage":")", SelfBase(call.dialect), "/worklog/updated?since=", until, "\""
    );
  }
  body += '}';
  return JiraJson(200, std::move(body));
}

http::Response WorklogsDeleted(const JiraSite&, const JiraCall& call) {
  const auto since = WholeNumber(call.Parameter("since"), 0);
  if (!since) return BadPayload();
  std::string body;
  Append(body, R"({"values":[],"since":)", *since, R"(,"until":)", *since, R"(,"lastPage":true})");
  return JiraJson(200, std::move(body));
}

http::Response WorklogList(const JiraSite& site, const JiraCall& call) {
  const auto ids = ReadIds(call.request.body);
  if (!ids) return BadPayload();
  std::string body = "[";
  for (const std::int64_t id : *ids) {
    const auto place = site.source.FindWorklog(id);
    if (!place || IsDeleted(site, place->issue)) continue;
    if (body.size() > 1) body += ',';
    site.source.AppendWorklogs(body, place->issue, {place->position, 1}, call.dialect);
  }
  body += ']';
  return JiraJson(200, std::move(body));
}

}  // namespace pulse::simulate
