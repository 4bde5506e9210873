#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "pulse/base/hash.h"
#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"
#include "pulse/simulate/jira_call.h"
#include "pulse/simulate/jira_search_input.h"

namespace pulse::simulate {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostWithFields = 100;   // Measured on Cloud; the docs promise nothing.
constexpr std::int64_t kMostIdentities = 5000;  // fields=id or key only.
constexpr std::int64_t kMostDataCenter = 1000;  // jira.search.views.default.max

/// Page tokens say where to go on and for which query: `<cursor>.<tries>.<query>` in hexadecimal.
/// `tries` tells the token of an empty page from the one that led to it.
struct PageToken {
  std::int64_t cursor = 0;
  std::int64_t tries = 0;
};

std::string TokenText(PageToken token, std::string_view jql) {
  std::string text;
  Append(text, "C", token.cursor, ".", token.tries, ".");
  constexpr std::uint64_t kMask = 0xFFFFFFFF;
  Append(text, static_cast<std::uint64_t>(ContentHash(jql)) & kMask);
  return text;
}

std::optional<PageToken> ReadToken(const SearchInput& input) {
  if (input.token.empty()) return PageToken{};
  const std::string& text = input.token;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string::npos ? first : text.find('.', first + 1);
  if (second == std::string::npos || text[0] != 'C') return std::nullopt;
  const auto cursor = WholeNumber(std::string_view(text).substr(1, first - 1), -1);
  const auto tries = WholeNumber(std::string_view(text).substr(first + 1, second - first - 1), -1);
  if (!cursor || !tries) return std::nullopt;
  const PageToken token{*cursor, *tries};
  return TokenText(token, input.jql) == text ? std::optional(token) : std::nullopt;
}

IssueScan::Hidden IndexLag(const JiraSite& site, const SearchInput& input, const JqlQuery& query) {
  // Naming an issue, or asking to reconcile it, reads it from the database.
  const bool named = query.named().has_value();
  return [&site, &input, named](const IssueFacts& facts) {
    const Presence presence = site.source.PresenceOf(facts.position);
    if (presence == Presence::kGone || presence == Presence::kArchived) return true;
    const bool unindexed = presence == Presence::kUnindexed || IsUnindexed(site, facts.id);
    return unindexed && !named &&
           std::ranges::find(input.reconcile, facts.id) == input.reconcile.end();
  };
}

/// `"issues":[…]` of these positions.
void AppendIssues(
    std::string& out,
    const JiraSite& site,
    const std::vector<std::int64_t>& positions,
    const IssueView& view
) {
  out += R"("issues":[)";
  std::string_view comma;
  for (const std::int64_t position : positions) {
    if (view.fields->only_identity()) {
      IssueFacts facts;
      site.source.Facts(position, Depth::kHead, facts);
      Append(out, comma, R"({"id":")", facts.id, "\"");
      if (view.fields->wants_key()) {
        Append(out, R"(,"self":")", SelfBase(view.dialect), "/issue/", facts.id, R"(","key":")");
        Append(out, site.source.KeyOf(position), "\"");
      }
      out += '}';
    } else {
      // The index still knows it, the database does not: the page comes out shorter.
      if (IsDeleted(site, position)) continue;
      out += comma;
      AppendIssueWithFaults(out, site, position, view);
    }
    comma = ",";
  }
  out += ']';
}

void AppendFieldExpansions(std::string& out, const JiraSite& site, const SearchInput& input) {
  const auto& fields = site.source.catalogue(Dialect::kCloudV3).of(ItemKind::kField);
  for (const std::string_view what : {"names", "schema"}) {
    if (!input.Expands(what)) continue;
    Append(out, ",\"", what, "\":{");
    std::string_view comma;
    for (const Item& field : fields) {
      Append(out, comma, "\"", field.id, "\":");
      comma = ",";
      if (what == "names") {
        model::AppendJsonString(out, field.name);
      } else {
        const json schema = json::parse(field.json, nullptr, false).value("schema", json::object());
        out += schema.dump();
      }
    }
    out += '}';
  }
}

