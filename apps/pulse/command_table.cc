#include "command_table.h"

#include <algorithm>
#include <utility>

namespace pulse::app {

std::vector<std::string> WordsAfter(std::string_view path) {
  std::vector<std::string> next;
  const std::string prefix = path.empty() ? "" : std::string(path) + " ";
  for (const Command& command : kCommands) {
    if (!command.path.starts_with(prefix)) continue;
    const std::string_view rest = command.path.substr(prefix.size());
    std::string word(rest.substr(0, rest.find(' ')));
    if (std::ranges::find(next, word) == next.end()) next.push_back(std::move(word));
  }
  return next;
}

}  // namespace pulse::app
