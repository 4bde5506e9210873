#include "completion.h"

#include <algorithm>
#include <vector>

#include "command_table.h"

#include "pulse/model/tables.h"

namespace pulse::app {
namespace {

// bash and zsh share the shape: find the command path among the words, then offer what may follow.
// The variable is not called path: in zsh that is PATH.
constexpr std::string_view kBashHead =
    R"(# bash completion for pulse, made by `pulse completion bash`
_pulse_names() { command pulse "$@" --json -q 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4; }
_pulse() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} here= tenant= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == --tenant ]]; then tenant=${COMP_WORDS[i+1]}; continue; fi
    case "${here:+$here }${COMP_WORDS[i]}" in
)";
constexpr std::string_view kBashTail = R"(  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pulse pulse
)";
constexpr std::string_view kZshHead = R"(#compdef pulse
# zsh completion for pulse, made by `pulse completion zsh`
_pulse_names() { command pulse "$@" --json -q 2>/dev/null | grep -o '"name":"[^"]*"' | cut -d'"' -f4; }
_pulse() {
  local cur=${words[CURRENT]} prev=${words[CURRENT-1]} here= tenant= offered= i
  for ((i = 2; i < CURRENT; i++)); do
    if [[ ${words[i]} == --tenant ]]; then tenant=${words[i+1]}; continue; fi
    case "${here:+$here }${words[i]}" in
)";
constexpr std::string_view kZshTail =
    R"(  if [[ -n $offered ]]; then compadd -- ${=offered}; else _files; fi
}
compdef _pulse pulse
)";

std::vector<std::string> Paths() {
  std::vector<std::string> paths;
  for (const Group& group : kGroups) paths.emplace_back(group.name);
  for (const Command& command : kCommands) paths.emplace_back(command.path);
  return paths;
}

std::string JoinWith(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

std::string Spaced(std::string_view choices) {
  std::string out(choices);
  std::ranges::replace(out, '|', ' ');
  return out;
}

class Script {
 public:
  Script(std::string_view words_variable, std::span<const std::string> entity_types)
      : variable_(words_variable), entity_types_(entity_types.begin(), entity_types.end()) {}

  /// `path` becomes the longest known path of the words so far.
  std::string PathCases() const {
    std::string out = "      ";
    std::string list;
    for (const std::string& path : Paths()) list += (list.empty() ? "\"" : "|\"") + path + "\"";
    out += list + ") here=\"${here:+$here }" + word_at_i() + "\" ;;\n    esac\n  done\n";
    return out;
  }

  /// What may follow an option that takes a value.
  std::string ValueCases() const {
    std::string out = "  case \"$prev\" in\n";
    std::vector<std::string_view> seen;
    const auto add = [&](const Option& option) {
      const std::string offer = Offer(option.words, option.choices);
      if (offer.empty() || std::ranges::find(seen, option.name) != seen.end()) return;
      seen.push_back(option.name);
      out += "    --" + std::string(option.name);
      if (option.letter != 0) out += std::string("|-") + option.letter;
      out += ") " + Assign(offer) + "; " + finish_ + " ;;\n";
    };
    for (const Option& option : kGlobalOptions) add(option);
    for (const Command& command : kCommands) std::ranges::for_each(command.options, add);
    return out + "  esac\n";
  }

  std::string OptionCases() const {
    std::string out = "  if [[ $cur == -* ]]; then\n    case \"$here\" in\n";
    std::vector<std::string> global;
    for (const Option& option : kGlobalOptions) global.push_back("--" + std::string(option.name));
    for (const Command& command : kCommands) {
      if (command.options.empty()) continue;
      std::vector<std::string> words;
      for (const Option& option : command.options) words.push_back("--" + std::string(option.name));
      out +=
          "      \"" + std::string(command.path) + "\") " + Assign(JoinWith(words, " ")) + " ;;\n";
    }
    return out + "    esac\n    " + variable_ + "=\"$" + variable_ + " " + JoinWith(global, " ") +
           "\"\n  else\n";
  }

  std::string WordCases() const {
    std::string out =
        "    case \"$here\" in\n      \"\") " + Assign(JoinWith(WordsAfter(""), " ")) + " ;;\n";
    for (const Group& group : kGroups) {
      out += "      \"" + std::string(group.name) + "\") " +
             Assign(JoinWith(WordsAfter(group.name), " ")) + " ;;\n";
    }
    for (const Command& command : kCommands) {
      if (command.arguments.empty()) continue;
      const Argument& argument = command.arguments.front();
      const std::string offer = Offer(argument.words, argument.choices);
      if (!offer.empty()) {
        out += "      \"" + std::string(command.path) + "\") " + Assign(offer) + " ;;\n";
      }
    }
    return out + "    esac\n  fi\n";
  }

  void EndsWith(std::string finish) { finish_ = std::move(finish); }

 private:
  std::string word_at_i() const {
    return variable_ == "words" ? "${COMP_WORDS[i]}" : "${words[i]}";
  }
  std::string Assign(const std::string& text) const { return variable_ + "=\"" + text + "\""; }

  std::string Offer(Words words, std::string_view choices) const {
    if (!choices.empty()) return Spaced(choices);
    switch (words) {
      case Words::kTenant:
        return "$(_pulse_names tenant list)";
      case Words::kIntegration:
        // One word: zsh does not split what a variable expands to.
        return "$(_pulse_names integration list ${tenant:+--tenant=$tenant})";
      case Words::kEntityType:
        return JoinWith(entity_types_, " ");
      case Words::kTable: {
        std::vector<std::string> tables;
        for (const model::Table* table : model::kTables) tables.emplace_back(table->name);
        return JoinWith(tables, " ");
      }
      case Words::kFile:
      case Words::kNothing:
        break;
    }
    return "";
  }

  std::string variable_;
  std::vector<std::string> entity_types_;
  std::string finish_;
};

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
  return out + "'";
}

