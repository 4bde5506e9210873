#include "pulse/simulate/jira_documents.h"

#include "pulse/model/json_text.h"
#include "pulse/simulate/append.h"

namespace pulse::simulate {
namespace {

// Sentences and the vocabulary are plain ASCII without quotes (world_text.h), so they go between
// quotes as they are; names and awkward texts are escaped.

constexpr std::string_view kDateMs = "1759276800000";

const Mentionable& PersonOf(const std::vector<Mentionable>& people, std::uint64_t seed) {
  return people[seed % people.size()];
}

/// The inside of a JSON string: escaped, without its quotes.
void AppendEscapedText(std::string& out, std::string_view text) {
  const std::size_t quote = out.size();
  model::AppendJsonString(out, text);
  out.erase(quote, 1);
  out.pop_back();
}

int ItemCount(std::uint64_t seed) { return 2 + static_cast<int>(seed % 3); }
std::uint64_t ItemSeed(std::uint64_t seed, int item) {
  return Mix(seed + static_cast<std::uint64_t>(item));
}

class AdfWriter {
 public:
  AdfWriter(std::string& out, const std::vector<Mentionable>& people)
      : out_(out), people_(people) {}

  void Write(const Document& document, Awkward awkward) {
    out_ += R"({"type":"doc","version":1,"content":[)";
    for (int i = 0; i < document.block_count; ++i) {
      if (i > 0) out_ += ',';
      WriteBlock(document.blocks[static_cast<std::size_t>(i)], i == 0 ? awkward : Awkward::kNone);
    }
    out_ += "]}";
  }

