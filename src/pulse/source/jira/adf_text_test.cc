#include "pulse/source/jira/adf_text.h"

#include <gtest/gtest.h>

namespace pulse::source::jira {
namespace {

std::string Rendered(std::string_view content) {
  const auto page =
      JsonPage::Parse(R"({"type":"doc","version":1,"content":[)" + std::string(content) + "]}");
  return page ? AdfToText((*page)->root()) : "no JSON";
}

std::string Paragraph(std::string_view inline_nodes) {
  return R"({"type":"paragraph","content":[)" + std::string(inline_nodes) + "]}";
}

TEST(AdfToText, BreaksLinesBetweenBlocksAndNowhereElse) {
  EXPECT_EQ(
      Rendered(
          R"({"type":"heading","content":[{"type":"text","text":"Title"}]},)" +
          Paragraph(
              R"({"type":"text","text":"Bo"},{"type":"text","text":"dy","marks":[{"type":"strong"}]})"
          )
      ),
      "Title\nBody"
  );
}

TEST(AdfToText, WalksListsTablesAndPanels) {
  const std::string item =
      R"({"type":"listItem","content":[)" + Paragraph(R"({"type":"text","text":"one"})") + "]}";

  EXPECT_EQ(Rendered(R"({"type":"bulletList","content":[)" + item + "," + item + "]}"), "one\none");
  EXPECT_EQ(
      Rendered(
          R"({"type":"table","content":[{"type":"tableRow","content":[{"type":"tableCell","content":[)" +
          Paragraph(R"({"type":"text","text":"a"})") + R"(]},{"type":"tableCell","content":[)" +
          Paragraph(R"({"type":"text","text":"b"})") + "]}]}]}"
      ),
      "a\nb"
  );
  EXPECT_EQ(
      Rendered(
          R"({"type":"expand","attrs":{"title":"More"},"content":[)" +
          Paragraph(R"({"type":"text","text":"x"})") + "]}"
      ),
      "More\nx"
  );
}

TEST(AdfToText, ReadsEveryInlineNode) {
  EXPECT_EQ(
      Rendered(Paragraph(
          R"({"type":"mention","attrs":{"id":"a1","text":"@Ada"}},{"type":"text","text":" "},)"
          R"({"type":"mention","attrs":{"id":"a2"}},{"type":"hardBreak"},)"
          R"({"type":"emoji","attrs":{"shortName":":tada:"}},{"type":"date","attrs":{"timestamp":"1732877091000"}},)"
          R"({"type":"status","attrs":{"text":"TODO"}},{"type":"inlineCard","attrs":{"url":"https://x.example"}})"
      )),
      "@Ada a2\n:tada:2024-11-29TODOhttps://x.example"
  );
}

TEST(AdfToText, WalksThroughNodesItDoesNotKnow) {
  EXPECT_EQ(
      Rendered(
          R"({"type":"hologram","content":[)" +
          Paragraph(R"({"type":"text","text":"still here"})") + "]}"
      ),
      "still here"
  );
}

TEST(AdfToText, StopsAtAHundredLevels) {
  std::string shallow = R"({"type":"text","text":"deep"})";
  std::string deep = shallow;
  for (int i = 0; i < 90; ++i) shallow = R"({"type":"panel","content":[)" + shallow + "]}";
  for (int i = 0; i < 300; ++i) deep = R"({"type":"panel","content":[)" + deep + "]}";

  EXPECT_EQ(Rendered(shallow), "deep");
  EXPECT_EQ(Rendered(deep), "");
}

TEST(AdfToText, AnEmptyDocumentIsAnEmptyText) {
  EXPECT_EQ(Rendered(""), "");
  EXPECT_EQ(Rendered(Paragraph("")), "");
}

}  // namespace
}  // namespace pulse::source::jira
