#include "cli.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "command_table.h"
#include "help.h"
#include "suggest.h"
#include <CLI/CLI.hpp>

namespace pulse::app {
namespace {

using WordList = std::span<const std::string>;

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t space = path.find(' ');
    parts.emplace_back(path.substr(0, space));
    path = space == std::string_view::npos ? std::string_view{} : path.substr(space + 1);
  }
  return parts;
}

std::string Join(std::string_view path, std::string_view word) {
  return path.empty() ? std::string(word) : std::string(path) + " " + std::string(word);
}

/// `ls` where the table says `list`; the word itself otherwise.
std::string Unalias(std::string_view path, const std::string& word) {
  const std::vector<std::string> next = WordsAfter(path);
  if (std::ranges::find(next, word) != next.end()) return word;
  for (const Alias& alias : kAliases) {
    if (alias.alias == word && std::ranges::find(next, alias.word) != next.end()) {
      return std::string(alias.word);
    }
  }
  return word;
}

using SettingFlags = std::span<const std::string>;

bool IsSettingFlag(SettingFlags flags, std::string_view word) {
  if (!word.starts_with("--")) return false;
  const std::string_view name = word.substr(2, word.find('=') - 2);
  return std::ranges::find(flags, name) != flags.end();
}

const Option* FindOption(const Command* command, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  const auto matches = [&](const Option& option) {
    if (name.starts_with("--")) return option.name == name.substr(2);
    return name.size() >= 2 && option.letter != 0 && option.letter == name[1];
  };
  if (command != nullptr) {
    const auto own = std::ranges::find_if(command->options, matches);
    if (own != command->options.end()) return &*own;
  }
  const auto* global = std::ranges::find_if(kGlobalOptions, matches);
  return global != std::end(kGlobalOptions) ? global : nullptr;
}

/// What the words say before anything is checked: which command, which of them are its arguments.
struct Outline {
  std::string path;
  const Command* command = nullptr;
  std::vector<std::string> words;  ///< With aliases replaced.
  std::vector<std::string> arguments;
  std::optional<std::string> unknown_option;
  bool help = false;
};

bool TakesNextWord(const Option& option, std::string_view word) {
  if (option.value.empty() || word.find('=') != std::string_view::npos) return false;
  return word.starts_with("--") || word.size() == 2;
}

Outline Survey(WordList words, SettingFlags flags) {
  Outline outline;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    outline.words.push_back(word);
    if (word == "--") {
      for (++i; i < words.size(); ++i) outline.words.push_back(words[i]);
      break;
    }
    if (word.size() > 1 && word.starts_with('-')) {
      const Option* option = FindOption(outline.command, word);
      if (option == nullptr && IsSettingFlag(flags, word)) {
        const bool value_follows = word.find('=') == std::string::npos && i + 1 < words.size();
        if (value_follows) outline.words.push_back(words[++i]);
        continue;
      }
      if (option == nullptr) {
        if (!outline.unknown_option) outline.unknown_option = word.substr(0, word.find('='));
        continue;
      }
      outline.help = outline.help || option->name == "help";
      if (TakesNextWord(*option, word) && i + 1 < words.size()) outline.words.push_back(words[++i]);
      continue;
    }
    if (outline.command == nullptr) {
      const std::string path = Join(outline.path, Unalias(outline.path, word));
      const bool known = FindCommand(path) != nullptr || FindGroup(path) != nullptr;
      if (known && outline.arguments.empty()) {
        outline.words.back() = Unalias(outline.path, word);
        outline.path = path;
        outline.command = FindCommand(path);
        continue;
      }
    }
    outline.arguments.push_back(word);
  }
  return outline;
}

Error Usage(const Outline& outline, std::string message) {
  std::string fix = "; fix: pulse help";
  if (!outline.path.empty()) fix += " " + outline.path;
  if (outline.command != nullptr) fix += " (usage: " + UsageLine(*outline.command) + ")";
  return Error{ErrorKind::kInvalid, std::move(message) + fix};
}

std::optional<std::string> SurplusArgument(const Outline& outline) {
  const auto& takes = outline.command->arguments;
  const bool many = !takes.empty() && takes.back().many;
  if (many || outline.arguments.size() <= takes.size()) return std::nullopt;
  return "\"" + outline.arguments[takes.size()] + "\" is one argument too many";
}

Error UnknownCommand(const Outline& outline) {
  const std::vector<std::string> next = WordsAfter(outline.path);
  if (outline.arguments.empty()) {
    std::string list;
    for (const std::string& word : next) list += (list.empty() ? "" : ", ") + word;
    return Usage(outline, "\"" + outline.path + "\" needs one of: " + list);
  }
  const std::string& word = outline.arguments.front();
  return Usage(
      outline, "there is no command \"" + Join(outline.path, word) + "\"" + DidYouMean(word, next)
  );
}

Error UnknownOption(const Outline& outline, SettingFlags flags) {
  std::vector<std::string> known;
  for (const std::string& flag : flags) known.push_back("--" + flag);
  if (outline.command != nullptr) {
    for (const Option& option : outline.command->options) {
      known.push_back("--" + std::string(option.name));
    }
  }
  for (const Option& option : kGlobalOptions) known.push_back("--" + std::string(option.name));
  return Usage(
      outline,
      "there is no option " + *outline.unknown_option + DidYouMean(*outline.unknown_option, known)
  );
}

