#include "cli.h"

#include <algorithm>

#include "command_table.h"
#include "completion.h"
#include "help.h"
#include "help_topics.h"
#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kFlags = {"home", "claim-batch"};

Result<Invocation> Parse(std::vector<std::string> words) { return ParseCommandLine(words, kFlags); }

std::string Refusal(std::vector<std::string> words) {
  const auto parsed = Parse(std::move(words));
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind(), ErrorKind::kInvalid);
  return parsed.error().message();
}

TEST(ParseCommandLine, ReadsTheContractsCommands) {
  const auto sync = Parse({"sync", "jira-main", "--tenant", "acme", "--full", "--json"});
  ASSERT_TRUE(sync);
  EXPECT_EQ(sync->command->path, "sync");
  EXPECT_EQ(sync->Argument(0), "jira-main");
  EXPECT_EQ(sync->Value("tenant"), "acme");
  EXPECT_TRUE(sync->Has("full"));
  EXPECT_TRUE(sync->Has("json"));
  EXPECT_FALSE(sync->Has("since"));

  const auto add = Parse(
      {"integration",
       "add",
       "jira",
       "--tenant",
       "acme",
       "--name",
       "jira-main",
       "--url",
       "https://x",
       "--email",
       "e",
       "--token-env",
       "VAR",
       "--scope",
       "project=PAY",
       "since=x",
       "--json"}
  );
  ASSERT_TRUE(add) << add.error().message();
  EXPECT_EQ(add->Argument(0), "jira");
  EXPECT_THAT(add->Values("scope"), ElementsAre("project=PAY", "since=x"));

  const auto simulate = Parse(
      {"simulate",
       "--listen",
       "127.0.0.1:0",
       "--fault",
       "429:1",
       "--fault",
       "500:1",
       "reset:1",
       "--jira-issues",
       "a.jsonl",
       "b.jsonl"}
  );
  ASSERT_TRUE(simulate) << simulate.error().message();
  EXPECT_THAT(simulate->Values("fault"), ElementsAre("429:1", "500:1", "reset:1"));
  EXPECT_THAT(simulate->Values("jira-issues"), ElementsAre("a.jsonl", "b.jsonl"));
}

TEST(ParseCommandLine, TakesOptionsBeforeBetweenAndAfterTheWords) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--tenant", "acme", "job", "show", "7"},
           {"job", "--tenant=acme", "show", "7"},
           {"job", "show", "--tenant", "acme", "7"}
       }) {
    const auto parsed = Parse(words);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->command->path, "job show");
    EXPECT_EQ(parsed->Argument(0), "7");
    EXPECT_EQ(parsed->Value("tenant"), "acme");
  }
}

