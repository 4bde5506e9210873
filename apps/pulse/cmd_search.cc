#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include "values.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

/// Long enough for a paragraph; an embedder reads no more anyway.
constexpr std::size_t kLongestTextBytes = std::size_t{32} * 1024;

Result<std::string> EntityTypeFor(Context& context, const source::Connectors& connectors) {
  std::string kind = context.call().Value("kind");
  if (kind.empty()) return kind;
  if (kind == "issue") return std::string("jira_issues");
  if (kind == "pr") return std::string("github_prs");
  return ResolveEntityType(connectors, "", kind);
}

Result<std::vector<vectors::Hit>> Search(Context& context, std::string_view text) {
  PULSE_TRY(
      const std::int64_t top, ParseCount("--top", context.call().Value("top", "10"), 1, 1000)
  );
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  vectors::SearchFilter filter;
  filter.limit = static_cast<int>(top);
  PULSE_TRY(filter.entity_type, EntityTypeFor(context, engine->connectors()));
  if (engine->vectors() == nullptr) {
    return Error{
        ErrorKind::kInvalid,
        "search needs vectors and they are switched off; fix: set vectors to on, then pulse vector "
        "rebuild"
    };
  }
  const std::string_view texts[] = {text};
  PULSE_TRY(const auto embedded, engine->embedder().Embed(texts, stop));
  return engine->vectors()->Search(tenant.id, embedded.front(), filter);
}

}  // namespace

Result<ExitCode> RunSearch(Context& context) {
  std::string text;
  for (const std::string& word : context.call().arguments) text += (text.empty() ? "" : " ") + word;
  if (text.empty() || text.size() > kLongestTextBytes) {
    return Error{ErrorKind::kInvalid, "a search text has 1 to 32768 bytes"};
  }
  PULSE_TRY(const std::vector<vectors::Hit> hits, Search(context, text));
  if (context.json()) {
    Json list = Json::array();
    for (const vectors::Hit& hit : hits) list.push_back(ToJson(hit));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(hits.size());
  for (const vectors::Hit& hit : hits) {
    rows.push_back({fmt::format("{:.3f}", hit.score), hit.reference, hit.title});
  }
  context.Print(RenderTable({{"SCORE", Align::kRight}, {"WHAT"}, {"TITLE"}}, rows, context.width())
  );
  if (hits.empty()) context.Note("nothing found; pulse vector status says what is indexed");
  return ExitCode::kOk;
}

}  // namespace pulse::app
