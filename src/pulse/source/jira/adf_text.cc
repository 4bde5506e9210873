#include "pulse/source/jira/adf_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "pulse/base/time.h"

namespace pulse::source::jira {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

/// Inline nodes: they never break a line. Every other node is a block.
constexpr std::array<std::string_view, 10> kInlines = {
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "mediaInline",
    "inlineExtension",
    "placeholder",
};

/// `1732877091000`, in a text, is the day it falls on in UTC.
std::string DayOf(std::string_view milliseconds) {
  EpochMs instant = 0;
  const char* end = milliseconds.data() + milliseconds.size();
  const auto read = std::from_chars(milliseconds.data(), end, instant);
  if (read.ec != std::errc() || read.ptr != end) return std::string(milliseconds);
  return FormatInstant(instant).substr(0, 10);
}

class Renderer {
 public:
  void Render(Value node, int depth) {
    if (depth > kMaxDepth || out_.size() > kMaxBytes) return;
    const std::string_view type = node["type"].text().value_or("");
    const bool is_inline = std::find(kInlines.begin(), kInlines.end(), type) != kInlines.end();
    if (!is_inline) BreakLine();
    RenderOwnText(type, node);
    node["content"].ForEach([&](Value child) { Render(child, depth + 1); });
    if (!is_inline) BreakLine();
  }

  std::string Take() && {
    while (!out_.empty() && out_.back() == '\n') out_.pop_back();
    return std::move(out_);
  }

 private:
  void BreakLine() {
    if (!out_.empty() && out_.back() != '\n') out_ += '\n';
  }

  void Append(Value text) {
    if (const auto words = text.text()) out_ += *words;
  }

  void AppendFirst(Value attributes, std::string_view first, std::string_view second) {
    Append(attributes[first].text().value_or("").empty() ? attributes[second] : attributes[first]);
  }

  void RenderOwnText(std::string_view type, Value node) {
    const Value attributes = node["attrs"];
    if (type == "hardBreak") {
      out_ += '\n';
    } else if (type == "date") {
      out_ += DayOf(attributes["timestamp"].id());
    } else if (type == "mention") {
      AppendFirst(attributes, "text", "id");
    } else if (type == "emoji") {
      AppendFirst(attributes, "text", "shortName");
    } else if (type == "expand" || type == "nestedExpand") {
      Append(attributes["title"]);
      BreakLine();
    } else if (type == "media" || type == "mediaInline") {
      Append(attributes["alt"]);
    } else if (type.ends_with("Card")) {
      Append(attributes["url"]);
    } else if (node["text"].is_text()) {
      Append(node["text"]);
    } else {
      Append(attributes["text"]);  // status, placeholder, extension
    }
  }

  std::string out_;
};

}  // namespace

std::string AdfToText(Value document) {
  Renderer renderer;
  renderer.Render(document, 0);
  return std::move(renderer).Take();
}

}  // namespace pulse::source::jira