 private:
  void WriteBlock(const Block& block, Awkward awkward) {
    switch (block.kind) {
      case BlockKind::kParagraph:
        return WriteParagraph(block.seed, awkward);
      case BlockKind::kHeading:
        Append(
            out_, R"({"type":"heading","attrs":{"level":)", 1 + static_cast<int>(block.seed % 3)
        );
        Append(out_, R"(},"content":[{"type":"text","text":")", HeadingText(block.seed), R"("}]})");
        return;
      case BlockKind::kBullets:
        return WriteList("bulletList", "", block.seed);
      case BlockKind::kNumbers:
        return WriteList("orderedList", R"("attrs":{"order":1},)", block.seed);
      case BlockKind::kCode:
        out_ +=
            R"({"type":"codeBlock","attrs":{"language":"bash"},"content":[{"type":"text","text":")";
        Append(out_, CodeLine(block.seed), "\\n", CodeLine(block.seed >> 8), R"("}]})");
        return;
      case BlockKind::kPanel:
        return Wrap(R"({"type":"panel","attrs":{"panelType":"warning"})", block.seed);
      case BlockKind::kQuote:
        return Wrap(R"({"type":"blockquote")", block.seed);
      case BlockKind::kTable:
        return WriteTable(block.seed);
      case BlockKind::kRule:
        out_ += R"({"type":"rule"})";
        return;
      case BlockKind::kTasks:
        return WriteTasks(block.seed);
    }
  }

  void WriteText(std::uint64_t seed, std::string_view after = "") {
    out_ += R"({"type":"text","text":")";
    AppendSentence(out_, seed);
    Append(out_, after, "\"}");
  }

  void WriteParagraph(std::uint64_t seed, Awkward awkward) {
    const Paragraph paragraph = ParagraphOf(seed);
    out_ += R"({"type":"paragraph","content":[)";
    for (int i = 0; i < paragraph.sentence_count; ++i) {
      if (i > 0) out_ += ',';
      WriteText(paragraph.sentences[static_cast<std::size_t>(i)], " ");
    }
    if (awkward != Awkward::kNone) {
      out_ += R"(,{"type":"text","text":"seen)";
      AppendEscapedText(out_, AwkwardText(awkward));
      out_ += "today\"}";
    }
    WriteSpice(paragraph);
    out_ += "]}";
  }

  void WriteSpice(const Paragraph& paragraph) {
    const std::uint64_t seed = paragraph.spice_seed;
    switch (paragraph.spice) {
      case Spice::kNone:
        return;
      case Spice::kMention: {
        const Mentionable& person = PersonOf(people_, seed);
        Append(out_, R"(,{"type":"mention","attrs":{"id":")", person.account_id, R"(","text":"@)");
        AppendEscapedText(out_, person.display_name);
        out_ += R"(","accessLevel":""}})";
        return;
      }
      case Spice::kEmoji:
        out_ += R"(,{"type":"emoji","attrs":{"shortName":":rocket:","id":"1f680","text":"🚀"}})";
        return;
      case Spice::kCode:
        Append(out_, R"(,{"type":"text","text":")", CodeLine(seed));
        out_ += R"(","marks":[{"type":"code"}]})";
        return;
      case Spice::kLink:
        out_ += R"(,{"type":"text","text":"details","marks":[{"type":"link","attrs":{"href":")";
        Append(out_, LinkTarget(seed), R"("}}]},{"type":"inlineCard","attrs":{"url":")");
        Append(out_, LinkTarget(seed >> 8), R"("}})");
        return;
      case Spice::kStrong:
        out_ += R"(,{"type":"text","text":"Do not deploy on Friday.","marks":[{"type":"strong"}]})";
        return;
      case Spice::kLineBreak:
        out_ += R"(,{"type":"hardBreak"},)";
        WriteText(seed);
        return;
      case Spice::kDate:
        Append(out_, R"(,{"type":"date","attrs":{"timestamp":")", kDateMs, R"("}})");
        return;
    }
  }

  void WriteSimpleParagraph(std::uint64_t seed) {
    out_ += R"({"type":"paragraph","content":[)";
    WriteText(seed);
    out_ += "]}";
  }

  void Wrap(std::string_view open, std::uint64_t seed) {
    Append(out_, open, R"(,"content":[)");
    WriteSimpleParagraph(seed);
    out_ += "]}";
  }

  void WriteList(std::string_view type, std::string_view attributes, std::uint64_t seed) {
    Append(out_, R"({"type":")", type, "\",", attributes, R"("content":[)");
    for (int i = 0; i < ItemCount(seed); ++i) {
      if (i > 0) out_ += ',';
      Wrap(R"({"type":"listItem")", ItemSeed(seed, i));
    }
    out_ += "]}";
  }

  void WriteTasks(std::uint64_t seed) {
    out_ += R"({"type":"taskList","attrs":{"localId":"list"},"content":[)";
    for (int i = 0; i < ItemCount(seed); ++i) {
      if (i > 0) out_ += ',';
      Append(out_, R"({"type":"taskItem","attrs":{"localId":"item-)", i, R"(","state":")");
      Append(out_, i % 2 == 0 ? "DONE" : "TODO", R"("},"content":[)");
      WriteText(ItemSeed(seed, i));
      out_ += "]}";
    }
    out_ += "]}";
  }

  void WriteTable(std::uint64_t seed) {
    out_ += R"({"type":"table","attrs":{"layout":"default"},"content":[)";
    for (int row = 0; row < 3; ++row) {
      if (row > 0) out_ += ',';
      out_ += R"({"type":"tableRow","content":[)";
      for (int cell = 0; cell < 2; ++cell) {
        if (cell > 0) out_ += ',';
        Wrap(
            row == 0 ? R"({"type":"tableHeader","attrs":{})" : R"({"type":"tableCell","attrs":{})",
            ItemSeed(seed, row * 2 + cell)
        );
      }
      out_ += "]}";
    }
    out_ += "]}";
  }

  std::string& out_;
  const std::vector<Mentionable>& people_;
};

/// Writes the inside of a JSON string: line ends are the four bytes \r\n.
class WikiWriter {
 public:
  WikiWriter(std::string& out, const std::vector<Mentionable>& people)
      : out_(out), people_(people) {}

  void Write(const Document& document, Awkward awkward) {
    for (int i = 0; i < document.block_count; ++i) {
      if (i > 0) Append(out_, kLine, kLine);
      WriteBlock(document.blocks[static_cast<std::size_t>(i)], i == 0 ? awkward : Awkward::kNone);
    }
  }

