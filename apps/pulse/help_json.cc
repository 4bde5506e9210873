#include "command_table.h"
#include "exit_code.h"
#include "help.h"
#include "help_topics.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

using Json = nlohmann::ordered_json;

Json ChoicesJson(std::string_view choices) {
  Json list = Json::array();
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    list.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return list;
}

Json OptionsJson(std::span<const Option> options) {
  Json list = Json::array();
  for (const Option& option : options) {
    Json json = {{"flag", "--" + std::string(option.name)}};
    json["letter"] = option.letter == 0 ? Json() : Json(std::string{'-', option.letter});
    json["value"] = option.value.empty() ? Json() : Json(option.value);
    json["required"] = option.required;
    json["repeatable"] = option.repeat != Repeat::kOnce;
    json["choices"] = ChoicesJson(option.choices);
    json["help"] = option.help;
    list.push_back(std::move(json));
  }
  return list;
}

Json ArgumentsJson(std::span<const Argument> arguments) {
  Json list = Json::array();
  for (const Argument& argument : arguments) {
    Json json = {{"name", argument.name}, {"required", argument.required}};
    json["many"] = argument.many;
    json["choices"] = ChoicesJson(argument.choices);
    json["help"] = argument.help;
    list.push_back(std::move(json));
  }
  return list;
}

Json CommandJson(const Command& command) {
  Json json = {{"path", command.path}, {"summary", command.summary}};
  json["usage"] = UsageLine(command);
  json["details"] = command.details;
  json["arguments"] = ArgumentsJson(command.arguments);
  json["options"] = OptionsJson(command.options);
  json["examples"] = Json::array();
  for (const std::string_view example : command.examples) json["examples"].push_back(example);
  return json;
}

/// Of the commands whose path begins with `prefix`.
Json CommandsJson(std::string_view prefix) {
  Json list = Json::array();
  for (const Command& command : kCommands) {
    if (command.path.starts_with(prefix)) list.push_back(CommandJson(command));
  }
  return list;
}

Json ExitCodesJson() {
  Json list = Json::array();
  for (const ExitCodeDoc& doc : ExitCodeDocs()) {
    list.push_back({{"code", static_cast<int>(doc.code)}, {"meaning", doc.meaning}});
  }
  return list;
}

Json EnvironmentJson() {
  Json list = Json::array();
  for (const Variable& variable : kVariables) {
    list.push_back({{"name", variable.name}, {"help", variable.help}});
  }
  return list;
}

Json TopicJson(const Topic& topic) {
  Json json = {{"topic", topic.name}, {"summary", topic.summary}};
  if (topic.name == "exit-codes") {
    json["exit_codes"] = ExitCodesJson();
  } else if (topic.name == "environment") {
    json["environment"] = EnvironmentJson();
  } else {
    json["about"] = topic.text;
  }
  return json;
}

Json GroupJson(const Group& group) {
  Json json = {{"path", group.name}, {"summary", group.summary}, {"about", ""}};
  for (const Topic& topic : kTopics) {
    if (topic.name == group.name) json["about"] = topic.text;
  }
  json["commands"] = CommandsJson(std::string(group.name) + " ");
  return json;
}

Json EverythingJson() {
  Json json = {{"commands", CommandsJson("")}, {"everywhere", OptionsJson(kGlobalOptions)}};
  json["exit_codes"] = ExitCodesJson();
  json["environment"] = EnvironmentJson();
  json["topics"] = Json::array();
  for (const Topic& topic : kTopics) {
    json["topics"].push_back({{"topic", topic.name}, {"summary", topic.summary}});
  }
  return json;
}

}  // namespace

Result<std::string> HelpJson(std::string_view topic) {
  if (topic.empty()) return EverythingJson().dump();
  if (const Command* command = FindCommand(topic)) return CommandJson(*command).dump();
  if (const Group* group = FindGroup(topic)) return GroupJson(*group).dump();
  for (const Topic& one : kTopics) {
    if (one.name == topic) return TopicJson(one).dump();
  }
  return NoHelpOn(topic);
}

}  // namespace pulse::app
