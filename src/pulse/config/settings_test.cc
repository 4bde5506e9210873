#include "pulse/config/settings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <stdlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pulse_settings_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    inputs_.environment = {{"PULSE_HOME", folder_}};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  Settings LoadOrFail() const {
    auto loaded = Load(inputs_);
    EXPECT_TRUE(loaded) << loaded.error().message();
    return loaded ? loaded->settings : Settings{};
  }
  std::string Problems() const {
    const auto loaded = Load(inputs_);
    EXPECT_FALSE(loaded);
    if (loaded) return "";
    EXPECT_EQ(loaded.error().kind(), ErrorKind::kInvalid);
    return loaded.error().message();
  }
  Explained ExplanationOf(std::string_view name) const {
    const auto loaded = Load(inputs_);
    EXPECT_TRUE(loaded) << loaded.error().message();
    return *std::ranges::find(loaded->explained, name, [](const Explained& one) {
      return one.row->name;
    });
  }

  std::string folder_;
  Inputs inputs_;
};

TEST_F(SettingsTest, WorkWithoutAnyInputButAHome) {
  inputs_.environment = {{"HOME", "/srv/u"}};

  const Settings settings = LoadOrFail();

  EXPECT_EQ(settings.home, "/srv/u/.local/state/pulse");
  EXPECT_EQ(settings.database_url, "sqlite:////srv/u/.local/state/pulse/pulse.db");
  EXPECT_EQ(settings.queue_url, "ledger");
  EXPECT_EQ(settings.backend_listen.host, "127.0.0.1");
  EXPECT_EQ(settings.backend_listen.port, 3001);
  EXPECT_EQ(settings.etl_listen.port, 8000);
  EXPECT_EQ(settings.vectorize_batch, 128);
  EXPECT_EQ(settings.http_timeout, std::chrono::seconds{30});
  EXPECT_FALSE(settings.allow_private_sources);
  EXPECT_TRUE(settings.vectors);
  EXPECT_TRUE(settings.fused);
  EXPECT_EQ(settings.tenant_label_cap, 100);
}

TEST_F(SettingsTest, FollowXdgStateHome) {
  inputs_.environment = {{"HOME", "/srv/u"}, {"XDG_STATE_HOME", "/state"}};
  EXPECT_EQ(LoadOrFail().home, "/state/pulse");
}

TEST_F(SettingsTest, RefuseToGuessAHome) {
  inputs_.environment = {};
  EXPECT_THAT(Problems(), HasSubstr("fix: set PULSE_HOME"));
}

TEST_F(SettingsTest, MakeARelativeHomeAbsolute) {
  inputs_.environment = {{"PULSE_HOME", "state/../here/"}};
  EXPECT_EQ(LoadOrFail().home, std::filesystem::current_path().string() + "/here");
}

TEST_F(SettingsTest, PreferFlagToEnvironmentToFileToDefault) {
  EXPECT_EQ(LoadOrFail().claim_batch, 4);
  Write("pulse.toml", "claim_batch = 10\n");
  EXPECT_EQ(LoadOrFail().claim_batch, 10);
  inputs_.environment["PULSE_CLAIM_BATCH"] = "20";
  EXPECT_EQ(LoadOrFail().claim_batch, 20);
  inputs_.flags["claim_batch"] = "30";
  EXPECT_EQ(LoadOrFail().claim_batch, 30);
}

TEST_F(SettingsTest, ExplainWhereAValueCameFromAndWhatItShadows) {
  const std::string file = Write("pulse.toml", "# ours\nclaim_batch = 10\n");
  inputs_.environment["PULSE_CLAIM_BATCH"] = "20";
  inputs_.flags["claim_batch"] = "30";

  const Explained explained = ExplanationOf("claim_batch");

  std::vector<std::string> lines;
  lines.reserve(explained.candidates.size());
  for (const Candidate& one : explained.candidates) {
    lines.push_back(std::string{Name(one.origin)} + " " + one.where + " " + one.text);
  }
  EXPECT_THAT(
      lines,
      ElementsAre(
          "flag --claim-batch 30",
          "environment PULSE_CLAIM_BATCH 20",
          "file " + file + ":2 10",
          "default default 4"
      )
  );
}

TEST_F(SettingsTest, ReadTheFileThatIsNamedAndNoOther) {
  Write("pulse.toml", "claim_batch = 10\n");
  const std::string by_variable = Write("variable.toml", "vectorize_batch = 11\n");
  const std::string by_flag = Write("flag.toml", "vectorize_batch = 12\n");

  inputs_.environment["PULSE_CONFIG"] = by_variable;
  EXPECT_EQ(LoadOrFail().vectorize_batch, 11);
  EXPECT_EQ(LoadOrFail().claim_batch, 4);
  inputs_.file = by_flag;
  EXPECT_EQ(LoadOrFail().vectorize_batch, 12);
  EXPECT_EQ(Load(inputs_)->file, by_flag);
  inputs_.file = folder_ + "/missing.toml";
  EXPECT_THAT(Problems(), HasSubstr("missing.toml"));
}

