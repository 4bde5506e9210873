#include "pulse/source/jira/wiki_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "pulse/source/jira/wiki_marks.h"
#include "pulse/source/jira/wiki_tokens.h"

namespace pulse::source::jira {
namespace {

using wiki::LineMarks;
using wiki::Tag;
using wiki::Trimmed;

/// What a backslash makes a plain character; in front of anything else it is one itself.
constexpr std::string_view kEscapable = "{}[]*_-+^~?!|#";

/// Closing braces at the end of monospaced words that belong to them: `{{${name}}}`.
constexpr int kMostOwnBraces = 4;

constexpr std::array<bool, 256> kMayBeMarkup = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("{[!|\\:*_-+^~?"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// The next occurrence of a needle. Asked with places that only grow, all searches together read
/// the text once: that is what keeps a megabyte of unclosed braces linear.
class Ahead {
 public:
  explicit constexpr Ahead(std::string_view needle) : needle_(needle) {}

  /// npos when there is none at or after `at`.
  std::size_t From(std::string_view text, std::size_t at) {
    if (!searched_ || found_ < at) found_ = text.find(needle_, at);
    searched_ = true;
    return found_;
  }

 private:
  std::string_view needle_;
  std::size_t found_ = 0;
  bool searched_ = false;
};

/// A macro with text between two tags, and how many of it are open.
struct Span {
  std::string_view name;
  Ahead closer;
  int open = 0;
};

/// Walks the text once. `at_` only grows; `end_` is where inline reading must stop: the end of the
/// line or of a link's label.
class Renderer {
 public:
  explicit Renderer(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string Render() && {
    while (at_ < text_.size()) ReadLine();
    while (!out_.empty() && out_.back() == '\n') out_.pop_back();
    return std::move(out_);
  }

 private:
  // --- Lines ---------------------------------------------------------------------------------

  void ReadLine() {
    FindLineEnd();
    const std::string_view line = Trimmed(Rest());
    // A cell goes on over lines until one ends with a bar; an empty line ends the table.
    in_row_ = wiki::IsTableRow(line) || (row_is_open_ && line.ends_with('|'));
    if (wiki::IsRule(line)) at_ = end_;
    SkipPrefix();
    ReadInline();
    row_is_open_ = (in_row_ || row_is_open_) && !line.empty() && !EndsWithBar();
    in_row_ = false;
    EndLine();
    at_ = std::min(line_end_ + 1, text_.size());
  }

  void FindLineEnd() {
    line_end_ = std::min(newline_.From(text_, at_), text_.size());
    end_ = line_end_ > at_ && line_end_ < text_.size() && text_[line_end_ - 1] == '\r'
               ? line_end_ - 1
               : line_end_;
  }

  bool EndsWithBar() const {
    std::size_t end = end_;
    while (end > 0 && wiki::IsBlank(text_[end - 1])) --end;
    return end > 0 && text_[end - 1] == '|';
  }

  std::string_view Rest() const { return text_.substr(at_, end_ - at_); }
  bool Next(std::string_view what) const { return Rest().starts_with(what); }
  void SkipBlanks() {
    while (at_ < end_ && wiki::IsBlank(text_[at_])) ++at_;
  }

  void SkipPrefix() {
    const std::size_t size = wiki::PrefixSize(Rest());
    // `| # | Name |` has a cell that is a number sign.
    if (in_row_ && at_ + size < end_ && text_[at_ + size] == '|') return;
    at_ += size;
  }

  void EndLine() {
    marks_.Resolve(out_);
    while (out_.size() > line_begin_ && wiki::IsBlank(out_.back())) out_.pop_back();
    if (out_.size() > line_begin_) out_ += '\n';
    line_begin_ = out_.size();
  }

  // --- Inline --------------------------------------------------------------------------------

  void ReadInline() {
    while (at_ < end_) {
      std::size_t plain = at_;
      while (plain < end_ && !kMayBeMarkup[static_cast<unsigned char>(text_[plain])]) ++plain;
      Keep(plain - at_);
      if (at_ < end_) ReadMarkup();
    }
  }

  void Keep(std::size_t size) {
    out_.append(text_, at_, size);
    at_ += size;
  }

  void ReadMarkup() {
    switch (text_[at_]) {
      case '\\':
        return ReadBackslash();
      case '{':
        return ReadBrace();
      case '[':
        return ReadBracket();
      case '!':
        return ReadImage();
      case '|':
        return ReadBar();
      case ':':
        return ReadAddress();
      default:
        return KeepMark(std::min(LineMarks::SizeAt(text_, at_), end_ - at_));
    }
  }

  void KeepMark(std::size_t size) {
    marks_.See(text_, at_, size, out_.size());
    Keep(size);
  }

  /// Two backslashes break the line, except in the paths that everyone pastes.
  void ReadBackslash() {
    const std::size_t run = std::min(LineMarks::SizeAt(text_, at_), end_ - at_);
    const char after = at_ + run < end_ ? text_[at_ + run] : ' ';
    if (run == 1 && kEscapable.find(after) != kEscapable.npos) {
      ++at_;
      return Keep(1);
    }
    const bool after_drive = at_ > 0 && text_[at_ - 1] == ':';
    if (run % 2 != 0 || after_drive || !(wiki::IsBlank(after) || after == '|')) return Keep(run);
    at_ += run;
    EndLine();
    SkipBlanks();
  }

  void ReadBar() {
    if (!in_row_ || in_label_) return Keep(1);
    EndLine();
    at_ += Next("||") ? 2 : 1;
    SkipBlanks();
    SkipPrefix();
  }

  /// An address is copied whole: what looks like a mark in it is none.
  void ReadAddress() {
    if (!Next("://") || at_ == 0 || !wiki::IsWordAt(text_, at_ - 1)) return Keep(1);
    std::string_view address = Rest();
    address = address.substr(0, address.find_first_of(" \t\r|{}[]\"<>\\"));
    const std::size_t last = address.find_last_not_of("*_-+^~?!.,;:'");
    Keep(std::max<std::size_t>(last == address.npos ? 0 : last + 1, 3));
  }

  void ReadImage() {
    const std::size_t closer = bang_.From(text_, at_ + 1);
    if (closer >= end_ || (at_ > 0 && wiki::IsWordAt(text_, at_ - 1))) return Keep(1);
    const auto words = wiki::ImageText(text_.substr(at_ + 1, closer - at_ - 1));
    if (!words || wiki::IsWordAt(text_, closer + 1)) return Keep(1);
    out_ += *words;
    at_ = closer + 1;
  }

  void ReadBracket() {
    const std::size_t closer = bracket_.From(text_, at_ + 1);
    if (in_label_ || closer >= end_) return Keep(1);
    const auto link = wiki::LinkOf(text_.substr(at_ + 1, closer - at_ - 1));
    if (!link) return Keep(1);
    if (link->is_label) {
      ReadLabel(link->words);
    } else {
      if (link->mentions && !out_.ends_with('@')) out_ += '@';
      out_ += link->words;
    }
    at_ = closer + 1;
  }

  void ReadLabel(std::string_view label) {
    const std::size_t line_end = end_;
    at_ = static_cast<std::size_t>(label.data() - text_.data());
    end_ = at_ + label.size();
    in_label_ = true;
    ReadInline();
    in_label_ = false;
    end_ = line_end;
  }

  // --- Braces --------------------------------------------------------------------------------

  void ReadBrace() {
    if (Next("{{")) return ReadMonospaced();
    if (const std::size_t size = LineMarks::BracedSizeAt(Rest(), 0)) return KeepMark(size);
    const auto tag = wiki::TagAt(Rest());
    if (!tag) return Keep(1);
    if (tag->name == "anchor") return ReadAnchor(*tag);
    if (tag->name == "code") return ReadVerbatim(*tag, code_);
    if (tag->name == "noformat") return ReadVerbatim(*tag, noformat_);
    for (Span& span : spans_) {
      if (span.name == tag->name) return ReadSpan(*tag, span);
    }
  }

  /// `{{words}}`, or `{{{}words{}}}` as Cloud writes it when braces are near.
  void ReadMonospaced() {
    const std::size_t begin = at_ + 2;
    std::size_t closer = braces_.From(text_, begin);
    if (closer >= end_ || closer + 2 > end_) return Keep(1);
    for (int own = 0; own < kMostOwnBraces && closer + 2 < end_; ++own, ++closer) {
      if (text_[closer + 2] != '}') break;
    }
    std::string_view words = text_.substr(begin, closer - begin);
    // `{{ name }}` is a template's.
    const bool is_tight =
        !words.empty() && !wiki::IsBlank(words.front()) && !wiki::IsBlank(words.back());
    const bool is_apart =
        (at_ == 0 || !wiki::IsWordAt(text_, at_ - 1)) && !wiki::IsWordAt(text_, closer + 2);
    if (!is_tight || !is_apart) return Keep(2);
    if (words.size() > 4 && words.starts_with("{}") && words.ends_with("{}")) {
      words = words.substr(2, words.size() - 4);
    }
    AppendUnescaped(words);
    at_ = closer + 2;
  }

  void AppendUnescaped(std::string_view words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool escapes = words[i] == '\\' && i + 1 < words.size() &&
                           kEscapable.find(words[i + 1]) != kEscapable.npos;
      out_ += escapes ? words[++i] : words[i];
    }
  }

  void ReadAnchor(const Tag& tag) {
    if (tag.parameters.empty()) return Keep(1);
    at_ += tag.size;
  }

  /// `{quote}`, `{panel}`, `{color}`: gone when they have a partner.
  void ReadSpan(const Tag& tag, Span& span) {
    const bool closes = span.open > 0 && tag.parameters.empty();
    const bool is_inline = span.name == "color";
    const bool opens = !closes && !(is_inline && tag.parameters.empty()) &&
                       span.closer.From(text_, at_ + tag.size) != text_.npos;
    if (!(closes || opens) || (in_label_ && !is_inline)) return Keep(1);
    span.open += closes ? -1 : 1;
    at_ += tag.size;
    if (!is_inline) BeginBlock(tag);
  }

  void BeginBlock(const Tag& tag) {
    EndLine();
    out_ += wiki::TitleOf(tag.parameters);
    EndLine();
    SkipBlanks();
    SkipPrefix();
  }

  /// `{code}` and `{noformat}`. One that is not closed is shown, and nothing after it is read as
  /// markup: the text was cut inside the code.
  void ReadVerbatim(const Tag& tag, Ahead& closing) {
    if (in_label_) return Keep(1);
    const std::size_t begin = at_ + tag.size;
    const std::size_t closer = closing.From(text_, begin);
    if (closer == text_.npos) {
      AppendLines(text_.substr(at_));
      end_ = line_end_ = at_ = text_.size();
      return;
    }
    EndLine();
    out_ += wiki::TitleOf(tag.parameters);
    EndLine();
    AppendLines(WithoutOuterLines(text_.substr(begin, closer - begin)));
    if (out_.size() > line_begin_) out_ += '\n';
    line_begin_ = out_.size();
    at_ = closer + tag.name.size() + 2;
    FindLineEnd();
    SkipBlanks();
  }

  static std::string_view WithoutOuterLines(std::string_view lines) {
    const std::size_t first = lines.find_first_not_of(" \t\r\n");
    if (first == lines.npos) return {};
    const std::size_t before = lines.substr(0, first).rfind('\n');
    const std::size_t begin = before == lines.npos ? 0 : before + 1;
    return lines.substr(begin, lines.find_last_not_of(" \t\r\n") + 1 - begin);
  }

  void AppendLines(std::string_view lines) {
    for (std::size_t end = 0; (end = lines.find("\r\n")) != lines.npos;) {
      out_.append(lines.substr(0, end)).append("\n");
      lines.remove_prefix(end + 2);
    }
    out_ += lines;
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t line_end_ = 0;
  std::size_t line_begin_ = 0;  ///< Of the line being written, in `out_`.
  bool in_row_ = false;
  bool row_is_open_ = false;
  bool in_label_ = false;
  LineMarks marks_;
  Ahead newline_{"\n"};
  Ahead bang_{"!"};
  Ahead bracket_{"]"};
  Ahead braces_{"}}"};
  Ahead code_{"{code}"};
  Ahead noformat_{"{noformat}"};
  std::array<Span, 3> spans_ = {
      Span{"color", Ahead("{color}")},
      Span{"panel", Ahead("{panel}")},
      Span{"quote", Ahead("{quote}")}
  };
};

}  // namespace

std::string WikiToText(std::string_view wiki) { return Renderer(wiki).Render(); }

}  // namespace pulse::source::jira
