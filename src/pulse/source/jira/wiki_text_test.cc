#include "pulse/source/jira/wiki_text.h"

#include <gtest/gtest.h>

#include "pulse/simulate/jira_documents.h"
#include "pulse/simulate/world.h"
#include "pulse/source/jira/adf_text.h"

namespace pulse::source::jira {
namespace {

struct Case {
  std::string_view wiki;
  std::string_view text;
};

template <std::size_t N>
void ExpectTexts(const Case (&cases)[N]) {
  for (const Case& each : cases) EXPECT_EQ(WikiToText(each.wiki), each.text) << each.wiki;
}

/// Texts that hold no markup, however much they look like it.
template <std::size_t N>
void ExpectAsWritten(const std::string_view (&texts)[N]) {
  for (const std::string_view text : texts) EXPECT_EQ(WikiToText(text), text);
}

TEST(WikiToText, PutsEachBlockOnALineAndDropsEmptyOnes) {
  ExpectTexts({
      {"h1. Title\r\n\r\nBody\r\nmore\r\n", "Title\nBody\nmore"},
      {"  h6. Deep\n \t\nx  \n", "Deep\nx"},
      {"bq. said\nthen", "said\nthen"},
      {"above\n----\nbelow\n-----", "above\nbelow"},
      {"{quote}\nsaid {quote} then", "said\nthen"},
      {"a{panel:title=Mind|bgColor=#fff}* b{panel}c", "a\nMind\nb\nc"},
      {"{panel}one{panel}{panel}two{panel}", "one\ntwo"},
      {"one \\\\ two\\\\\nthree", "one\ntwo\nthree"},
      {"", ""},
      {" \r\n\n", ""},
  });
}

TEST(WikiToText, TakesTheMarkersOffListItems) {
  ExpectTexts({
      {"* one\n** two\n*** three", "one\ntwo\nthree"},
      {"# one\n## two\n#* three\n*# four", "one\ntwo\nthree\nfour"},
      {"- one\n - two\n", "one\ntwo"},
      {"* *bold* item\n* \n*", "bold item\n*"},
  });
  ExpectAsWritten({"*no item", "#4711 is fixed", "-- Ada", "--option x", "-1 degrees", "2. two"});
}

TEST(WikiToText, PutsEachCellOnALine) {
  ExpectTexts({
      {"||Name||Age||\n|Ada|36|\n| Bob |  7 |\nend", "Name\nAge\nAda\n36\nBob\n7\nend"},
      {"|[t|https://a.example]|{{x|y}}|!p.png|thumbnail!|", "t\nx|y\np.png"},
      {"| # | * one\n * two|\n|{code}a|b{code}|*c*|", "#\none\ntwo\na|b\nc"},
      {"|a|first line\nsecond|\nafter | all", "a\nfirst line\nsecond\nafter | all"},
  });
  ExpectAsWritten({"a | b", "|alone", "|| true", "cat x | wc -l |"});
}

TEST(WikiToText, CopiesWhatCodeHolds) {
  ExpectTexts({
      {"see {code:java|title=A.java}\r\n  int *a, *b; // [x|y] {quote}\r\n\r\n  *c* = 1;\r\n{code} "
       "end",
       "see\nA.java\n  int *a, *b; // [x|y] {quote}\n\n  *c* = 1;\nend"},
      {"{noformat}\n|| *a* ||\n{code}\n{noformat}", "|| *a* ||\n{code}"},
      {"{code}{code}x", "x"},
      {"*a* {code}\n*cut* off", "a {code}\n*cut* off"},
  });
}

TEST(WikiToText, TakesOffMarksAroundWords) {
  ExpectTexts({
      {"*bold* _it_ ??cite?? -del- +ins+ ^sup^ ~sub~ {{mono}}", "bold it cite del ins sup sub mono"
      },
      {"(*bold*), _\"it\"_.", "(bold), \"it\"."},
      {"*_both_* _*both*_ *a _b_ c*", "both both a b c"},
      {"in{*}side{*} {_}a{_}{-}b{-}", "inside ab"},
      {"_snake_case_ *two words*", "snake_case two words"},
      {"{color:red}*hot*{color}, {color:#fff}cold{color}", "hot, cold"},
      {"{{{}a{}}} {{${b}}} {{*c*}} {{\\{d\\}}}", "a ${b} *c* {d}"},
      {"\xC2\xA0*x*\xC2\xA0", "\xC2\xA0x\xC2\xA0"},
  });
}

TEST(WikiToText, LeavesMarksThatJiraDoesNotRead) {
  ExpectAsWritten({
      "snake_case_name and __init__",
      "a-b-c, 2*3*4, x^2^3, C++ and g++",
      "--option, -x and a - b -",
      "/tmp/*/foo/*, *.cc and *.h, src/**/*.java",
      "SELECT count(*) FROM t WHERE a*b > c * d",
      "int *a, *b; f(*args, **kwargs)",
      "*not\nbold*",
      "two * stars * apart *",
      "really?? what??",
      "~/a ~/b, ~5 min and ~6",
      "{{ name }} and a{{b}}c",
      "2016-01-01 10:00:00 -0700",
      "\xE4\xB8\xAD*x*\xE4\xB8\xAD",
      "https://a.example/_b_/*c*?d=-e-&f=~g~",
      "\"/data/\"+name+\"/files/\"+file; \"_app_props_.json\"",
  });
}

TEST(WikiToText, ReadsLinksByTheirWords) {
  ExpectTexts({
      {"[text|https://a.example/x_y_z] [https://a.example]", "text https://a.example"},
      {"[a *b* c | http://x.example|tip]", "a b c"},
      {"[https://a.example|https://a.example|smart-link]", "https://a.example"},
      {"[Title|https://a.example|smart-card]", "https://a.example"},
      {"[|https://a.example] [me|mailto:a@b.example] [up|#top]", "https://a.example me up"},
      {"[~ada] @[~bob] [~accountid:5b10:a-1] [Ada|~ada]", "@ada @bob @5b10:a-1 Ada"},
      {"[^dump (1).txt] [log|^a.log]", "dump (1).txt log"},
      {"[!a.png|thumbnail!|https://a.example]", "a.png"},
      {"*[bold|https://a.example]* [[nested|https://a.example]", "bold [nested"},
      {"{anchor:top}Top", "Top"},
  });
  ExpectAsWritten({
      "[0] [ERROR] [PAY-1] [x, y]",
      "[true|false] [:class|gc] [-a|--all]",
      "[^a-z] [^\\s.x] [^.]+",
      "[open",
      "[~10 minutes]",
  });
}

TEST(WikiToText, ReadsImagesByTheirNames) {
  ExpectTexts({
      {"!shot 1.png! !a.JPG|thumbnail!", "shot 1.png a.JPG"},
      {"!a.png|width=20,alt=\"The plot\"! !https://a.example/b!", "The plot https://a.example/b"},
  });
  ExpectAsWritten({"Hello! World!", "a != b.png!", "hey!a.png!", "! a.png!", "!x.png!y"});
}

TEST(WikiToText, LeavesWhatIsNoMacro) {
  ExpectAsWritten({
      "{\"a\": {\"b\": 1}} {}",
      "/api/{id}/{status}",
      "{color} {quote} and {panel:title=x}",
      "{html}<b>{html} {anchor}",
      "{color:{x",
  });
}

TEST(WikiToText, ABackslashKeepsACharacter) {
  ExpectTexts({
      {R"(\*a\* \{code\} \[b|c\] \!d.png! 1\-2)", "*a* {code} [b|c] !d.png! 1-2"},
  });
  ExpectAsWritten({R"(C:\dir\new)", R"(C:\\dir\\new \\server\share C:\\ x)", R"(\d+\.\w)", "\\"});
}

TEST(WikiToText, TakesAnyBytes) {
  ExpectAsWritten({std::string_view("a\0b", 3), "\xFF\xFE[\xC3", "\xF0\x9F\x94\xA5", "a\rb"});
}

/// Were any of these read twice from each of its places, the test would outlast its time limit.
TEST(WikiToText, ReadsMarksWithoutEndOnceAndDoesNotGrowThem) {
  for (const std::string_view piece :
       {"{{",   "{{a ", "[",     "[a|",     "[~",        "****",     "*a ",      "_*",
        "!a",   "|a",   "\\\\ ", "{color:", "{color:a}", "{quote} ", "{code} {", "{panel:title=",
        "a://", "{*}",  "- ",    "\r\n",    "\n|",       "\n* "}) {
    std::string text;
    while (text.size() < (std::size_t{1} << 18)) text += piece;
    text += "}} ] {color} ! {code} }}}}}}x";
    EXPECT_LE(WikiToText(text).size(), text.size()) << piece;
  }
}

/// The simulator's documents as Cloud and as Data Center send them.
struct BothWays {
  std::string adf;
  std::string wiki;
};

/// Of a document, or of a JSON string of wiki text.
std::string TextOf(const std::string& json, bool is_adf) {
  const auto page = JsonPage::Parse(is_adf ? json : "[" + json + "]");
  if (!page) return "no JSON";
  if (is_adf) return AdfToText((*page)->root());
  std::string text;
  (*page)->root().ForEach([&](Value wiki) { text = WikiToText(wiki.text().value_or("")); });
  return text;
}

void Replace(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// The simulator sets blanks and carriage returns differently, the words and lines alike.
std::string WithoutBlanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\r'; });
  return text;
}

TEST(WikiToText, ReadsAsTheSameDocumentOfCloudDoes) {
  const simulate::World world({.issues = 400});
  const std::vector<simulate::Mentionable> people = {
      {"id-1", "ada", "ada"}, {"id-2", "bob", "bob"}
  };
  simulate::Issue issue;
  int compared = 0;
  for (std::int64_t i = 0; i < world.issue_count(); ++i) {
    world.IssueAt(i, issue);
    const simulate::Document document = simulate::DescriptionOf(issue);
    if (document.block_count == 0) continue;
    const auto awkward = simulate::AwkwardOf(issue.text_seed);
    BothWays both;
    simulate::AppendAdf(both.adf, document, awkward, people);
    simulate::AppendWiki(both.wiki, document, awkward, people);

    std::string adf = WithoutBlanks(TextOf(both.adf, true));
    std::string wiki = WithoutBlanks(TextOf(both.wiki, false));
    // What the simulator itself writes differently: a panel's title and an emoticon are only in the
    // wiki text, the second link only in the document.
    Replace(wiki, "Warning\n", "");
    Replace(wiki, "(!)", "");
    for (std::uint64_t link = 0; link < 6; ++link) {
      Replace(adf, "details" + std::string(simulate::LinkTarget(link)), "details");
    }
    EXPECT_EQ(wiki, adf) << both.wiki;
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace pulse::source::jira
