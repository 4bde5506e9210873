#include "pulse/source/github/closing_keywords.h"

#include <algorithm>
#include <array>
#include <optional>

#include "pulse/base/ascii.h"

namespace pulse::source::github {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return IsDigit(c) || c == '_' || (Lower(c) >= 'a' && Lower(c) <= 'z'); }
bool IsName(char c) { return IsWord(c) || c == '.' || c == '-'; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads forward through a text; every Take either consumes what it names or nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Take(std::string_view lower) {
    if (rest_.size() < lower.size()) return false;
    if (!EqualIgnoringCase(rest_.substr(0, lower.size()), lower)) return false;
    rest_.remove_prefix(lower.size());
    return true;
  }
  template <class Predicate>
  std::string_view TakeWhile(Predicate accepts) {
    std::size_t n = 0;
    while (n < rest_.size() && accepts(rest_[n])) ++n;
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  bool AtWordEnd() const { return rest_.empty() || !IsWord(rest_.front()); }

 private:
  std::string_view rest_;
};

/// `owner/repo`, as a whole or not at all.
std::optional<std::string> TakeFullName(Scanner& in) {
  Scanner ahead = in;
  const std::string_view owner = ahead.TakeWhile(IsName);
  if (owner.empty() || !ahead.Take("/")) return std::nullopt;
  const std::string_view name = ahead.TakeWhile(IsName);
  if (name.empty()) return std::nullopt;
  in = ahead;
  return std::string(owner).append("/").append(name);
}

std::optional<std::string> TakeAddress(Scanner in) {
  if (!in.Take("https://") && !in.Take("http://")) return std::nullopt;
  in.TakeWhile([](char c) { return c != '/' && !IsSpace(c); });
  if (!in.Take("/")) return std::nullopt;
  auto repository = TakeFullName(in);
  if (!repository || (!in.Take("/issues/") && !in.Take("/pull/"))) return std::nullopt;
  const std::string_view number = in.TakeWhile(IsDigit);
  if (number.empty()) return std::nullopt;
  return repository->append("#").append(number);
}

std::optional<std::string> TakeReference(Scanner in, std::string_view home) {
  if (auto address = TakeAddress(in)) return address;
  std::string repository = TakeFullName(in).value_or(std::string(home));
  if (!in.Take("#")) return std::nullopt;
  const std::string_view number = in.TakeWhile(IsDigit);
  if (number.empty()) return std::nullopt;
  return repository.append("#").append(number);
}

bool TakeKeyword(Scanner& in) {
  constexpr std::array<std::string_view, 9> kKeywords = {
      "closes", "closed", "close", "fixes", "fixed", "fix", "resolves", "resolved", "resolve"
  };
  for (const std::string_view keyword : kKeywords) {
    Scanner ahead = in;
    if (ahead.Take(keyword) && ahead.AtWordEnd()) {
      in = ahead;
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> ClosedIssues(std::string_view body, std::string_view repository) {
  std::vector<std::string> issues;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char first = Lower(body[at]);
    if (first != 'c' && first != 'f' && first != 'r') continue;
    if (at > 0 && IsWord(body[at - 1])) continue;
    Scanner in(body.substr(at));
    if (!TakeKeyword(in)) continue;
    in.Take(":");
    if (in.TakeWhile(IsSpace).empty()) continue;
    auto issue = TakeReference(in, repository);
    if (issue && std::ranges::find(issues, *issue) == issues.end()) issues.push_back(*issue);
  }
  return issues;
}

}  // namespace pulse::source::github
