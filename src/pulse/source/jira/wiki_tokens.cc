#include "pulse/source/jira/wiki_tokens.h"

#include <algorithm>
#include <array>

namespace pulse::source::jira::wiki {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::array<std::string_view, 6> kMacros = {
    "anchor", "code", "color", "noformat", "panel", "quote"
};
constexpr std::array<std::string_view, 17> kPictures = {
    "avi",
    "bmp",
    "gif",
    "heic",
    "ico",
    "jpeg",
    "jpg",
    "mkv",
    "mov",
    "mp4",
    "pdf",
    "png",
    "svg",
    "tif",
    "tiff",
    "webm",
    "webp"
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }
bool IsAlphanumeric(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

bool HasBlank(std::string_view text) { return text.find_first_of(kBlanks) != text.npos; }

/// `https://…`, `mailto:…`
bool IsAddress(std::string_view text) {
  if (text.starts_with("mailto:")) return text.size() > 7;
  const std::size_t scheme = text.find("://");
  return scheme != text.npos && scheme > 0 && scheme + 3 < text.size() &&
         std::ranges::all_of(text.substr(0, scheme), [](char c) {
           return IsAlphanumeric(c) || c == '+' || c == '-' || c == '.';
         });
}

/// `dump.txt` and not `a-z.` or `\s.]`, which regular expressions hold.
bool IsFileName(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == text.npos || dot == 0) return false;
  const std::string_view extension = text.substr(dot + 1);
  return !extension.empty() && extension.size() <= 8 &&
         std::ranges::all_of(extension, IsAlphanumeric) && text.find_first_of("\\/|") == text.npos;
}

bool IsUser(std::string_view text) {
  return !text.empty() && !HasBlank(text) && text.find('|') == text.npos;
}

/// What may follow the bar of a link. A word or an issue's key may too, but so do the
/// alternatives of `[true|false]`.
bool IsTarget(std::string_view text) {
  if (IsAddress(text) || text.starts_with("www.")) return true;
  if (text.size() < 2) return false;
  const std::string_view rest = text.substr(1);
  switch (text[0]) {
    case '#':
      return IsAlphanumeric(rest[0]) && !HasBlank(rest);
    case '~':
      return IsUser(rest);
    case '^':
      return IsFileName(rest);
    default:
      return false;
  }
}

/// `text|address`, `text|address|options`. The text may hold bars: an image has its own.
std::optional<Link> LabelledLink(std::string_view inside) {
  for (std::size_t bar = inside.find('|'); bar != inside.npos;) {
    const std::size_t next = inside.find('|', bar + 1);
    const std::string_view target = Trimmed(inside.substr(bar + 1, next - bar - 1));
    if (IsTarget(target)) {
      const std::string_view label = Trimmed(inside.substr(0, bar));
      const bool is_smart = next != inside.npos && inside.substr(next).starts_with("|smart-");
      if (label.empty() || is_smart) return Link{.words = target};
      return Link{.words = label, .is_label = true};
    }
    bar = next;
  }
  return std::nullopt;
}

bool IsPicture(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return false;
  const std::string_view extension = name.substr(dot + 1);
  return std::ranges::any_of(kPictures, [&](std::string_view known) {
    return std::ranges::equal(known, extension, {}, {}, Lower);
  });
}

/// The value of `key` (with its `=`) among `a=1<separator>b=2`.
std::string_view ParameterOf(std::string_view parameters, std::string_view key, char separator) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(separator), parameters.size());
    const std::string_view one = Trimmed(parameters.substr(0, end));
    if (one.starts_with(key)) return Trimmed(one.substr(key.size()));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return {};
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = SkipBlanks(text, 0);
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::size_t PrefixSize(std::string_view line) {
  const std::size_t begin = SkipBlanks(line, 0);
  const std::string_view rest = line.substr(begin);
  std::size_t size = 0;
  if (rest.size() > 3 && rest[2] == '.' &&
      (rest.starts_with("bq") || (rest[0] == 'h' && rest[1] >= '1' && rest[1] <= '6'))) {
    size = 3;
  } else {
    size = std::min(rest.find_first_not_of("*#-"), rest.size());
    // `--` and longer are dashes, an option or a signature; so is a run without a blank behind it.
    if (rest.starts_with("--")) size = 0;
  }
  if (size == 0 || size == rest.size() || !IsBlank(rest[size])) return 0;
  return SkipBlanks(line, begin + size);
}

bool IsRule(std::string_view line) {
  const std::string_view dashes = Trimmed(line);
  return (dashes.size() == 4 || dashes.size() == 5) && dashes.find_first_not_of('-') == dashes.npos;
}

bool IsTableRow(std::string_view line) {
  const std::size_t begin = SkipBlanks(line, 0);
  if (begin == line.size() || line[begin] != '|') return false;
  return line.find('|', std::min(line.find_first_not_of('|', begin), line.size())) != line.npos;
}

std::optional<Tag> TagAt(std::string_view text) {
  for (const std::string_view name : kMacros) {
    if (!text.substr(1).starts_with(name) || text.size() < name.size() + 2) continue;
    const char after = text[1 + name.size()];
    if (after == '}') return Tag{name, {}, name.size() + 2};
    if (after != ':') continue;
    const std::string_view parameters = text.substr(name.size() + 2);
    const std::size_t end = parameters.find_first_of("{}");
    if (end == parameters.npos || parameters[end] == '{') return std::nullopt;
    return Tag{name, parameters.substr(0, end), name.size() + 3 + end};
  }
  return std::nullopt;
}

std::string_view TitleOf(std::string_view parameters) {
  return ParameterOf(parameters, "title=", '|');
}

std::optional<Link> LinkOf(std::string_view inside) {
  if (inside.empty() || inside.find('[') != inside.npos) return std::nullopt;
  const std::string_view rest = inside.substr(1);
  if (inside[0] == '~' && IsUser(rest)) {
    constexpr std::string_view kAccount = "accountid:";
    return Link{
        .words = rest.starts_with(kAccount) ? rest.substr(kAccount.size()) : rest, .mentions = true
    };
  }
  if (inside[0] == '^' && IsFileName(rest)) return Link{.words = rest};
  if (inside.find('|') != inside.npos) return LabelledLink(inside);
  if (IsAddress(inside)) return Link{.words = inside};
  return std::nullopt;
}

std::optional<std::string_view> ImageText(std::string_view inside) {
  const std::size_t bar = std::min(inside.find('|'), inside.size());
  const std::string_view name = inside.substr(0, bar);
  // `a != b.png!` is no image.
  if (name.empty() || name[0] == '=' || IsBlank(name[0]) || IsBlank(name.back())) {
    return std::nullopt;
  }
  if (!IsAddress(name) && !IsPicture(name)) return std::nullopt;
  std::string_view alternative;
  if (bar < inside.size()) alternative = ParameterOf(inside.substr(bar + 1), "alt=", ',');
  if (alternative.size() > 1 && alternative.front() == '"' && alternative.back() == '"') {
    alternative = alternative.substr(1, alternative.size() - 2);
  }
  return alternative.empty() ? name : alternative;
}

}  // namespace pulse::source::jira::wiki
