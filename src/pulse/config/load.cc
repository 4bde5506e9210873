#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "pulse/base/nearest.h"
#include "pulse/config/file.h"
#include "pulse/config/settings.h"
#include "pulse/config/value.h"

namespace pulse::config {
namespace {

constexpr int kMaxTypingErrors = 2;
constexpr std::string_view kConfigVariable = "PULSE_CONFIG";
// Read elsewhere; listed so that they are not taken for misspelt settings.
constexpr std::string_view kForeignVariables[] = {
    kConfigVariable, "PULSE_TENANT", "PULSE_FAILPOINT"
};

using Problems = std::vector<std::string>;

struct Given {
  Origin origin;
  std::string where;
  std::string text;
};

std::string DidYouMean(std::string_view word, std::span<const std::string_view> known) {
  const auto nearest =
      Nearest(word, known, std::max<int>(kMaxTypingErrors, static_cast<int>(word.size()) / 3));
  return nearest ? fmt::format("; did you mean {}?", *nearest) : "";
}

std::vector<std::string_view> Column(std::string_view Row::* column) {
  std::vector<std::string_view> values;
  std::ranges::transform(Rows(), std::back_inserter(values), column);
  return values;
}

bool IsRow(std::string_view name) {
  return std::ranges::find(Rows(), name, &Row::name) != Rows().end();
}

// Empty counts as absent: compose files and unit files pass on variables that are not set.
const std::string* Variable(const Inputs& inputs, std::string_view name) {
  const auto found = inputs.environment.find(std::string{name});
  return found == inputs.environment.end() || found->second.empty() ? nullptr : &found->second;
}

void FindMisspeltVariables(const Inputs& inputs, Problems& problems) {
  const std::vector<std::string_view> known = Column(&Row::env);
  for (const auto& [name, value] : inputs.environment) {
    const auto is_name = [&name](std::string_view other) { return name == other; };
    if (!name.starts_with("PULSE_") || std::ranges::any_of(known, is_name)) continue;
    if (std::ranges::any_of(kForeignVariables, is_name)) continue;
    if (const auto nearest = Nearest(name, known, kMaxTypingErrors)) {
      problems.push_back(fmt::format("{}: no such setting; did you mean {}?", name, *nearest));
    }
  }
}

void FindUnknownFlags(const Inputs& inputs, Problems& problems) {
  for (const auto& [name, value] : inputs.flags) {
    if (!IsRow(name)) {
      problems.push_back(
          fmt::format("{}: no such setting{}", name, DidYouMean(name, Column(&Row::name)))
      );
    }
  }
}

/// A secret as orchestrators hand it over: a file whose path is in NAME_FILE. Blanks around it,
/// such as the last line's end, are not part of it. Never in a message: what the file holds.
std::optional<std::string> FromNamedFile(
    const std::string& variable, const std::string& path, Problems& problems
) {
  constexpr std::streamsize kLongest = std::streamsize{64} * 1024;
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(kLongest), '\0');
  file.read(text.data(), kLongest);
  text.resize(static_cast<std::size_t>(file.gcount()));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (file.bad() || first == std::string::npos) {
    problems.push_back(fmt::format(
        "{}: {} cannot be read or is empty; fix: check the path and its rights", variable, path
    ));
    return std::nullopt;
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// NAME or NAME_FILE; both are a mistake nobody should have to debug.
std::optional<Given> GivenByEnvironment(const Row& row, const Inputs& inputs, Problems& problems) {
  const std::string name(row.env);
  const std::string* value = Variable(inputs, name);
  const std::string* path = MayComeFromFile(row) ? Variable(inputs, name + "_FILE") : nullptr;
  if (path == nullptr) {
    if (value == nullptr) return std::nullopt;
    return Given{Origin::kEnvironment, name, *value};
  }
  if (value != nullptr) {
    problems.push_back(fmt::format("{0} and {0}_FILE are both set; fix: unset one", name));
    return std::nullopt;
  }
  auto text = FromNamedFile(name + "_FILE", *path, problems);
  if (!text) return std::nullopt;
  return Given{Origin::kEnvironment, name + "_FILE", *std::move(text)};
}

/// Values of one row by strength; the file's are added by whoever read it.
std::vector<Given> GivenOutsideTheFile(const Row& row, const Inputs& inputs, Problems& problems) {
  std::vector<Given> given;
  if (const auto flag = inputs.flags.find(std::string{row.name}); flag != inputs.flags.end()) {
    if (row.secret) {
      problems.push_back(fmt::format(
          "{}: a secret on a command line is visible to others; fix: use {}", FlagOf(row), row.env
      ));
    } else {
      given.push_back({Origin::kFlag, FlagOf(row), flag->second});
    }
  }
  if (auto value = GivenByEnvironment(row, inputs, problems)) given.push_back(*std::move(value));
  return given;
}

/// `text` with every `{name}` it has replaced.
void Fill(std::string& text, std::string_view name, std::string_view value) {
  const std::string mark = fmt::format("{{{}}}", name);
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), value);
}

/// $XDG_STATE_HOME, else ~/.local/state. Nothing where there is no home at all.
std::optional<std::string> StateFolder(const Inputs& inputs) {
  if (const std::string* state = Variable(inputs, "XDG_STATE_HOME")) return *state;
  if (const std::string* home = Variable(inputs, "HOME")) return *home + "/.local/state";
  return std::nullopt;
}

/// One pass over all rows; keeps every problem instead of ending at the first.
class Reader {
 public:
  explicit Reader(const Inputs& inputs) : inputs_(inputs) {}

