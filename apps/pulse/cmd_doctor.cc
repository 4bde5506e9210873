#include "doctor.h"
#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace pulse::app {

Result<ExitCode> RunDoctor(Context& context) {
  const std::vector<Finding> findings = Examine(context);
  Json list = Json::array();
  std::string text;
  int failed = 0;
  int warnings = 0;
  int skipped = 0;
  for (const Finding& finding : findings) {
    failed += finding.health == Health::kFailed ? 1 : 0;
    warnings += finding.health == Health::kWarning ? 1 : 0;
    skipped += finding.health == Health::kSkipped ? 1 : 0;
    list.push_back(
        {{"id", finding.id},
         {"status", Name(finding.health)},
         {"found", finding.found},
         {"fix", finding.fix}}
    );
    text += fmt::format(
        "{:<5} {:<12} {}\n", Name(finding.health), finding.id, FitWidth(finding.found, 400)
    );
    if (!finding.fix.empty()) text += "                   fix: " + finding.fix + "\n";
  }
  if (context.json()) {
    context.PrintJson(Dump(
        {{"failed", failed},
         {"warnings", warnings},
         {"skipped", skipped},
         {"checks", std::move(list)}}
    ));
  } else {
    context.Print(text);
    context.Note(fmt::format("{} failed, {} warnings, {} skipped", failed, warnings, skipped));
  }
  return failed == 0 ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace pulse::app
