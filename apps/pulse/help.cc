#include "help.h"

#include <algorithm>
#include <vector>

#include "command_table.h"
#include "exit_code.h"
#include "help_topics.h"
#include "suggest.h"
#include "text_table.h"

namespace pulse::app {
namespace {

struct Line {
  std::string left;
  std::string right;
};

/// Two columns; the left one as wide as its widest cell, at most 30.
std::string Columns(const std::vector<Line>& lines) {
  std::size_t width = 0;
  for (const Line& line : lines) {
    const std::size_t cells = DisplayWidth(line.left);
    if (cells <= 30) width = std::max(width, cells);
  }
  std::string out;
  for (const Line& line : lines) {
    const std::size_t cells = DisplayWidth(line.left);
    out += "  " + line.left;
    if (cells > width) out += "\n  " + std::string(width, ' ');
    if (cells < width) out += std::string(width - cells, ' ');
    out += "  " + line.right + "\n";
  }
  return out;
}

std::string ArgumentText(const Argument& argument) {
  std::string text(argument.name);
  if (argument.many) text += "...";
  return argument.required ? text : "[" + text + "]";
}

std::string OptionText(const Option& option) {
  std::string text;
  if (option.letter != 0) text = std::string("-") + option.letter + ", ";
  text += "--" + std::string(option.name);
  if (!option.value.empty()) text += " " + std::string(option.value);
  if (option.repeat == Repeat::kGreedy) text += " …";
  return text;
}

std::string HelpText(std::string_view help, std::string_view choices) {
  std::string text(help);
  if (!choices.empty()) text += " One of " + std::string(choices) + ".";
  return text;
}

std::vector<Line> OptionLines(std::span<const Option> options) {
  std::vector<Line> lines;
  for (const Option& option : options) {
    std::string help = HelpText(option.help, option.choices);
    if (option.required) help += " Required.";
    lines.push_back({OptionText(option), std::move(help)});
  }
  return lines;
}

std::vector<Line> ArgumentLines(std::span<const Argument> arguments) {
  std::vector<Line> lines;
  for (const Argument& argument : arguments) {
    lines.push_back({ArgumentText(argument), HelpText(argument.help, argument.choices)});
  }
  return lines;
}

/// Lines of at most 90 bytes, broken at blanks.
std::string Wrapped(std::string_view text) {
  constexpr std::size_t kLineBytes = 90;
  std::string out;
  while (text.size() > kLineBytes) {
    const std::size_t blank = text.rfind(' ', kLineBytes);
    if (blank == std::string_view::npos || blank == 0) break;
    out.append(text.substr(0, blank)).append("\n");
    text.remove_prefix(blank + 1);
  }
  return out.append(text).append("\n");
}

std::string OnCommand(const Command& command) {
  std::string out = std::string(command.summary) + "\n\n";
  if (!command.examples.empty()) {
    out += "examples:\n";
    for (const std::string_view example : command.examples) {
      out += "  " + std::string(example) + "\n";
    }
    out += "\n";
  }
  out += "usage: " + UsageLine(command) + "\n";
  if (!command.details.empty()) out += "\n" + Wrapped(command.details);
  if (!command.arguments.empty())
    out += "\narguments:\n" + Columns(ArgumentLines(command.arguments));
  if (!command.options.empty()) out += "\noptions:\n" + Columns(OptionLines(command.options));
  out += "\neverywhere:\n" + Columns(OptionLines(kGlobalOptions));
  return out;
}

const Topic* FindTopic(std::string_view name) {
  const auto* found = std::ranges::find(kTopics, name, &Topic::name);
  return found == std::end(kTopics) ? nullptr : found;
}

std::string OnGroup(const Group& group) {
  std::string out = std::string(group.summary) + "\n\nusage: pulse " + std::string(group.name) +
                    " COMMAND\n\ncommands:\n";
  std::vector<Line> lines;
  for (const Command& command : kCommands) {
    if (command.path.starts_with(std::string(group.name) + " ")) {
      lines.push_back({std::string(command.path), std::string(command.summary)});
    }
  }
  out += Columns(lines);
  // `pulse help config` is asked for both reasons.
  const Topic* topic = FindTopic(group.name);
  return topic == nullptr ? out : out + "\n" + std::string(topic->text);
}

std::string OnEverything() {
  std::string out =
      "pulse copies Jira and GitHub data of many tenants into tables and proves nothing is "
      "missing.\n\nstart here:\n"
      "  pulse demo                              two sample tenants, no credentials\n"
      "  pulse tenant create acme\n"
      "  pulse integration add jira --tenant acme --name jira-main --url URL --token-env VAR\n"
      "  pulse sync jira-main --tenant acme\n\ncommands:\n";
  std::vector<Line> lines;
  for (const Command& command : kCommands) {
    lines.push_back({std::string(command.path), std::string(command.summary)});
  }
  out += Columns(lines) + "\neverywhere:\n" + Columns(OptionLines(kGlobalOptions));
  std::string topics;
  for (const Topic& topic : kTopics) {
    topics += (topics.empty() ? "" : ", ") + std::string(topic.name);
  }
  return out + "\npulse help COMMAND and pulse help TOPIC (" + topics + ") say more.\n";
}

std::string OnExitCodes() {
  std::vector<Line> lines;
  for (const ExitCodeDoc& doc : ExitCodeDocs()) {
    lines.push_back({std::to_string(static_cast<int>(doc.code)), std::string(doc.meaning)});
  }
  return "Zero always means success.\n\n" + Columns(lines) +
         "\n`pulse demo` alone exits 0 although it quarantines: those faults are planted.\n";
}

std::string OnEnvironment() {
  std::vector<Line> lines;
  for (const Variable& variable : kVariables) {
    lines.push_back({std::string(variable.name), std::string(variable.help)});
  }
  return "A flag wins over the environment, which wins over the settings file, which wins over the "
         "default.\n`pulse config show --origin` says which one did.\n\n" +
         Columns(lines);
}

std::string MarkdownCell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string MarkdownRows(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines) {
    out += "| `" + MarkdownCell(line.left) + "` | " + MarkdownCell(line.right) + " |\n";
  }
  return out;
}

std::string MarkdownOf(const Command& command) {
  std::string out = "\n### pulse " + std::string(command.path) + "\n\n" +
                    std::string(command.summary) + "\n\n```\n" + UsageLine(command) + "\n```\n";
  if (!command.details.empty()) out += "\n" + std::string(command.details) + "\n";
  std::vector<Line> lines = ArgumentLines(command.arguments);
  std::ranges::copy(OptionLines(command.options), std::back_inserter(lines));
  if (!lines.empty()) out += "\n| | |\n|---|---|\n" + MarkdownRows(lines);
  if (!command.examples.empty()) {
    out += "\n```\n";
    for (const std::string_view example : command.examples) out += std::string(example) + "\n";
    out += "```\n";
  }
  return out;
}

}  // namespace

