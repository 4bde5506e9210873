#include "completion.h"
#include "handlers.h"
#include "help.h"
#include "json_output.h"
#include <nlohmann/json.hpp>

namespace pulse::app {

Result<ExitCode> RunHelp(Context& context) {
  if (context.call().Has("markdown")) {
    if (context.json()) {
      return Error{ErrorKind::kInvalid, "--json and --markdown were both given; fix: use one"};
    }
    context.Print(ReferenceMarkdown());
    return ExitCode::kOk;
  }
  std::string topic;
  for (const std::string& word : context.call().arguments)
    topic += (topic.empty() ? "" : " ") + word;
  if (context.json()) {
    PULSE_TRY(const std::string json, HelpJson(topic));
    context.PrintJson(json);
    return ExitCode::kOk;
  }
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
  const std::string shell = context.call().Argument(0);
  const std::string script = CompletionScript(shell, entity_types);
  if (context.json()) {
    context.PrintJson(Dump({{"shell", shell}, {"script", script}}));
  } else {
    context.Print(script);
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
