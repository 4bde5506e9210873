#include "handlers.h"
#include "json_array.h"
#include "json_output.h"
#include "suggest.h"
#include "text_table.h"
#include "values.h"
#include <nlohmann/json.hpp>

#include "pulse/model/tables.h"

namespace pulse::app {
namespace {

std::string_view TypeName(model::ColumnType type) {
  switch (type) {
    case model::ColumnType::kText:
      return "text";
    case model::ColumnType::kInteger:
      return "integer";
    case model::ColumnType::kReal:
      return "real";
    case model::ColumnType::kBoolean:
      return "boolean";
    case model::ColumnType::kInstant:
      return "instant";
    case model::ColumnType::kDate:
      return "date";
    case model::ColumnType::kJson:
      break;
  }
  return "json";
}

/// A cell of a result for people: text as it is, null as nothing, the rest as JSON writes it.
std::string CellText(const Json& cell) {
  if (cell.is_null()) return "";
  if (cell.is_string()) return cell.get<std::string>();
  return Dump(cell);
}

struct Grid {
  std::vector<std::string> header;
  std::vector<TextRow> rows;
  std::vector<Align> aligns;
};

Grid ToGrid(const std::vector<std::string_view>& elements) {
  Grid grid;
  for (const std::string_view element : elements) {
    const Json object = Json::parse(element, nullptr, false);
    TextRow row;
    const bool first = grid.rows.empty();
    for (const auto& [name, cell] : object.items()) {
      if (first) {
        grid.header.push_back(name);
        grid.aligns.push_back(Align::kRight);
      }
      if (!cell.is_number() && !cell.is_null() && row.size() < grid.aligns.size()) {
        grid.aligns[row.size()] = Align::kLeft;
      }
      row.push_back(CellText(cell));
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

void PrintTable(Context& context, const std::vector<std::string_view>& elements) {
  const Grid grid = ToGrid(elements);
  std::vector<TextColumn> columns;
  columns.reserve(grid.header.size());
  for (std::size_t i = 0; i < grid.header.size(); ++i) {
    columns.push_back({grid.header[i], grid.aligns[i]});
  }
  context.Print(RenderTable(columns, grid.rows, context.width()));
  context.Note(std::to_string(elements.size()) + (elements.size() == 1 ? " row" : " rows"));
}

void PrintRows(
    Context& context, std::string_view format, const std::vector<std::string_view>& elements
) {
  if (format == "table") {
    PrintTable(context, elements);
    return;
  }
  std::string out;
  if (format == "csv") {
    const Grid grid = ToGrid(elements);
    if (!grid.header.empty()) out = RenderCsv(grid.header, grid.rows);
  } else if (format == "ndjson") {
    for (const std::string_view element : elements) out.append(element).append("\n");
  } else {
    for (const std::string_view element : elements) {
      out.append(out.empty() ? "[" : ",\n ").append(element);
    }
    out += out.empty() ? "[]\n" : "]\n";
  }
  context.Print(out);
}

}  // namespace

Result<ExitCode> RunDataTables(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  std::string sql;
  for (const model::Table* table : model::kTables) {
    const std::string name(table->name);
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT '" + name + "' AS name, count(*) AS n FROM " + name;
  }
  PULSE_TRY(
      const std::string answer,
      engine->store().tables().Select(tenant.id, sql, static_cast<int>(std::size(model::kTables)))
  );
  Json list = Json::array();
  std::vector<TextRow> rows;
  for (const Json& entry : Json::parse(answer)) {
    const model::Table* table = model::FindTable(entry.at("name").get<std::string>());
    const auto count = entry.at("n").get<std::int64_t>();
    list.push_back({{"name", table->name}, {"rows", count}, {"about", table->doc}});
    rows.push_back({std::string(table->name), WithThousands(count), std::string(table->doc)});
  }
  if (context.json()) {
    context.PrintJson(Dump(list));
  } else {
    context.Print(
        RenderTable({{"TABLE"}, {"ROWS", Align::kRight}, {"ABOUT"}}, rows, context.width())
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunDataSchema(Context& context) {
  const std::string name = context.call().Argument(0);
  const model::Table* table = model::FindTable(name);
  if (table == nullptr) {
    std::vector<std::string> known;
    for (const model::Table* other : model::kTables) known.emplace_back(other->name);
    return Error{
        ErrorKind::kNotFound,
        "there is no table \"" + name + "\"" + DidYouMean(name, known) + "; fix: pulse data tables"
    };
  }
  Json columns = Json::array();
  std::vector<TextRow> rows;
  for (std::size_t i = 0; i < table->columns.size(); ++i) {
    const model::Column& column = table->columns[i];
    const bool key = i < table->key_columns;
    columns.push_back(
        {{"name", column.name}, {"type", TypeName(column.type)}, {"key", key}, {"about", column.doc}
        }
    );
    rows.push_back(
        {std::string(column.name),
         std::string(TypeName(column.type)),
         key ? "key" : "",
         std::string(column.doc)}
    );
  }
  if (context.json()) {
    context.PrintJson(Dump(
        {{"name", table->name},
         {"about", table->doc},
         {"entity_type", table->entity_type},
         {"columns", std::move(columns)}}
    ));
    return ExitCode::kOk;
  }
  context.Print(std::string(table->name) + ": " + std::string(table->doc) + "\n");
  context.Print(RenderTable({{"COLUMN"}, {"TYPE"}, {"KEY"}, {"ABOUT"}}, rows, context.width()));
  return ExitCode::kOk;
}

Result<ExitCode> RunDataQuery(Context& context) {
  constexpr std::size_t kLongestSqlBytes = std::size_t{1024} * 1024;
  const Invocation& call = context.call();
  if (context.json() && call.Value("output", "json") != "json") {
    return Error{
        ErrorKind::kInvalid,
        "--json and --output " + call.Value("output") + " were both given; fix: use one"
    };
  }
  // A million rows of a wide table are half a gigabyte: more than that is a job for the database.
  PULSE_TRY(
      const std::int64_t limit, ParseCount("--limit", call.Value("limit", "1000000"), 1, 10000000)
  );
  std::string sql = call.Argument(0);
  if (sql == "-") {
    PULSE_TRY(sql, context.ReadInput(kLongestSqlBytes));
  }
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::string answer,
      engine->store().tables().Select(tenant.id, sql, static_cast<int>(limit) + 1)
  );
  PULSE_TRY(std::vector<std::string_view> elements, SplitJsonArray(answer));
  const bool cut = elements.size() > static_cast<std::size_t>(limit);
  if (cut) elements.resize(static_cast<std::size_t>(limit));
  PrintRows(context, call.Value("output", context.json() ? "json" : "table"), elements);
  if (!cut) return ExitCode::kOk;
  context.Warn("there are more than " + std::to_string(limit) + " rows; fix: a larger --limit");
  return ExitCode::kPartial;
}

}  // namespace pulse::app
