#include "completion.h"
#include "handlers.h"
#include "help.h"
#include "json_output.h"
#include <nlohmann/json.hpp>

namespace pulse::app {

Result<ExitCode> RunHelp(Context& context) {
  if (context.call().Has("markdown")) {
    context.Print(ReferenceMarkdown());
    return ExitCode::kOk;
  }
  std::string topic;
  for (const std::string& word : context.call().arguments)
    topic += (topic.empty() ? "" : " ") + word;
  PULSE_TRY(const std::string text, HelpOn(topic));
  context.Print(text);
  return ExitCode::kOk;
}

Result<ExitCode> RunVersion(Context& context) {
  const source::Connectors connectors = NewConnectors();
  Json providers = Json::array();
  std::string names;
  for (const auto& [provider, connector] : connectors) {
    providers.push_back(
        {{"provider", provider}, {"transform_version", connector->transform_version()}}
    );
    names += (names.empty() ? "" : ", ") + provider;
  }
  if (context.json()) {
    context.PrintJson(Dump({{"version", PULSE_VERSION}, {"connectors", std::move(providers)}}));
  } else {
    context.Print(std::string("pulse ") + PULSE_VERSION + "  connectors: " + names + "\n");
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunCompletion(Context& context) {
  std::vector<std::string> entity_types;
  for (const auto& [provider, connector] : NewConnectors()) {
    for (const std::string_view type : connector->entity_types()) entity_types.emplace_back(type);
  }
  context.Print(CompletionScript(context.call().Argument(0), entity_types));
  return ExitCode::kOk;
}

}  // namespace pulse::app
