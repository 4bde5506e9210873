#include <istream>
#include <ostream>
#include <string>

#include "handlers.h"
#include "text_table.h"

#include "pulse/model/json_text.h"
#include "pulse/model/row_batch.h"

namespace pulse::app {
namespace {

/// Writes rows as they come: one object a line, or with --json the elements of one array.
class RowPrinter {
 public:
  RowPrinter(std::ostream& out, bool json) : out_(out), json_(json) {
    if (json_) out_ << '[';
  }

  void Print(const model::RowBatch& batch) {
    std::string line;
    for (const model::Record& record : batch.records()) {
      for (const model::Row& row : batch.rows(record)) {
        line = json_ && any_ ? ",\n " : "";
        line += R"({"table":)";
        model::AppendJsonString(line, row.table->name);
        line += R"(,"row":)" + model::RowToJson(batch, row) + (json_ ? "}" : "}\n");
        out_ << line;
        any_ = true;
      }
    }
  }

  void End() { out_ << (json_ ? "]\n" : "") << std::flush; }

 private:
  std::ostream& out_;
  bool json_;
  bool any_ = false;
};

void ReportProblem(Context& context, std::int64_t line, const source::Problem& problem) {
  std::string text = "line " + std::to_string(line) + ": ";
  if (!problem.external_id.empty()) text += problem.external_id + ": ";
  context.Warn(FitWidth(text + problem.code + ": " + problem.message, 1000));
}

}  // namespace

Result<ExitCode> RunTransform(Context& context) {
  const source::Connectors connectors = NewConnectors();
  PULSE_TRY(
      const std::string entity_type, ResolveEntityType(connectors, "", context.call().Argument(0))
  );
  const source::Connector* connector = source::ConnectorFor(connectors, entity_type);
  std::int64_t number = 0;
  std::int64_t bad = 0;
  RowPrinter printer(context.streams().out, context.json());
  std::string line;
  while (std::getline(context.streams().in, line)) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    model::RowBatch batch;
    const source::Transformed result = connector->Transform(entity_type, "{}", line, batch);
    printer.Print(batch);
    for (const source::Problem& problem : result.problems) ReportProblem(context, number, problem);
    if (result.page_problem) ReportProblem(context, number, *result.page_problem);
    if (result.page_problem || !result.problems.empty()) ++bad;
  }
  printer.End();
  if (context.streams().out.fail()) {
    return Error{
        ErrorKind::kUnavailable, "standard output was closed before all rows were written"
    };
  }
  if (bad == 0) return ExitCode::kOk;
  context.Warn(std::to_string(bad) + " of " + std::to_string(number) + " lines had problems");
  return ExitCode::kPartial;
}

}  // namespace pulse::app
