#pragma once

/// \file
/// What people of a simulated world write: summaries, sentences and documents about payments,
/// deploys and timeouts, so that a search for "payments time out after deploy" finds something.
///
/// A text is a function of its seed. Everything but the awkward pieces is printable ASCII without
/// quotes or backslashes, so it may be written into JSON as it is.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "pulse/simulate/world.h"

namespace pulse::simulate {

/// Appends one sentence with its full stop: `Payments time out after deploy.`
void AppendSentence(std::string& out, std::uint64_t seed);

/// The clause of a sentence, without a full stop; the head of summaries and titles.
void AppendClause(std::string& out, std::uint64_t seed);

/// The summary of an issue. One in thirty is awkward (see AwkwardOf): escape it for JSON.
std::string SummaryOf(const Issue& issue);
/// The summary of the issue at `index` without computing the whole issue.
std::string SummaryOf(IssueType type, std::uint64_t text_seed);

/// What real texts hold that breaks naive programs.
enum class Awkward : unsigned char {
  kNone,
  kEmoji,
  kNoBreakSpace,
  kLineSeparator,  ///< U+2028: breaks readers that split JSON lines on Unicode line ends.
  kZeroWidth,      ///< U+200B in front.
  kOuterSpaces,
  kCrLf,  ///< In descriptions only.
  kQuotes,
  kNul,  ///< U+0000: refused by PostgreSQL; one issue in 2,000.
};
Awkward AwkwardOf(std::uint64_t text_seed) noexcept;
/// The UTF-8 text that makes it awkward, unescaped.
std::string_view AwkwardText(Awkward awkward) noexcept;

/// What a paragraph holds besides sentences.
enum class Spice : unsigned char {
  kNone,
  kMention,
  kEmoji,
  kCode,
  kLink,
  kStrong,
  kLineBreak,
  kDate
};

struct Paragraph {
  int sentence_count = 1;
  std::array<std::uint64_t, 3> sentences{};
  Spice spice = Spice::kNone;
  std::uint64_t spice_seed = 0;  ///< Whom it mentions, what it links to.
};
Paragraph ParagraphOf(std::uint64_t seed) noexcept;

enum class BlockKind : unsigned char {
  kParagraph,
  kHeading,
  kBullets,
  kNumbers,
  kCode,
  kPanel,
  kTable,
  kQuote,
  kRule,
  kTasks
};

struct Block {
  BlockKind kind = BlockKind::kParagraph;
  std::uint64_t seed = 0;
};

/// A description or comment, before it takes a form (ADF, wiki text, markdown).
struct Document {
  int block_count = 0;  ///< 0: no text at all.
  std::array<Block, 8> blocks{};
};

Document DescriptionOf(const Issue& issue) noexcept;
Document CommentText(std::uint64_t text_seed) noexcept;

/// Rows of the fixed vocabulary, for code blocks, panels and links.
std::string_view CodeLine(std::uint64_t seed) noexcept;
std::string_view LinkTarget(std::uint64_t seed) noexcept;
std::string_view HeadingText(std::uint64_t seed) noexcept;

}  // namespace pulse::simulate