std::string UsageLine(const Command& command) {
  std::string out = "pulse " + std::string(command.path);
  for (const Argument& argument : command.arguments) out += " " + ArgumentText(argument);
  for (const Option& option : command.options) {
    if (option.required) {
      out += " --" + std::string(option.name) + " " + std::string(option.value);
    }
  }
  if (!command.options.empty()) out += " [options]";
  return out;
}

Result<std::string> HelpOn(std::string_view topic) {
  if (topic.empty()) return OnEverything();
  if (topic == "exit-codes") return OnExitCodes();
  if (topic == "environment") return OnEnvironment();
  if (const Command* command = FindCommand(topic)) return OnCommand(*command);
  if (const Group* group = FindGroup(topic)) return OnGroup(*group);
  if (const Topic* found = FindTopic(topic)) return std::string(found->text);
  return NoHelpOn(topic);
}

Error NoHelpOn(std::string_view topic) {
  std::vector<std::string> known;
  for (const Topic& one : kTopics) known.emplace_back(one.name);
  for (const Command& command : kCommands) known.emplace_back(command.path);
  for (const Group& group : kGroups) known.emplace_back(group.name);
  return Error{
      ErrorKind::kNotFound,
      "there is no help on \"" + std::string(topic) + "\"" + DidYouMean(topic, known) +
          "; fix: pulse help"
  };
}

std::string ReferenceMarkdown() {
  std::string out =
      "# Command line\n\nGenerated by `pulse help --markdown`; do not edit.\n\n"
      "Results go to stdout, everything for people to stderr. With `--json` stdout holds one JSON\n"
      "value and nothing else; an error is then a problem object\n"
      "`{\"type\",\"title\",\"status\",\"detail\",\"code\",\"retryable\"}`. `ls` stands for "
      "`list`, "
      "`rm` for `remove`\nand `delete`.\n\n## Everywhere\n\n| | |\n|---|---|\n";
  out += MarkdownRows(OptionLines(kGlobalOptions));
  out += "\n## Exit codes\n\n| | |\n|---|---|\n";
  std::vector<Line> lines;
  for (const ExitCodeDoc& doc : ExitCodeDocs()) {
    lines.push_back({std::to_string(static_cast<int>(doc.code)), std::string(doc.meaning)});
  }
  out += MarkdownRows(lines) + "\n## Environment\n\n| | |\n|---|---|\n";
  lines.clear();
  for (const Variable& variable : kVariables) {
    lines.push_back({std::string(variable.name), std::string(variable.help)});
  }
  out += MarkdownRows(lines) + "\n## Commands\n";
  for (const Command& command : kCommands) out += MarkdownOf(command);
  return out;
}

}  // namespace pulse::app
