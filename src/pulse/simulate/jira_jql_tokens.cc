#include "pulse/simulate/jira_jql_tokens.h"

#include <algorithm>
#include <cctype>

namespace pulse::simulate {
namespace {

/// The quoted text that starts at `at`; moves `at` behind it.
Result<JqlToken> TakeText(std::string_view text, std::size_t& at) {
  JqlToken token{JqlToken::Kind::kText, "", at + 1};
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != quote; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    token.text += text[at];
  }
  if (at++ < text.size()) return token;
  return Error(
      ErrorKind::kInvalid,
      "Error in the JQL Query: The quoted string '" + token.text +
          "' has not been completed. (line 1, character " + std::to_string(token.at) + ")"
  );
}

std::size_t SymbolLength(std::string_view text) {
  constexpr std::string_view kAlone = "(),=";
  if (kAlone.find(text[0]) != std::string_view::npos || text.size() < 2) return 1;
  return text[1] == '=' || text[1] == '~' ? 2 : 1;
}

}  // namespace

Result<std::vector<JqlToken>> TokenizeJql(std::string_view text) {
  constexpr std::string_view kSymbols = "(),=!<>~";
  constexpr std::string_view kWordEnds = " \t\r\n()=!<>,~\"'";
  std::vector<JqlToken> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
    } else if (c == '"' || c == '\'') {
      PULSE_TRY(JqlToken token, TakeText(text, at));
      tokens.push_back(std::move(token));
    } else {
      const bool symbol = kSymbols.find(c) != std::string_view::npos;
      const std::size_t end = symbol ? at + SymbolLength(text.substr(at))
                                     : std::min(text.size(), text.find_first_of(kWordEnds, at));
      const auto kind = symbol ? JqlToken::Kind::kSymbol : JqlToken::Kind::kWord;
      tokens.push_back({kind, std::string(text.substr(at, end - at)), at + 1});
      at = end;
    }
  }
  tokens.push_back({JqlToken::Kind::kEnd, "", text.size() + 1});
  return tokens;
}

}  // namespace pulse::simulate