TEST_F(SettingsTest, ReadEveryKindOfValueFromTheFile) {
  inputs_.environment = {{"HOME", "/srv/u"}};
  inputs_.file = Write("all.toml", R"(
home = "/var/lib/pulse"
queue_url = "amqp://pulse@mq/pulse"
fused = false
vectors = "off"
concurrency = 16
etl_listen = "[::1]:9000"
http_timeout = "1500ms"
log_level = "debug"
)");

  const Settings settings = LoadOrFail();

  EXPECT_EQ(settings.home, "/var/lib/pulse");
  EXPECT_EQ(settings.database_url, "sqlite:////var/lib/pulse/pulse.db");
  EXPECT_EQ(settings.queue_url, "amqp://pulse@mq/pulse");
  EXPECT_FALSE(settings.fused);
  EXPECT_FALSE(settings.vectors);
  EXPECT_EQ(settings.concurrency, 16);
  EXPECT_EQ(settings.etl_listen.host, "::1");
  EXPECT_EQ(settings.etl_listen.port, 9000);
  EXPECT_EQ(settings.http_timeout, std::chrono::milliseconds{1500});
  EXPECT_EQ(settings.log_level, "debug");
}

TEST_F(SettingsTest, ReportEveryProblemAtOnceWithItsPlace) {
  const std::string file = Write("pulse.toml", "claim_batches = 10\nfused = \"maybe\"\n");
  inputs_.environment["PULSE_CONCURRENCY"] = "1000";
  inputs_.environment["PULSE_VECTOR"] = "off";
  inputs_.flags["log_level"] = "loud";
  inputs_.flags["log_levle"] = "info";

  const std::string problems = Problems();

  EXPECT_THAT(
      problems, HasSubstr(file + ":1: claim_batches: no such setting; did you mean claim_batch?")
  );
  EXPECT_THAT(
      problems, HasSubstr(file + ":2: fused: \"maybe\" is not accepted; expected on or off")
  );
  EXPECT_THAT(
      problems,
      HasSubstr("PULSE_CONCURRENCY: concurrency: \"1000\" is not accepted; expected 1..256")
  );
  EXPECT_THAT(problems, HasSubstr("PULSE_VECTOR: no such setting; did you mean PULSE_VECTORS?"));
  EXPECT_THAT(problems, HasSubstr("--log-level: log_level: \"loud\" is not accepted"));
  EXPECT_THAT(problems, HasSubstr("log_levle: no such setting; did you mean log_level?"));
  EXPECT_EQ(std::ranges::count(problems, '\n'), 5);
}

TEST_F(SettingsTest, LeaveForeignVariablesAlone) {
  inputs_.environment.insert(
      {{"PULSE_TENANT", "acme"}, {"PULSE_JIRA_TOKEN", "x"}, {"PULSEAUDIO", "y"}, {"PATH", "/bin"}}
  );
  LoadOrFail();
}

TEST_F(SettingsTest, TreatAnEmptyVariableAsAbsent) {
  inputs_.environment["QUEUE_URL"] = "";
  inputs_.environment["PULSE_CLAIM_BATCH"] = "";
  EXPECT_EQ(LoadOrFail().queue_url, "ledger");
  EXPECT_EQ(LoadOrFail().claim_batch, 4);
}

TEST_F(SettingsTest, RefuseAHomeInTheFileFoundThroughHome) {
  Write("pulse.toml", "home = \"/elsewhere\"\n");
  EXPECT_THAT(Problems(), HasSubstr("home cannot be set"));
}

TEST_F(SettingsTest, RefuseAFileThatIsNotFlatToml) {
  for (const char* text :
       {"claim_batch = ",
        "[queue]\nurl = \"x\"\n",
        "claim_batch = [1]\n",
        "claim_batch = 1\nclaim_batch = 2\n",
        "claim_batch = 1.5\n"}) {
    const std::string path = Write("pulse.toml", text);
    EXPECT_THAT(Problems(), HasSubstr(path + ":")) << text;
  }
}

TEST_F(SettingsTest, RefuseValuesThatOnlyLookRight) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"claim_batch", {"0", "257", "-1", "8x", " 8", "", "99999999999"}},
      {"fused", {"", "On", "2"}},
      {"http_timeout", {"30", "0s", "999ms", "11m", "s", "-5s", "1.5s"}},
      {"etl_listen",
       {"8000", ":8000", "localhost:8000", "::1:8000", "[127.0.0.1]:1", "1.2.3.4:65536", ""}},
      {"database_url", {"mysql://x", "sqlite:///", "/var/pulse.db", ""}},
      {"queue_url", {"ledgers", "amqp://", "http://mq"}},
      {"redis_url", {"localhost:6379"}},
      {"log_level", {"verbose", ""}},
      {"log_file", {"a\nb"}},
  };
  for (const auto& [name, texts] : wrong) {
    for (const auto& text : texts) {
      inputs_.flags = {{name, text}};
      EXPECT_FALSE(Load(inputs_)) << name << " = " << text;
    }
  }
}

