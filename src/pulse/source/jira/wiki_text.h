#pragma once

/// \file
/// Jira's wiki markup to plain text, for the rich texts of Data Center and of REST v2.

#include <string>
#include <string_view>

namespace pulse::source::jira {

/// The words of a wiki text in reading order, laid out as AdfToText lays out the equal document:
/// one line per block, item and table cell, no blank lines, nothing for marks and layout. What
/// `{code}` and `{noformat}` hold is copied. Line ends become `\n`, blanks at the end of a line go.
///
/// A link reads as its text (as its address when it has none or is a smart link), a mention as
/// `@user`, an image as its alternative text or file name, a panel or code block as its title and
/// what is in it. Everything that is not surely markup stays as written, so a mark may be left to
/// see, but no word is lost: unknown macros, `[ERROR]`, `snake_case`, `*.cc`, unclosed tags, `(!)`,
/// `&gt;`.
///
/// Any bytes are taken; those outside ASCII and NUL pass through. Time is linear in the text, and
/// the answer is never longer than the text.
std::string WikiToText(std::string_view wiki);

}  // namespace pulse::source::jira
