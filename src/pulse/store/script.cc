#include "pulse/store/script.h"

#include <cctype>

#include "pulse/base/ascii.h"

namespace pulse::store {
namespace {

constexpr std::string_view kConcurrentMark = "-- concurrently";

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

/// Where the token that starts at `at` ends: a quoted text, a comment, or one character.
std::size_t EndOfToken(std::string_view text, std::size_t at) {
  const auto after = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const char c = text[at];
  if (c == '\'' || c == '"') return after(std::string_view(&c, 1), at + 1);
  if (text.substr(at).starts_with("--")) return after("\n", at);
  if (text.substr(at).starts_with("/*")) return after("*/", at + 2);
  if (c == '$') {
    std::size_t end = at + 1;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    if (end < text.size() && text[end] == '$') {
      return after(text.substr(at, end + 1 - at), end + 1);
    }
  }
  return at + 1;
}

/// Takes leading space and comments off `text`; says whether one of them was the mark.
bool SkipComments(std::string_view& text) {
  bool marked = false;
  while (!text.empty()) {
    if (IsSpace(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with("--") || text.starts_with("/*")) {
      marked = marked || text.starts_with(kConcurrentMark);
      text.remove_prefix(EndOfToken(text, 0));
    } else {
      break;
    }
  }
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return marked;
}

std::string NextWord(std::string_view& text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && !IsSpace(text[end]) && text[end] != '(') ++end;
  std::string word(text.substr(0, end));
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::vector<ScriptStatement> SplitScript(std::string_view script) {
  std::vector<ScriptStatement> statements;
  const auto add = [&](std::string_view text) {
    const bool concurrent = SkipComments(text);
    if (!text.empty()) statements.push_back({std::string(text), concurrent});
  };
  std::size_t start = 0;
  for (std::size_t at = 0; at < script.size();) {
    if (script[at] == ';') {
      add(script.substr(start, at - start));
      start = ++at;
    } else {
      at = EndOfToken(script, at);
    }
  }
  add(script.substr(start));
  return statements;
}

std::string ConcurrentIndexName(std::string_view statement) {
  if (!EqualIgnoringCase(NextWord(statement), "CREATE")) return "";
  std::string word = NextWord(statement);
  if (EqualIgnoringCase(word, "UNIQUE")) word = NextWord(statement);
  if (!EqualIgnoringCase(word, "INDEX")) return "";
  if (!EqualIgnoringCase(NextWord(statement), "CONCURRENTLY")) return "";
  word = NextWord(statement);
  if (EqualIgnoringCase(word, "IF")) {
    NextWord(statement);
    NextWord(statement);
    word = NextWord(statement);
  }
  return word;
}

}  // namespace pulse::store