std::int64_t PageLimit(const SearchInput& input, const FieldChoice& fields) {
  const std::int64_t most = fields.only_identity() ? kMostIdentities : kMostWithFields;
  return std::min(input.max_results == 0 ? kDefaultSearchPage : input.max_results, most);
}

/// The enhanced search: {"issues":[…],"isLast":…,"nextPageToken":…}.
http::Response TokenSearch(
    const JiraSite& site, const JiraCall& call, const SearchInput& input, const JqlQuery& query
) {
  const auto token = ReadToken(input);
  if (!token) return JiraError(400, "The provided next page token is invalid or expired.");
  const FieldChoice fields(input.fields);
  const IssueView view{call.dialect, &fields, input.Expands("changelog")};
  std::string body = "{";
  if (site.faults.Strikes(Fault::kEmptyPage)) {
    const PageToken again{token->cursor, token->tries + 1};
    Append(body, R"("issues":[],"isLast":false,"nextPageToken":")", TokenText(again, input.jql));
    body += "\"}";
    return JiraJson(200, std::move(body));
  }
  const IssueScan scan(site.source, query, IndexLag(site, input, query));
  const IssuePage page = scan.Page(token->cursor, PageLimit(input, fields));
  AppendIssues(body, site, page.positions, view);
  Append(body, R"(,"isLast":)", page.next ? "false" : "true");
  if (page.next) {
    const bool repeat = !input.token.empty() && site.faults.Strikes(Fault::kRepeatToken);
    const std::string next = repeat ? input.token : TokenText({*page.next, 0}, input.jql);
    Append(body, R"(,"nextPageToken":")", next, "\"");
  }
  AppendFieldExpansions(body, site, input);
  body += '}';
  return JiraJson(200, std::move(body));
}

/// The classic form: {"startAt":…,"maxResults":…,"total":…,"issues":[…]}.
http::Response OffsetSearch(
    const JiraSite& site, const JiraCall& call, const SearchInput& input, const JqlQuery& query
) {
  std::vector<std::string> names = input.fields;
  if (names.empty()) names.emplace_back("*navigable");
  const FieldChoice fields(names);
  const IssueView view{call.dialect, &fields, input.Expands("changelog")};
  const IssueScan scan(site.source, query, IndexLag(site, input, query));
  const std::int64_t most = call.cloud() ? kMostWithFields : kMostDataCenter;
  const std::int64_t limit = std::min(input.max_results, most);
  const IssuePage page = scan.PageAt(input.start_at, limit);
  std::string body;
  Append(body, R"({"expand":"schema,names","startAt":)", input.start_at, R"(,"maxResults":)");
  Append(body, limit, R"(,"total":)", scan.Count(), ",");
  AppendIssues(body, site, page.positions, view);
  AppendFieldExpansions(body, site, input);
  body += '}';
  return JiraJson(200, std::move(body));
}

http::Response Answer(Result<http::Response> result) {
  if (!result) return JiraError(400, result.error().message());
  return *std::move(result);
}

Result<http::Response> SearchJqlOr(const JiraSite& site, const JiraCall& call) {
  PULSE_TRY(const SearchInput input, ReadSearch(call));
  PULSE_TRY(const JqlQuery query, JqlQuery::Parse(input.jql, site.source, input.unknown));
  if (!query.bounded()) {
    return Error(
        ErrorKind::kInvalid,
        "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
    );
  }
  return TokenSearch(site, call, input, query);
}

Result<http::Response> SearchByOffsetOr(const JiraSite& site, const JiraCall& call) {
  PULSE_TRY(const SearchInput input, ReadSearch(call));
  PULSE_TRY(const JqlQuery query, JqlQuery::Parse(input.jql, site.source, input.unknown));
  return OffsetSearch(site, call, input, query);
}

/// Position of the project a board shows; nothing when there is no such board.
std::optional<int> ProjectOfBoard(const JiraSite& site, const std::string& board_id) {
  for (const Item& board : site.source.catalogue(Dialect::kCloudV2).of(ItemKind::kBoard)) {
    if (board.id == board_id) return static_cast<int>(board.owner);
  }
  return std::nullopt;
}

