#pragma once

/// \file
/// The pieces of Jira's wiki markup, each recognised by itself: what wiki_text.cc composes.
///
/// Every function looks at its argument once and keeps nothing; views returned point into it.

#include <cstddef>
#include <optional>
#include <string_view>

namespace pulse::source::jira::wiki {

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }
std::string_view Trimmed(std::string_view text);

/// Bytes a line opens with that its reader does not see: `h1. `, `bq. `, `** `, with the blanks
/// around them. 0 when it opens with none.
std::size_t PrefixSize(std::string_view line);

/// `----` by itself.
bool IsRule(std::string_view line);

/// `| a |` or `|| a ||`: opens with a bar and has another.
bool IsTableRow(std::string_view line);

/// `{name}` or `{name:parameters}` of a macro that every Jira has.
struct Tag {
  std::string_view name;
  std::string_view parameters;
  std::size_t size = 0;  ///< With its braces.
};
/// The tag at the start of `text`, which begins with a brace and ends with the line.
std::optional<Tag> TagAt(std::string_view text);
/// The value of `title=`; empty when there is none.
std::string_view TitleOf(std::string_view parameters);

/// What to show of a link: `words`, after an @ when it mentions a person.
struct Link {
  std::string_view words;
  bool mentions = false;
  bool is_label = false;  ///< The words are wiki text themselves.
};
/// Of what stands between square brackets; nothing when it is no link.
std::optional<Link> LinkOf(std::string_view inside);

/// What to show of an image, of what stands between its exclamation marks; nothing when that is no
/// address and no name of an image or film.
std::optional<std::string_view> ImageText(std::string_view inside);

}  // namespace pulse::source::jira::wiki
