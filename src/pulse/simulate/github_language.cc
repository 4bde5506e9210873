#include "pulse/simulate/github_language.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace pulse::simulate::github {
namespace {

constexpr int kMaxDepth = 64;  // A query nests about 10 levels; this bounds our own recursion.

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameChar(char c) { return IsNameStart(c) || IsDigit(c); }

struct Token {
  enum class Kind : unsigned char { kEnd, kPunctuator, kName, kInt, kFloat, kString, kBad };
  Kind kind = Kind::kEnd;
  std::string text;
  Location at;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token Next() {
    SkipIgnored();
    Token token;
    token.at = at_;
    if (text_.empty()) return token;
    const char c = text_.front();
    if (IsNameStart(c)) return Take(std::move(token), Token::Kind::kName, NameLength());
    if (IsDigit(c) || c == '-') return Number(std::move(token));
    if (c == '"') return String(std::move(token));
    if (text_.starts_with("...")) return Take(std::move(token), Token::Kind::kPunctuator, 3);
    const bool known = std::string_view("!$&()[]{}:=@|").find(c) != std::string_view::npos;
    return Take(std::move(token), known ? Token::Kind::kPunctuator : Token::Kind::kBad, 1);
  }

 private:
  void Advance(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] == '\n') {
        ++at_.line;
        at_.column = 1;
      } else {
        ++at_.column;
      }
    }
    text_.remove_prefix(count);
  }

  void SkipIgnored() {
    while (!text_.empty()) {
      if (text_.starts_with("\xEF\xBB\xBF")) {
        Advance(3);
      } else if (std::string_view(" \t\r\n,").find(text_.front()) != std::string_view::npos) {
        Advance(1);
      } else if (text_.front() == '#') {
        Advance(std::min(text_.find('\n'), text_.size()));
      } else {
        return;
      }
    }
  }

  Token Take(Token token, Token::Kind kind, std::size_t length) {
    token.kind = kind;
    token.text.assign(text_.substr(0, length));
    Advance(length);
    return token;
  }

  std::size_t NameLength() const {
    std::size_t n = 0;
    while (n < text_.size() && IsNameChar(text_[n])) ++n;
    return n;
  }

  Token Number(Token token) {
    std::size_t n = 1;
    bool real = false;
    while (n < text_.size() && (IsDigit(text_[n]) || std::string_view(".eE+-").find(text_[n]) !=
                                                         std::string_view::npos)) {
      real = real || !IsDigit(text_[n]);
      ++n;
    }
    return Take(std::move(token), real ? Token::Kind::kFloat : Token::Kind::kInt, n);
  }

  Token String(Token token) {
    if (text_.starts_with("\"\"\"")) return BlockString(std::move(token));
    token.kind = Token::Kind::kString;
    std::size_t n = 1;
    for (; n < text_.size() && text_[n] != '"' && text_[n] != '\n'; ++n) {
      if (text_[n] != '\\' || n + 1 >= text_.size()) {
        token.text += text_[n];
        continue;
      }
      n += Escape(n + 1, token.text);
    }
    if (n >= text_.size() || text_[n] != '"') token.kind = Token::Kind::kBad;
    Advance(std::min(n + 1, text_.size()));
    return token;
  }

  Token BlockString(Token token) {
    const std::size_t end = text_.find("\"\"\"", 3);
    if (end == std::string_view::npos)
      return Take(std::move(token), Token::Kind::kBad, text_.size());
    token.kind = Token::Kind::kString;
    token.text.assign(text_.substr(3, end - 3));
    Advance(end + 3);
    return token;
  }

  /// Appends the character escaped at `at` (behind the backslash); returns the bytes it took.
  std::size_t Escape(std::size_t at, std::string& out) const {
    constexpr std::array<std::pair<char, char>, 8> kEscapes = {
        {{'"', '"'},
         {'\\', '\\'},
         {'/', '/'},
         {'b', '\b'},
         {'f', '\f'},
         {'n', '\n'},
         {'r', '\r'},
         {'t', '\t'}}
    };
    for (const auto& [letter, meaning] : kEscapes) {
      if (text_[at] == letter) {
        out += meaning;
        return 1;
      }
    }
    if (text_[at] != 'u' || at + 5 > text_.size()) return 1;
    unsigned code = 0;
    for (std::size_t i = at + 1; i < at + 5; ++i) {
      const char c = text_[i];
      const unsigned digit = IsDigit(c) ? static_cast<unsigned>(c - '0')
                                        : static_cast<unsigned>((c | 0x20) - 'a') + 10;
      code = code * 16 + (digit & 15);
    }
    AppendUtf8(code, out);
    return 5;
  }

  static void AppendUtf8(unsigned code, std::string& out) {
    const auto put = [&out](unsigned byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6));
      put(0x80 | (code & 0x3F));
    } else {
      put(0xE0 | (code >> 12));
      put(0x80 | ((code >> 6) & 0x3F));
      put(0x80 | (code & 0x3F));
    }
  }

  std::string_view text_;
  Location at_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { token_ = lexer_.Next(); }

  Result<Document> Parse() {
    Document document;
    while (token_.kind != Token::Kind::kEnd) {
      if (Is("fragment")) {
        PULSE_TRY(auto fragment, ParseFragment());
        document.fragments.push_back(std::move(fragment));
      } else {
        PULSE_TRY(auto operation, ParseOperation());
        document.operations.push_back(std::move(operation));
      }
    }
    if (document.operations.empty()) return Unexpected("a query");
    return document;
  }

 private:
  bool Is(std::string_view text) const {
    return token_.text == text &&
           (token_.kind == Token::Kind::kPunctuator || token_.kind == Token::Kind::kName);
  }
  bool Skip(std::string_view text) {
    if (!Is(text)) return false;
    token_ = lexer_.Next();
    return true;
  }
  Error Unexpected(std::string_view wanted) const {
    const bool end = token_.kind == Token::Kind::kEnd;
    return Error(
        ErrorKind::kInvalid,
        fmt::format(
            "Parse error on {} at [{}, {}]: expected {}",
            end ? std::string("the end of the query") : fmt::format("\"{}\"", token_.text),
            token_.at.line,
            token_.at.column,
            wanted
        )
    );
  }
  Result<> Expect(std::string_view text) {
    if (!Skip(text)) return Unexpected(fmt::format("\"{}\"", text));
    return {};
  }
  Result<std::string> Name() {
    if (token_.kind != Token::Kind::kName) return Unexpected("a name");
    return Take();
  }
  std::string Take() {
    std::string text = std::move(token_.text);
    token_ = lexer_.Next();
    return text;
  }

  Result<Operation> ParseOperation() {
    Operation operation;
    operation.at = token_.at;
    if (!Is("{")) {
      if (!Is("query") && !Is("mutation") && !Is("subscription")) return Unexpected("a query");
      operation.kind = Take();
      if (token_.kind == Token::Kind::kName) operation.name = Take();
      if (Skip("(")) {
        while (!Skip(")")) {
          PULSE_TRY(auto variable, ParseVariable());
          operation.variables.push_back(std::move(variable));
        }
      }
      PULSE_TRY(auto ignored, ParseDirectives());
      (void)ignored;
    }
    PULSE_TRY(operation.selections, ParseSelections(1));
    return operation;
  }

  Result<VariableDefinition> ParseVariable() {
    VariableDefinition variable;
    variable.at = token_.at;
    PULSE_CHECK(Expect("$"));
    PULSE_TRY(variable.name, Name());
    PULSE_CHECK(Expect(":"));
    PULSE_TRY(variable.type, ParseType(1));
    if (Skip("=")) {
      PULSE_TRY(variable.initial, ParseValue(1));
    }
    return variable;
  }

  Result<std::string> ParseType(int depth) {
    if (depth > kMaxDepth) return Unexpected("a flatter type");
    std::string type;
    if (Skip("[")) {
      PULSE_TRY(const std::string inner, ParseType(depth + 1));
      PULSE_CHECK(Expect("]"));
      type = "[" + inner + "]";
    } else {
      PULSE_TRY(type, Name());
    }
    if (Skip("!")) type += '!';
    return type;
  }

  Result<Fragment> ParseFragment() {
    Fragment fragment;
    fragment.at = token_.at;
    Skip("fragment");
    PULSE_TRY(fragment.name, Name());
    PULSE_CHECK(Expect("on"));
    PULSE_TRY(fragment.on, Name());
    PULSE_TRY(fragment.selections, ParseSelections(1));
    return fragment;
  }

  Result<std::vector<Selection>> ParseSelections(int depth) {
    if (depth > kMaxDepth) return Unexpected("a query of at most 64 levels");
    PULSE_CHECK(Expect("{"));
    std::vector<Selection> selections;
    do {
      PULSE_TRY(auto selection, ParseSelection(depth));
      selections.push_back(std::move(selection));
    } while (!Skip("}"));
    return selections;
  }

  Result<Selection> ParseSelection(int depth) {
    Selection selection;
    selection.at = token_.at;
    if (Skip("...")) return ParseFragmentUse(std::move(selection), depth);
    PULSE_TRY(selection.name, Name());
    if (Skip(":")) {
      selection.alias = std::move(selection.name);
      PULSE_TRY(selection.name, Name());
    }
    PULSE_TRY(selection.arguments, ParseArguments());
    PULSE_TRY(selection.directives, ParseDirectives());
    if (Is("{")) {
      PULSE_TRY(selection.selections, ParseSelections(depth + 1));
    }
    return selection;
  }

  Result<Selection> ParseFragmentUse(Selection selection, int depth) {
    if (token_.kind == Token::Kind::kName && !Is("on")) {
      selection.kind = Selection::Kind::kSpread;
      selection.name = Take();
      PULSE_TRY(selection.directives, ParseDirectives());
      return selection;
    }
    selection.kind = Selection::Kind::kInline;
    if (Skip("on")) {
      PULSE_TRY(selection.on, Name());
    }
    PULSE_TRY(selection.directives, ParseDirectives());
    PULSE_TRY(selection.selections, ParseSelections(depth + 1));
    return selection;
  }

  Result<std::vector<Argument>> ParseArguments() {
    std::vector<Argument> arguments;
    if (!Skip("(")) return arguments;
    while (!Skip(")")) {
      PULSE_TRY(auto argument, ParseArgument(1));
      arguments.push_back(std::move(argument));
    }
    return arguments;
  }

  Result<Argument> ParseArgument(int depth) {
    Argument argument;
    argument.at = token_.at;
    PULSE_TRY(argument.name, Name());
    PULSE_CHECK(Expect(":"));
    PULSE_TRY(argument.value, ParseValue(depth));
    return argument;
  }

  Result<std::vector<Directive>> ParseDirectives() {
    std::vector<Directive> directives;
    while (Is("@")) {
      Directive directive;
      directive.at = token_.at;
      Skip("@");
      PULSE_TRY(directive.name, Name());
      PULSE_TRY(directive.arguments, ParseArguments());
      directives.push_back(std::move(directive));
    }
    return directives;
  }

  Result<Value> ParseValue(int depth) {
    if (depth > kMaxDepth) return Unexpected("a value of at most 64 levels");
    Value value;
    if (Skip("$")) {
      value.kind = Value::Kind::kVariable;
      PULSE_TRY(value.text, Name());
      return value;
    }
    if (Skip("[")) {
      value.kind = Value::Kind::kList;
      while (!Skip("]")) {
        PULSE_TRY(auto item, ParseValue(depth + 1));
        value.items.push_back(std::move(item));
      }
      return value;
    }
    if (Skip("{")) {
      value.kind = Value::Kind::kObject;
      while (!Skip("}")) {
        PULSE_TRY(auto field, ParseArgument(depth + 1));
        value.fields.push_back(std::move(field));
      }
      return value;
    }
    switch (token_.kind) {
      case Token::Kind::kInt:
        value.kind = Value::Kind::kInt;
        break;
      case Token::Kind::kFloat:
        value.kind = Value::Kind::kFloat;
        break;
      case Token::Kind::kString:
        value.kind = Value::Kind::kString;
        break;
      case Token::Kind::kName:
        value.kind = Is("null")                  ? Value::Kind::kNull
                     : Is("true") || Is("false") ? Value::Kind::kBoolean
                                                 : Value::Kind::kEnum;
        break;
      default:
        return Unexpected("a value");
    }
    value.text = Take();
    return value;
  }

  Lexer lexer_;
  Token token_;
};

}  // namespace

const Value* FindArgument(const std::vector<Argument>& arguments, std::string_view name) noexcept {
  for (const Argument& argument : arguments) {
    if (argument.name == name) return &argument.value;
  }
  return nullptr;
}

const Value* Value::Field(std::string_view name) const noexcept {
  return FindArgument(fields, name);
}

const Fragment* Document::FindFragment(std::string_view name) const noexcept {
  for (const Fragment& fragment : fragments) {
    if (fragment.name == name) return &fragment;
  }
  return nullptr;
}

Result<Document> ParseDocument(std::string_view text) { return Parser(text).Parse(); }

}  // namespace pulse::simulate::github