TEST_F(SettingsTest, NeverShowASecret) {
  constexpr const char* kToken = "hunter2hunter2hunter2";
  constexpr const char* kUrl = "postgresql://pulse:hunter2@db:5432/pulse?sslmode=require";
  inputs_.environment["PULSE_METRICS_TOKEN"] = kToken;
  inputs_.environment["DATABASE_URL"] = kUrl;
  ASSERT_EQ(LoadOrFail().metrics_token, kToken);
  ASSERT_EQ(LoadOrFail().database_url, kUrl);

  EXPECT_EQ(ExplanationOf("metrics_token").candidates.front().text, "***");
  EXPECT_EQ(
      ExplanationOf("database_url").candidates.front().text,
      "postgresql://pulse:***@db:5432/pulse?sslmode=require"
  );
  inputs_.environment["PULSE_METRICS_TOKEN"] = "hunter2";
  inputs_.environment["DATABASE_URL"] = "mysql://pulse:hunter2@db/pulse";
  EXPECT_THAT(
      Problems(), AllOf(HasSubstr("16 characters"), HasSubstr("mysql"), Not(HasSubstr("hunter2")))
  );
}

TEST_F(SettingsTest, RefuseASecretOnTheCommandLine) {
  inputs_.flags["metrics_token"] = "hunter2hunter2hunter2";
  EXPECT_THAT(
      Problems(),
      AllOf(
          HasSubstr("--metrics-token"), HasSubstr("PULSE_METRICS_TOKEN"), Not(HasSubstr("hunter2"))
      )
  );
}

TEST_F(SettingsTest, TakeASecretFromTheFileThatIsNamed) {
  inputs_.environment["PULSE_METRICS_TOKEN_FILE"] = Write("token", "canary-1234567890abcdef\n");
  inputs_.environment["DATABASE_URL_FILE"] = Write("url", " postgresql://u:canary@db/pulse\n");
  const Settings settings = LoadOrFail();
  EXPECT_EQ(settings.metrics_token, "canary-1234567890abcdef");
  EXPECT_EQ(settings.database_url, "postgresql://u:canary@db/pulse");
  const Explained explained = ExplanationOf("metrics_token");
  EXPECT_EQ(explained.candidates.front().where, "PULSE_METRICS_TOKEN_FILE");
  EXPECT_THAT(explained.candidates.front().text, Not(HasSubstr("canary")));
}

TEST_F(SettingsTest, RefuseASecretsFileThatHoldsNothingOrIsNamedBesideTheValue) {
  inputs_.environment["QDRANT_API_KEY_FILE"] = folder_ + "/absent";
  inputs_.environment["EMBEDDINGS_API_KEY_FILE"] = Write("empty", "\n");
  inputs_.environment["PULSE_METRICS_TOKEN_FILE"] = Write("token", "canary-1234567890abcdef");
  inputs_.environment["PULSE_METRICS_TOKEN"] = "canary-fedcba0987654321";
  EXPECT_THAT(
      Problems(),
      AllOf(
          HasSubstr("QDRANT_API_KEY_FILE: " + folder_ + "/absent cannot be read"),
          HasSubstr("EMBEDDINGS_API_KEY_FILE: "),
          HasSubstr("PULSE_METRICS_TOKEN and PULSE_METRICS_TOKEN_FILE are both set"),
          Not(HasSubstr("canary"))
      )
  );
}

TEST_F(SettingsTest, ExplainEveryRowOnce) {
  const auto loaded = Load(inputs_);
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->explained.size(), Rows().size());
  for (std::size_t i = 0; i < Rows().size(); ++i) EXPECT_EQ(loaded->explained[i].row, &Rows()[i]);
}

TEST(Rows, AreCompleteAndDistinct) {
  std::set<std::string_view> names;
  std::set<std::string_view> variables;
  for (const Row& row : Rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(variables.insert(row.env).second) << row.name;
    for (const auto text : {row.type, row.bounds, row.example, row.env, row.doc}) {
      EXPECT_FALSE(text.empty()) << row.name;
    }
    if (row.type == "count") {
      EXPECT_EQ(row.bounds, std::to_string(row.min) + ".." + std::to_string(row.max)) << row.name;
      EXPECT_FALSE(row.unit.empty()) << row.name;
    }
    EXPECT_FALSE(row.secret && !row.default_text.empty()) << row.name << " has a default secret";
  }
}

TEST(Rows, AcceptTheirOwnExamples) {
  for (const Row& row : Rows()) {
    Inputs inputs;
    inputs.environment = {{"HOME", "/srv/u"}, {std::string{row.env}, std::string{row.example}}};
    const auto loaded = Load(inputs);
    EXPECT_TRUE(loaded) << row.name << ": " << loaded.error().message();
  }
}

TEST(FlagOf, WritesDashes) { EXPECT_EQ(FlagOf(Rows()[1]), "--database-url"); }

TEST(Markdown, IsWhatTheReferencePageHolds) {
  std::ostringstream page;
  page << std::ifstream(PULSE_DOCS_DIR "/reference/config.md").rdbuf();
  EXPECT_EQ(page.str(), Markdown())
      << "write it again: pulse config docs > docs/reference/config.md";
}

}  // namespace
}  // namespace pulse::config