TEST(ParseCommandLine, DoesNotConfuseAValueWithACommand) {
  const auto parsed = Parse({"job", "list", "--tenant", "job"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Value("tenant"), "job");
  const auto create = Parse({"tenant", "create", "tenant"});
  ASSERT_TRUE(create) << create.error().message();
  EXPECT_EQ(create->Argument(0), "tenant");
}

TEST(ParseCommandLine, KnowsTheAliases) {
  EXPECT_EQ(Parse({"tenant", "ls"})->command->path, "tenant list");
  EXPECT_EQ(Parse({"tenant", "rm", "acme"})->command->path, "tenant delete");
  EXPECT_EQ(Parse({"integration", "rm", "x"})->command->path, "integration remove");
}

TEST(ParseCommandLine, AcceptsSettingsAsFlagsEverywhere) {
  const auto parsed = Parse({"tenant", "list", "--home", "/x", "--claim-batch=3"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->Value("home"), "/x");
  EXPECT_EQ(parsed->Value("claim-batch"), "3");
}

TEST(ParseCommandLine, SplitsListsAtCommas) {
  const auto parsed = Parse({"sync", "--entity", "a,b", "--entity", "c", "x"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_THAT(parsed->List("entity"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(parsed->Argument(0), "x");
}

TEST(ParseCommandLine, LastOfARepeatedOptionCounts) {
  const auto parsed = Parse({"job", "list", "--tenant", "a", "--tenant", "b"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->Value("tenant"), "b");
}

TEST(ParseCommandLine, SuggestsTheNearestWord) {
  EXPECT_THAT(Refusal({"snyc"}), HasSubstr("did you mean \"sync\"?"));
  EXPECT_THAT(Refusal({"tenant", "craete", "x"}), HasSubstr("did you mean \"create\"?"));
  EXPECT_THAT(Refusal({"sync", "x", "--ful"}), HasSubstr("did you mean \"--full\"?"));
  EXPECT_THAT(Refusal({"sync", "x", "--claim-bach", "3"}), HasSubstr("--claim-batch"));
  EXPECT_THAT(Refusal({"integration", "add", "jirra"}), HasSubstr("jira"));
}

TEST(ParseCommandLine, NamesWhatIsMissing) {
  EXPECT_THAT(Refusal({"sync"}), HasSubstr("INTEGRATION is missing"));
  EXPECT_THAT(Refusal({"integration", "add", "jira"}), HasSubstr("--name NAME is missing"));
  EXPECT_THAT(Refusal({"tenant"}), HasSubstr("list, create"));
  EXPECT_THAT(Refusal({"sync", "a", "b"}), HasSubstr("\"b\" is one argument too many"));
  EXPECT_THAT(Refusal({"tenant", "list", "--tenant"}), HasSubstr("--tenant"));
}

TEST(ParseCommandLine, AsksForHelpOnWhateverIsThere) {
  EXPECT_EQ(Parse({})->command, nullptr);
  EXPECT_EQ(Parse({"--help"})->help_path, "");
  EXPECT_EQ(Parse({"tenant", "--help"})->help_path, "tenant");
  EXPECT_EQ(Parse({"sync", "x", "-h"})->help_path, "sync");
}

TEST(ParseCommandLine, KeepsAQueryThatLooksLikeAnything) {
  const auto parsed = Parse({"data", "query", "SELECT '--full', sync FROM x", "--tenant", "acme"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->Argument(0), "SELECT '--full', sync FROM x");
}

/// The words of an example as a shell would pass them: from "pulse" on, up to a redirection.
std::vector<std::string> WordsOf(std::string_view example) {
  std::vector<std::string> words = {""};
  bool quoted = false;
  for (const char c : example.substr(example.find("pulse ") + 6)) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c != ' ' || quoted) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  const auto end = std::ranges::find_if(words, [](const std::string& word) {
    return word == "<" || word == ">";
  });
  words.erase(end, words.end());
  return words;
}

TEST(ParseCommandLine, GivesEachArgumentItsWord) {
  const auto parsed = Parse({"data", "lineage", "work_items", "PAY-1", "--page"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_THAT(parsed->arguments, ElementsAre("work_items", "PAY-1"));
  EXPECT_THAT(
      Refusal({"data", "lineage", "work_items", "a", "b"}), HasSubstr("one argument too many")
  );
  EXPECT_EQ(Parse({"healthcheck", "live"})->Argument(0), "live");
}

TEST(CommandTable, EveryCommandHasAnExample) {
  for (const Command& command : kCommands) EXPECT_FALSE(command.examples.empty()) << command.path;
}

TEST(CommandTable, EveryCommandParsesItsOwnExamples) {
  for (const Command& command : kCommands) {
    EXPECT_TRUE(HelpOn(command.path)) << command.path;
    EXPECT_FALSE(command.summary.empty()) << command.path;
    EXPECT_LE(command.summary.size(), 90u) << command.path;
    for (const std::string_view example : command.examples) {
      EXPECT_NE(example.find("pulse " + std::string(command.path)), std::string::npos) << example;
      const std::vector<std::string> flags = {"backend-listen", "stages", "concurrency"};
      const auto parsed = ParseCommandLine(WordsOf(example), flags);
      ASSERT_TRUE(parsed) << example << ": " << parsed.error().message();
      EXPECT_EQ(parsed->command, &command) << example;
    }
  }
}

TEST(Help, ShowsExamplesBeforeOptions) {
  const std::string text = *HelpOn("sync");
  EXPECT_LT(text.find("pulse sync jira-main --tenant acme"), text.find("--full"));
}

TEST(Help, ListsEveryExitCode) {
  const std::string text = *HelpOn("exit-codes");
  for (const char* code : {"0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "8 ", "130 "}) {
    EXPECT_THAT(text, HasSubstr(code));
  }
}

TEST(Help, SuggestsForAnUnknownTopic) {
  const auto refused = HelpOn("exit-code");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(refused.error().message(), HasSubstr("exit-codes"));
}

TEST(Help, KnowsEveryTopicItNames) {
  for (const Topic& topic : kTopics) {
    EXPECT_THAT(*HelpOn(""), HasSubstr(std::string(topic.name)));
    ASSERT_TRUE(HelpOn(topic.name)) << topic.name;
    EXPECT_THAT(*HelpOn(topic.name), HasSubstr(std::string(topic.text)));
    EXPECT_TRUE(nlohmann::json::accept(*HelpJson(topic.name))) << topic.name;
  }
}

TEST(HelpJson, IsTheCommandTableWithItsExitCodes) {
  const auto all = nlohmann::json::parse(*HelpJson(""));
  ASSERT_EQ(all.at("commands").size(), std::size(kCommands));
  EXPECT_EQ(all.at("exit_codes").back().at("code"), 130);
  EXPECT_EQ(all.at("everywhere").size(), std::size(kGlobalOptions));
  for (std::size_t i = 0; i < std::size(kCommands); ++i) {
    const nlohmann::json& command = all.at("commands").at(i);
    EXPECT_EQ(command.at("path"), kCommands[i].path);
    EXPECT_EQ(command.at("options").size(), kCommands[i].options.size());
    EXPECT_EQ(nlohmann::json::parse(*HelpJson(kCommands[i].path)), command);
  }
}

TEST(HelpJson, SaysWhatAnOptionTakes) {
  const auto query = nlohmann::json::parse(*HelpJson("data query"));
  const nlohmann::json& output = query.at("options").front();
  EXPECT_EQ(output.at("flag"), "--output");
  EXPECT_EQ(output.at("letter"), "-o");
  EXPECT_EQ(output.at("value"), "FORMAT");
  EXPECT_THAT(output.at("choices"), ElementsAre("table", "json", "ndjson", "csv"));
}

TEST(HelpJson, OfAGroupListsItsCommands) {
  const auto group = nlohmann::json::parse(*HelpJson("queue"));
  for (const nlohmann::json& command : group.at("commands")) {
    EXPECT_TRUE(command.at("path").get<std::string>().starts_with("queue "));
  }
  EXPECT_EQ(group.at("commands").size(), 3U);
  EXPECT_EQ(HelpJson("nothing").error().kind(), ErrorKind::kNotFound);
}

TEST(CompletionScript, KnowsEveryCommandAndOption) {
  const std::vector<std::string> types = {"jira_issues"};
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = CompletionScript(shell, types);
    EXPECT_THAT(script, HasSubstr("jira_issues")) << shell;
    for (const Command& command : kCommands) {
      const std::string_view last = command.path.substr(command.path.rfind(' ') + 1);
      EXPECT_THAT(script, HasSubstr(std::string(last))) << shell;
      for (const Option& option : command.options) {
        EXPECT_THAT(script, HasSubstr(std::string(option.name))) << shell;
      }
    }
  }
}

}  // namespace
}  // namespace pulse::app