  Result<Loaded> Read() {
    FindUnknownFlags(inputs_, problems_);
    FindMisspeltVariables(inputs_, problems_);
    const bool home_needs_file = ReadFile();
    for (const Row& row : Rows()) ReadRow(row, home_needs_file);
    if (problems_.empty()) return std::move(loaded_);
    return Error{ErrorKind::kInvalid, fmt::format("{}", fmt::join(problems_, "\n"))};
  }

 private:
  /// Returns whether `home` may come from the file: not when the file was found through it.
  bool ReadFile() {
    loaded_.file = inputs_.file;
    if (loaded_.file.empty()) {
      if (const std::string* named = Variable(inputs_, kConfigVariable)) loaded_.file = *named;
    }
    const bool named = !loaded_.file.empty();
    if (!named) {
      const std::string beside = HomeOutsideTheFile() + "/pulse.toml";
      if (access(beside.c_str(), F_OK) != 0) return true;
      loaded_.file = beside;
    }
    auto entries = ReadSettingsFile(loaded_.file);
    if (!entries) {
      problems_.push_back(entries.error().message());
      return named;
    }
    entries_ = *std::move(entries);
    for (const FileEntry& entry : entries_) {
      if (IsRow(entry.name)) continue;
      problems_.push_back(fmt::format(
          "{}: {}: no such setting{}",
          Where(entry),
          entry.name,
          DidYouMean(entry.name, Column(&Row::name))
      ));
    }
    return named;
  }

  std::string HomeOutsideTheFile() {
    const Row& row = Rows().front();
    Problems reported_with_the_row;
    const auto given = GivenOutsideTheFile(row, inputs_, reported_with_the_row);
    return given.empty() ? DefaultOf(row) : given.front().text;
  }

  std::string Where(const FileEntry& entry) const {
    return fmt::format("{}:{}", loaded_.file, entry.line);
  }

  std::string DefaultOf(const Row& row) const {
    std::string text{row.default_text};
    Fill(text, "state", StateFolder(inputs_).value_or(""));
    Fill(text, "home", loaded_.settings.home);
    return text;
  }

  void ReadRow(const Row& row, bool home_may_be_in_file) {
    const bool is_home = row.name == "home";
    std::vector<Given> given = GivenOutsideTheFile(row, inputs_, problems_);
    for (const FileEntry& entry : entries_) {
      if (entry.name != row.name) continue;
      if (is_home && !home_may_be_in_file) {
        problems_.push_back(
            Where(entry) + ": home cannot be set in the file that is found through it"
        );
        continue;
      }
      given.push_back({Origin::kFile, Where(entry), entry.text});
    }
    if (is_home && given.empty() && !StateFolder(inputs_)) {
      problems_.push_back("home: neither HOME nor XDG_STATE_HOME is set; fix: set PULSE_HOME");
    }
    given.push_back({Origin::kDefault, "default", DefaultOf(row)});
    const Given& winner = given.front();
    if (auto assigned = Assign(row, winner.text, loaded_.settings); !assigned) {
      problems_.push_back(
          fmt::format("{}: {}: {}", winner.where, row.name, assigned.error().message())
      );
    }
    if (is_home) MakeHomeAbsolute();
    Explained explained{.row = &row, .candidates = {}};
    for (const Given& one : given) {
      explained.candidates.push_back({one.origin, one.where, Masked(row, one.text)});
    }
    loaded_.explained.push_back(std::move(explained));
  }

  // Other values are made from it, and a service may change its directory.
  void MakeHomeAbsolute() {
    std::error_code failed;
    const auto absolute = std::filesystem::absolute(loaded_.settings.home, failed);
    if (!failed && !loaded_.settings.home.empty()) {
      loaded_.settings.home = absolute.lexically_normal().string();
    }
    while (loaded_.settings.home.size() > 1 && loaded_.settings.home.ends_with('/')) {
      loaded_.settings.home.pop_back();
    }
  }

  const Inputs& inputs_;
  Problems problems_;
  std::vector<FileEntry> entries_;
  Loaded loaded_;
};

}  // namespace

Result<Loaded> Load(const Inputs& inputs) { return Reader(inputs).Read(); }

std::optional<std::string> EnvironmentValue(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program writes the environment.
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view pair = *entry;
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos)
      variables.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return variables;
}

}  // namespace pulse::config