/// Parses one command's words with CLI11, which is used for nothing else: it would let a file win
/// over the environment, and it suggests nothing.
class Parser {
 public:
  Parser(const Command& command, SettingFlags flags) : command_(command) {
    app_.set_help_flag();
    for (const std::string& flag : flags) Add(Option{.name = flag, .value = "VALUE", .help = {}});
    for (const Option& option : kGlobalOptions) Add(option);
    for (const Option& option : command.options) Add(option);
    for (const Argument& argument : command.arguments) Add(argument);
  }

  /// Throws CLI::ParseError.
  Invocation Parse(std::vector<std::string> words) {
    std::ranges::reverse(words);
    app_.parse(words);
    Invocation invocation;
    invocation.command = &command_;
    for (const auto& [name, option] : options_) {
      if (option->count() > 0) invocation.options[std::string(name)] = {};
    }
    for (auto& [name, values] : values_) {
      if (!values.empty()) invocation.options[std::string(name)] = values;
    }
    for (const std::vector<std::string>& values : arguments_) {
      std::ranges::copy(values, std::back_inserter(invocation.arguments));
    }
    return invocation;
  }

 private:
  void Add(const Option& option) {
    std::string names = "--" + std::string(option.name);
    if (option.letter != 0) names += std::string(",-") + option.letter;
    if (option.value.empty()) {
      options_[option.name] = app_.add_flag(names);
      return;
    }
    CLI::Option* added = app_.add_option(names, values_[option.name]);
    added->allow_extra_args(option.repeat == Repeat::kGreedy);
    Restrict(*added, option.choices);
  }

  void Add(const Argument& argument) {
    CLI::Option* added = app_.add_option(std::string(argument.name), arguments_.emplace_back());
    // CLI11 would give every further word to the first argument; without, none to an optional one.
    added->allow_extra_args(argument.many || !argument.required);
    if (argument.required) added->required();
    added->expected(
        argument.required ? 1 : 0, argument.many ? CLI::detail::expected_max_vector_size : 1
    );
    Restrict(*added, argument.choices);
  }

  static void Restrict(CLI::Option& option, std::string_view choices) {
    if (choices.empty()) return;
    std::vector<std::string> allowed;
    std::string list(choices);
    for (std::size_t from = 0; from <= list.size();) {
      const std::size_t bar = std::min(list.find('|', from), list.size());
      allowed.push_back(list.substr(from, bar - from));
      from = bar + 1;
    }
    option.check([allowed, list](const std::string& value) {
      if (std::ranges::find(allowed, value) != allowed.end()) return std::string{};
      return "\"" + value + "\" is not one of " + list + DidYouMean(value, allowed);
    });
  }

  const Command& command_;
  CLI::App app_;
  std::map<std::string_view, CLI::Option*> options_;
  std::map<std::string_view, std::vector<std::string>> values_;
  std::deque<std::vector<std::string>> arguments_;  // stable addresses: CLI11 keeps references
};

std::optional<std::string> Missing(const Command& command, const Invocation& invocation) {
  for (const Option& option : command.options) {
    if (option.required && !invocation.Has(option.name)) {
      return "--" + std::string(option.name) + " " + std::string(option.value) + " is missing";
    }
  }
  return std::nullopt;
}

std::string Explain(const CLI::ParseError& error, const Outline& outline) {
  const std::string name = error.get_name();
  if (name == "RequiredError") {
    std::string missing;
    for (const Argument& argument : outline.command->arguments) {
      if (argument.required) missing += (missing.empty() ? "" : " ") + std::string(argument.name);
    }
    return missing + " is missing";
  }
  return error.what();
}

}  // namespace

Result<Invocation> ParseCommandLine(WordList words, SettingFlags setting_flags) {
  Outline outline = Survey(words, setting_flags);
  Invocation help;
  help.help_path = outline.path;
  if (outline.help && outline.arguments.empty()) return help;
  if (outline.command != nullptr && outline.help) return help;
  if (outline.command == nullptr && outline.unknown_option)
    return UnknownOption(outline, setting_flags);
  if (outline.path.empty() && outline.arguments.empty()) return help;
  if (outline.command == nullptr) return UnknownCommand(outline);
  if (outline.unknown_option) return UnknownOption(outline, setting_flags);

  // The path's own words are gone from here on: CLI11 sees options and arguments only.
  std::vector<std::string> rest = std::move(outline.words);
  std::size_t at = 0;
  for (const std::string& part : SplitPath(outline.path)) {
    while (rest[at] != part) ++at;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  }
  try {
    Parser parser(*outline.command, setting_flags);
    Invocation invocation = parser.Parse(std::move(rest));
    if (const auto missing = Missing(*outline.command, invocation)) return Usage(outline, *missing);
    return invocation;
  } catch (const CLI::ParseError& error) {
    // CLI11 reports a surplus word in several ways, none of which names it.
    const auto surplus = SurplusArgument(outline);
    return Usage(outline, surplus ? *surplus : Explain(error, outline));
  } catch (const CLI::Error& error) {
    return Error{ErrorKind::kInternal, std::string("command table: ") + error.what()};
  }
}

}  // namespace pulse::app
