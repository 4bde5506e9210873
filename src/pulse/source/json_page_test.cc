#include "pulse/source/json_page.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/source/json_slice.h"

namespace pulse::source {
namespace {

struct Walked {
  std::vector<std::string> good;
  std::vector<std::int32_t> broken;
  bool ok = false;
};

Walked Walk(std::string_view body, std::span<const std::string_view> path) {
  Walked walked;
  walked.ok = ForEachRecord(
                  body,
                  path,
                  [&](std::int32_t, Value record) { walked.good.push_back(record.Json()); },
                  [&](const BrokenRecord& record) { walked.broken.push_back(record.position); }
  ).has_value();
  return walked;
}

constexpr std::string_view kIssues[] = {"issues"};

TEST(Value, TellsAbsentFromNullFromValue) {
  const auto page = JsonPage::Parse(R"({"a":null,"b":0,"c":""})").value();
  EXPECT_TRUE(page->root()["zzz"].absent());
  EXPECT_TRUE(page->root()["a"].null());
  EXPECT_TRUE(page->root()["b"].has_value());
  EXPECT_TRUE(page->root()["a"]["deeper"].absent());
}

TEST(Value, ReadsIdsWrittenEitherWay) {
  const auto page = JsonPage::Parse(R"(["10064", 10064, 13.0, 1.5, null])").value();
  std::vector<std::string> ids;
  page->root().ForEach([&](Value value) { ids.push_back(value.id()); });
  EXPECT_EQ(ids, (std::vector<std::string>{"10064", "10064", "13", "", ""}));
}

TEST(ForEachRecord, KeepsTheOthersWhenOneRecordIsBroken) {
  const std::string deep(3000, '[');
  const std::string body = R"({"next":"a]}\"x","issues":[{"id":1},{"id":)" + deep +
                           std::string(3000, ']') +
                           "},{\"id\":\"\xff\"}, {\"id\":1e999} ,{\"id\":5}],\"total\":5}";

  const Walked walked = Walk(body, kIssues);

  EXPECT_TRUE(walked.ok);
  EXPECT_EQ(walked.good, (std::vector<std::string>{R"({"id":1})", R"({"id":5})"}));
  EXPECT_EQ(walked.broken, (std::vector<std::int32_t>{1, 2, 3}));
}

TEST(ForEachRecord, RefusesAPageWithoutItsArray) {
  for (const char* body :
       {"",
        "<html>",
        "{}",
        R"({"issues":{}})",
        R"({"issues":[{"id":1})",
        R"({"issues":[{"id":"1)",
        "[1",
        "null"}) {
    const Walked walked = Walk(body, kIssues);
    EXPECT_FALSE(walked.ok) << body;
    EXPECT_TRUE(walked.good.empty());
  }
}

TEST(SliceField, FindsTheValueOfATopLevelKeyInTextThatIsNoJson) {
  constexpr std::string_view kBroken =
      "{\"a\":{\"id\":1}, \"id\" : \"7\\\"\" ,\"n\":0x,\"t\":\"\xff\"}";
  EXPECT_EQ(SliceField(kBroken, "id"), "\"7\\\"\"");
  EXPECT_EQ(SliceField(kBroken, "n"), "0x");
  EXPECT_FALSE(SliceField(kBroken, "z"));
  for (const std::string_view body : {"", "[]", "{\"id\"", "{\"id\":\"7", "{\"id\":"}) {
    EXPECT_FALSE(SliceField(body, "id")) << body;
  }
}

TEST(SampleOf, IsShortAndValidUtf8) {
  EXPECT_EQ(SampleOf("a\xff"), "a\xEF\xBF\xBD");
  EXPECT_LE(SampleOf(std::string(5000, 'x')).size(), 2048U);
  const std::string cut = SampleOf(std::string(2047, 'x') + "\xC3\xA9");
  EXPECT_EQ(cut, std::string(2047, 'x'));
}

}  // namespace
}  // namespace pulse::source