std::optional<std::int64_t> SprintNumber(const JiraSite& site, const std::string& sprint_id) {
  for (const Item& sprint : site.source.catalogue(Dialect::kCloudV2).of(ItemKind::kSprint)) {
    if (sprint.id == sprint_id) return WholeNumber(sprint_id, 0);
  }
  return std::nullopt;
}

struct AgileScope {
  std::optional<int> project;
  std::optional<std::int64_t> sprint;
};

Result<http::Response> AgileSearch(
    const JiraSite& site, const JiraCall& call, const AgileScope& scope
) {
  PULSE_TRY(SearchInput input, ReadSearchQuery(call));
  PULSE_TRY(JqlQuery query, JqlQuery::Parse(input.jql, site.source, input.unknown));
  query.Restrict(scope.project, scope.sprint);
  // The software paths page by token; the old agile paths by offset.
  if (call.request.path.find("/rest/software/") != std::string_view::npos) {
    if (input.fields.empty()) input.fields.emplace_back("*navigable");
    return TokenSearch(site, call, input, query);
  }
  return OffsetSearch(site, call, input, query);
}

}  // namespace

http::Response SearchJql(const JiraSite& site, const JiraCall& call) {
  return Answer(SearchJqlOr(site, call));
}

http::Response SearchRemoved(const JiraSite&, const JiraCall&) {
  return JiraError(
      410,
      "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
      "A full migration guideline is available at "
      "https://developer.atlassian.com/changelog/#CHANGE-2046"
  );
}

http::Response SearchByOffset(const JiraSite& site, const JiraCall& call) {
  return Answer(SearchByOffsetOr(site, call));
}

http::Response ApproximateCount(const JiraSite& site, const JiraCall& call) {
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  const bool has_jql = body.is_object() && body.contains("jql") && body["jql"].is_string();
  if (!has_jql) return JiraError(400, "The jql is missing.");
  SearchInput input;
  input.jql = body["jql"].get<std::string>();
  const auto query = JqlQuery::Parse(input.jql, site.source, input.unknown);
  if (!query) return JiraError(400, query.error().message());
  if (!query->bounded()) {
    return JiraError(400, "Unbounded JQL queries are not allowed here.");
  }
  const IssueScan scan(site.source, *query, IndexLag(site, input, *query));
  return JiraJson(200, "{\"count\":" + std::to_string(scan.Count()) + "}");
}

http::Response BoardIssues(const JiraSite& site, const JiraCall& call) {
  const auto project = ProjectOfBoard(site, call.names[0]);
  if (!project)
    return JiraError(404, "The requested board cannot be viewed because it does not exist.");
  return Answer(AgileSearch(site, call, {project, std::nullopt}));
}

http::Response BoardIssueCount(const JiraSite& site, const JiraCall& call) {
  const auto project = ProjectOfBoard(site, call.names[0]);
  if (!project)
    return JiraError(404, "The requested board cannot be viewed because it does not exist.");
  SearchInput input;
  input.jql = call.Parameter("jql");
  auto query = JqlQuery::Parse(input.jql, site.source, input.unknown);
  if (!query) return JiraError(400, query.error().message());
  query->Restrict(project, std::nullopt);
  const IssueScan scan(site.source, *query, IndexLag(site, input, *query));
  return JiraJson(200, "{\"count\":" + std::to_string(scan.Count()) + "}");
}

http::Response BoardSprintIssues(const JiraSite& site, const JiraCall& call) {
  const auto project = ProjectOfBoard(site, call.names[0]);
  const auto sprint = SprintNumber(site, call.names[1]);
  if (!project || !sprint) return JiraError(404, "The requested sprint does not exist.");
  return Answer(AgileSearch(site, call, {project, sprint}));
}

http::Response SprintIssues(const JiraSite& site, const JiraCall& call) {
  const auto sprint = SprintNumber(site, call.names[0]);
  if (!sprint) return JiraError(404, "The requested sprint does not exist.");
  return Answer(AgileSearch(site, call, {std::nullopt, sprint}));
}

}  // namespace pulse::simulate
