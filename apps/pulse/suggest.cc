#include "suggest.h"

#include <algorithm>
#include <vector>

#include "pulse/base/nearest.h"

namespace pulse::app {

std::string DidYouMean(std::string_view word, std::span<const std::string> known) {
  // One or two letters are near everything.
  const int allowed = word.size() < 3 ? 1 : std::max(2, static_cast<int>(word.size()) / 3);
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto nearest = Nearest(word, views, allowed);
  if (!nearest) return "";
  return ": did you mean \"" + std::string(*nearest) + "\"?";
}

}  // namespace pulse::app