std::string FishOffer(Words words, std::string_view choices, std::span<const std::string> types) {
  if (!choices.empty()) return Quoted(Spaced(choices));
  if (words == Words::kTenant) return "'(__pulse_names tenant list)'";
  if (words == Words::kIntegration) return "'(__pulse_names integration list (__pulse_tenant))'";
  if (words == Words::kEntityType) {
    return Quoted(JoinWith(std::vector<std::string>(types.begin(), types.end()), " "));
  }
  if (words != Words::kTable) return "";
  std::vector<std::string> tables;
  for (const model::Table* table : model::kTables) tables.emplace_back(table->name);
  return Quoted(JoinWith(tables, " "));
}

std::string FishOption(
    const Option& option, std::string_view condition, std::span<const std::string> types
) {
  std::string out = "complete -c pulse";
  if (!condition.empty()) out += " -n " + Quoted(condition);
  out += " -l " + std::string(option.name);
  if (option.letter != 0) out += std::string(" -s ") + option.letter;
  if (!option.value.empty()) {
    out += option.words == Words::kFile ? " -rF" : " -x";
    const std::string offer = FishOffer(option.words, option.choices, types);
    if (!offer.empty()) out += " -a " + offer;
  }
  return out + " -d " + Quoted(option.help) + "\n";
}

/// Options whose next word is their value: no part of the command path.
std::string FishValued() {
  std::string out;
  const auto add = [&](const Option& option) {
    if (option.value.empty()) return;
    const std::string name = " --" + std::string(option.name);
    if ((out + " ").find(name + " ") == std::string::npos) out += name;
    if (option.letter != 0) out += std::string(" -") + option.letter;
  };
  for (const Option& option : kGlobalOptions) add(option);
  for (const Command& command : kCommands) std::ranges::for_each(command.options, add);
  return out;
}

std::string FishHead() {
  return R"(# fish completion for pulse, made by `pulse completion fish`
function __pulse_names
    command pulse $argv --json -q 2>/dev/null | string match -ra '"name":"[^"]*"' | string split -f4 '"'
end
# The words so far that are neither options nor their values, joined: the path and its arguments.
function __pulse_said
    set -l valued)" +
         FishValued() + R"(
    set -l said
    set -l value 0
    for word in (commandline -opc)[2..-1]
        if test $value = 1
            set value 0
        else if contains -- $word $valued
            set value 1
        else if not string match -q -- '-*' $word
            set -a said $word
        end
    end
    string join -- ' ' $said
    return 0
end
function __pulse_at
    test (__pulse_said | string collect --allow-empty) = "$argv[1]"
end
function __pulse_in
    string match -q -- "$argv[1] *" (__pulse_said)' '
end
function __pulse_tenant
    set -l named 0
    for word in (commandline -opc)
        if test $named = 1
            echo -- --tenant=$word
        else if string match -q -- '--tenant=*' $word
            echo -- $word
        end
        test $word = --tenant; and set named 1; or set named 0
    end
    return 0
end
complete -c pulse -f
)";
}

std::string FishScript(std::span<const std::string> types) {
  std::string out = FishHead();
  const auto word = [&](std::string_view at, const std::string& next, std::string_view summary) {
    out += "complete -c pulse -n " + Quoted("__pulse_at \"" + std::string(at) + "\"") + " -a " +
           next + " -d " + Quoted(summary) + "\n";
  };
  const auto words_after = [&](std::string_view path) {
    for (const std::string& next : WordsAfter(path)) {
      const std::string whole = path.empty() ? next : std::string(path) + " " + next;
      const Command* command = FindCommand(whole);
      word(path, next, command != nullptr ? command->summary : FindGroup(whole)->summary);
    }
  };
  words_after("");
  for (const Group& group : kGroups) words_after(group.name);
  for (const Command& command : kCommands) {
    if (!command.arguments.empty()) {
      const Argument& argument = command.arguments.front();
      const std::string offer = FishOffer(argument.words, argument.choices, types);
      if (!offer.empty()) word(command.path, offer, argument.name);
    }
    const std::string inside = "__pulse_in \"" + std::string(command.path) + "\"";
    for (const Option& option : command.options) out += FishOption(option, inside, types);
  }
  for (const Option& option : kGlobalOptions) out += FishOption(option, "", types);
  return out;
}

}  // namespace

std::string CompletionScript(std::string_view shell, std::span<const std::string> entity_types) {
  if (shell == "fish") return FishScript(entity_types);
  const bool bash = shell == "bash";
  if (!bash && shell != "zsh") return "";
  Script script(bash ? "words" : "offered", entity_types);
  script.EndsWith(
      bash ? "COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return"
           : "compadd -- ${=offered}; return"
  );
  return std::string(bash ? kBashHead : kZshHead) + script.PathCases() + script.ValueCases() +
         script.OptionCases() + script.WordCases() + std::string(bash ? kBashTail : kZshTail);
}

}  // namespace pulse::app
