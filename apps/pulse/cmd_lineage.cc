#include <algorithm>

#include "handlers.h"
#include "json_output.h"
#include "suggest.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/model/tables.h"

namespace pulse::app {
namespace {

/// Rows shown for one key: a changelog has many entries of one issue.
constexpr int kMostRows = 1000;

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

bool HasColumn(const model::Table& table, std::string_view name) {
  return std::ranges::any_of(table.columns, [&](const model::Column& column) {
    return column.name == name;
  });
}

/// What people may mean by the key of a row: its id, its key, a pull request's owner/name#7.
std::string Matches(const model::Table& table, const std::string& key) {
  std::string where = "t." + std::string(table.columns[0].name) + " = " + Quoted(key);
  if (HasColumn(table, "key")) where += " OR t.key = " + Quoted(key);
  const std::size_t hash = key.rfind('#');
  const bool numbered = hash != std::string::npos && HasColumn(table, "repository_name") &&
                        HasColumn(table, "number");
  if (numbered) {
    where += " OR (t.repository_name = " + Quoted(key.substr(0, hash)) +
             " AND CAST(t.number AS text) = " + Quoted(key.substr(hash + 1)) + ")";
  }
  return where;
}

std::string LineageSql(const model::Table& table, const std::string& key) {
  std::string keys;
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    keys += "t." + std::string(table.columns[i].name) + ", ";
  }
  return "SELECT " + keys +
         "t.integration_id, t.raw_id, t.raw_position, t.job_id, t.created_at, t.updated_at,"
         " p.entity_type AS page_entity_type, p.request AS page_request,"
         " p.fetched_at AS page_fetched_at, p.transform_version AS page_transform_version FROM " +
         std::string(table.name) + " t LEFT JOIN raw_extraction_data p ON p.id = t.raw_id WHERE " +
         Matches(table, key) + " ORDER BY t.id";
}

std::string Text(const Json& row, const char* column) {
  const Json& cell = row.at(column);
  if (cell.is_null()) return "";
  return cell.is_string() ? cell.get<std::string>() : Dump(cell);
}

void PrintRow(Context& context, const model::Table& table, const Json& row) {
  std::string name;
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    name += " " + Text(row, std::string(table.columns[i].name).c_str());
  }
  const bool kept = !row.at("page_request").is_null();
  context.Print(
      "row       " + std::string(table.name) + name + "\nwritten   " + Text(row, "updated_at") +
      " by job " + Text(row, "job_id") + "\npage      " + Text(row, "raw_id") + ", record " +
      Text(row, "raw_position") + (kept ? "" : "  (no longer kept)") + "\n"
  );
  if (!kept) return;
  context.Print(
      "fetched   " + Text(row, "page_fetched_at") + "  " + Text(row, "page_entity_type") +
      "\nrequest   " + FitWidth(Text(row, "page_request"), 1000) + "\n"
  );
}

/// The pages of the rows, each once, as they were received.
Result<> PrintPages(
    Context& context, Engine& engine, const model::Tenant& tenant, const Json& rows
) {
  std::vector<RawId> pages;
  for (const Json& row : rows) {
    const RawId page(row.at("raw_id").get<std::int64_t>());
    if (!row.at("page_request").is_null() && std::ranges::find(pages, page) == pages.end()) {
      pages.push_back(page);
    }
  }
  if (pages.empty()) {
    return Error{
        ErrorKind::kNotFound,
        "the page is no longer kept; fix: pulse tenant edit " + tenant.name +
            " --raw-retention-days keep, then pulse sync --full"
    };
  }
  return engine.store().raw_pages().Visit(
      tenant.id,
      pages,
      [&](const store::RawPage& page) -> Result<> {
        context.Print(page.body);
        context.Print("\n");
        return {};
      }
  );
}

Result<const model::Table*> TableNamed(const std::string& name) {
  if (const model::Table* table = model::FindTable(name)) return table;
  std::vector<std::string> known;
  for (const model::Table* other : model::kTables) known.emplace_back(other->name);
  return Error{
      ErrorKind::kNotFound,
      "there is no table \"" + name + "\"" + DidYouMean(name, known) + "; fix: pulse data tables"
  };
}

}  // namespace

Result<ExitCode> RunDataLineage(Context& context) {
  PULSE_TRY(const model::Table* table, TableNamed(context.call().Argument(0)));
  const std::string key = context.call().Argument(1);
  if (context.json() && context.call().Has("page")) {
    return Error{ErrorKind::kInvalid, "--json and --page were both given; fix: use one"};
  }
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::string answer,
      engine->store().tables().Select(tenant.id, LineageSql(*table, key), kMostRows)
  );
  const Json rows = Json::parse(answer);
  if (rows.empty()) {
    return Error{
        ErrorKind::kNotFound,
        "tenant " + tenant.name + " has no row " + key + " in " + std::string(table->name) +
            "; fix: pulse data query \"SELECT " + std::string(table->columns[0].name) + " FROM " +
            std::string(table->name) + "\" --tenant " + tenant.name
    };
  }
  if (context.call().Has("page")) {
    PULSE_CHECK(PrintPages(context, *engine, tenant, rows));
  } else if (context.json()) {
    context.PrintJson(Dump(rows));
  } else {
    for (const Json& row : rows) PrintRow(context, *table, row);
    context.Note("its page: the same command with --page");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
