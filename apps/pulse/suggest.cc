#include "suggest.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace pulse::app {
namespace {

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

int EditDistance(std::string_view a, std::string_view b) {
  // Three rows of the usual matrix; the oldest is needed for swaps of neighbours.
  const std::size_t width = b.size() + 1;
  std::vector<int> before(width), above(width), row(width);
  for (std::size_t j = 0; j < width; ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
                           Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> known) {
  int best = std::max(2, static_cast<int>(word.size()) / 3) + 1;
  // One or two letters are near everything.
  if (word.size() < 3) best = 2;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : known) {
    const int distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string> known) {
  const auto nearest = Nearest(word, known);
  if (!nearest) return "";
  return ": did you mean \"" + *nearest + "\"?";
}

}  // namespace pulse::app
