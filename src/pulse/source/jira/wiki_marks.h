#pragma once

/// \file
/// The inline marks of Jira's wiki markup: `*bold*`, `_emphasis_`, `??cite??`, `-deleted-`,
/// `+inserted+`, `^sup^`, `~sub~`, and their form inside words, `{*}bold{*}`.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::source::jira::wiki {

/// A letter, a digit, or a part of one outside ASCII: a mark beside it stands inside a word.
/// `text[at]` may lie outside the text: no word.
bool IsWordAt(std::string_view text, std::size_t at);

/// Collects what may be marks while a line is copied, and takes out those that pair up. A mark that
/// finds no partner on its line is a character like any other. Not thread-safe.
class LineMarks {
 public:
  /// Size of the braced mark at `at`, 0 when there is none.
  static std::size_t BracedSizeAt(std::string_view text, std::size_t at);
  /// Size of the run to copy at `at`, which holds a mark's character; at least 1.
  static std::size_t SizeAt(std::string_view text, std::size_t at);

  /// The mark of `size` bytes at `text[at]` is about to be copied to `out_at`. A run such as `--`
  /// or a mark inside a word is not kept.
  void See(std::string_view text, std::size_t at, std::size_t size, std::size_t out_at);

  /// Takes the paired marks out of `out` and forgets all.
  void Resolve(std::string& out);

 private:
  struct Mark {
    std::size_t source_end = 0;
    std::size_t at = 0;  ///< In the copied text.
    std::size_t size = 0;
    std::size_t kind = 0;
    bool can_open = false;
    bool can_close = false;
    bool is_paired = false;
  };

  void TakeOutPaired(std::string& out) const;
  bool OpensAt(std::string_view text, std::size_t at, std::size_t size) const;

  std::vector<Mark> marks_;
};

}  // namespace pulse::source::jira::wiki