 private:
  static constexpr std::string_view kLine = "\\r\\n";

  void WriteBlock(const Block& block, Awkward awkward) {
    switch (block.kind) {
      case BlockKind::kParagraph:
        return WriteParagraph(block.seed, awkward);
      case BlockKind::kHeading:
        Append(out_, "h", 1 + static_cast<int>(block.seed % 3), ". ", HeadingText(block.seed));
        return;
      case BlockKind::kBullets:
        return WriteList("* ", block.seed);
      case BlockKind::kNumbers:
        return WriteList("# ", block.seed);
      case BlockKind::kTasks:
        return WriteList("- ", block.seed);
      case BlockKind::kCode:
        Append(out_, "{code:bash}", kLine, CodeLine(block.seed), kLine, CodeLine(block.seed >> 8));
        Append(out_, kLine, "{code}");
        return;
      case BlockKind::kPanel:
        return Wrap("{panel:title=Warning}", block.seed, "{panel}");
      case BlockKind::kQuote:
        return Wrap("{quote}", block.seed, "{quote}");
      case BlockKind::kRule:
        out_ += "----";
        return;
      case BlockKind::kTable:
        return WriteTable(block.seed);
    }
  }

  void Wrap(std::string_view open, std::uint64_t seed, std::string_view close) {
    out_ += open;
    AppendSentence(out_, seed);
    out_ += close;
  }

  void WriteList(std::string_view bullet, std::uint64_t seed) {
    for (int i = 0; i < ItemCount(seed); ++i) {
      if (i > 0) out_ += kLine;
      out_ += bullet;
      AppendSentence(out_, ItemSeed(seed, i));
    }
  }

  void WriteTable(std::uint64_t seed) {
    for (int row = 0; row < 3; ++row) {
      if (row > 0) out_ += kLine;
      const std::string_view bar = row == 0 ? "||" : "|";
      for (int cell = 0; cell < 2; ++cell) Wrap(bar, ItemSeed(seed, row * 2 + cell), "");
      out_ += bar;
    }
  }

  void WriteParagraph(std::uint64_t seed, Awkward awkward) {
    const Paragraph paragraph = ParagraphOf(seed);
    for (int i = 0; i < paragraph.sentence_count; ++i) {
      if (i > 0) out_ += ' ';
      AppendSentence(out_, paragraph.sentences[static_cast<std::size_t>(i)]);
    }
    if (awkward != Awkward::kNone) {
      out_ += " seen";
      AppendEscapedText(out_, AwkwardText(awkward));
      out_ += "today";
    }
    WriteSpice(paragraph);
  }

  void WriteSpice(const Paragraph& paragraph) {
    const std::uint64_t seed = paragraph.spice_seed;
    switch (paragraph.spice) {
      case Spice::kNone:
        return;
      case Spice::kMention:
        Append(out_, " [~", PersonOf(people_, seed).user_name, "]");
        return;
      case Spice::kEmoji:
        out_ += " (!) 🚀";
        return;
      case Spice::kCode:
        Append(out_, " {{", CodeLine(seed), "}}");
        return;
      case Spice::kLink:
        Append(out_, " [details|", LinkTarget(seed), "]");
        return;
      case Spice::kStrong:
        out_ += " *Do not deploy on Friday.*";
        return;
      case Spice::kLineBreak:
        return Wrap(kLine, seed, "");
      case Spice::kDate:
        out_ += " 2025-10-01";
        return;
    }
  }

  std::string& out_;
  const std::vector<Mentionable>& people_;
};

}  // namespace

void AppendAdf(
    std::string& out,
    const Document& document,
    Awkward awkward,
    const std::vector<Mentionable>& people
) {
  if (document.block_count == 0) {
    out += "null";
    return;
  }
  AdfWriter(out, people).Write(document, awkward);
}

void AppendWiki(
    std::string& out,
    const Document& document,
    Awkward awkward,
    const std::vector<Mentionable>& people
) {
  if (document.block_count == 0) {
    out += "null";
    return;
  }
  out += '"';
  WikiWriter(out, people).Write(document, awkward);
  out += '"';
}

}  // namespace pulse::simulate
