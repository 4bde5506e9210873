#include "pulse/telemetry/log.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::telemetry {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;

class FixedClock final : public Clock {
 public:
  EpochMs Now() const override { return 1592000136123; }
};

const FixedClock kClock;

struct Captured {
  std::vector<std::string> lines;
  Logger logger{Level::kInfo, kClock, [this](std::string_view line) {
                  lines.emplace_back(line);
                  return true;
                }};
};

TEST(Logger, WritesOneJsonObjectPerLine) {
  Captured log;

  log.logger.Log(
      Level::kInfo,
      "Job finished",
      {{"job_id", JobId{7}},
       {"seconds", 1.5},
       {"full", true},
       {"entity", "jira_issues"},
       {"rows", 12U}}
  );

  EXPECT_THAT(
      log.lines,
      ElementsAre(
          "{\"ts\":\"2020-06-12T22:15:36.123Z\",\"level\":\"info\",\"msg\":\"Job finished\","
          "\"job_id\":7,\"seconds\":1.5,\"full\":true,\"entity\":\"jira_issues\",\"rows\":12}\n"
      )
  );
}

TEST(Logger, StaysParsableWhateverAFieldHolds) {
  Captured log;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));

  log.logger.Log(Level::kError, all, {{"bytes", all}, {"quote\"", "line\nbreak"}});

  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(std::count(log.lines[0].begin(), log.lines[0].end(), '\n'), 1);
  const json line = json::parse(log.lines[0]);
  EXPECT_EQ(line["quote\""], "line\nbreak");
  EXPECT_EQ(line["bytes"].get<std::string>().substr(0, 128), all.substr(0, 128));
}

TEST(Logger, SaysNothingBelowItsLevel) {
  Captured log;

  log.logger.Log(Level::kDebug, "Detail");
  EXPECT_TRUE(log.lines.empty());
  log.logger.Log(Level::kWarn, "Trouble");

  EXPECT_EQ(log.lines.size(), 1U);
  EXPECT_FALSE(log.logger.Wants(Level::kDebug));
}

TEST(Logger, CutsLongTextsBetweenCharacters) {
  Captured log;

  log.logger.Log(Level::kInfo, "Long", {{"text", "x" + std::string(5000, 'y')}, {"after", 1}});
  std::string umlauts = "x";
  for (int i = 0; i < 1000; ++i) umlauts += "ä";
  log.logger.Log(Level::kInfo, "Long", {{"text", umlauts}});

  EXPECT_EQ(json::parse(log.lines[0])["after"], 1);
  EXPECT_THAT(json::parse(log.lines[0])["text"].get<std::string>(), EndsWith("y…"));
  EXPECT_THAT(json::parse(log.lines[1])["text"].get<std::string>(), EndsWith("ä…"));
}

TEST(Logger, KeepsALineWithinWhatAPipeTakesAtOnce) {
  Captured log;
  const std::string text(1000, 'x');
  const std::string quotes(1000, '\x01');

  log.logger.Log(
      Level::kInfo, "M", {{"a", text}, {"b", text}, {"c", text}, {"d", text}, {"e", text}}
  );
  log.logger.Log(Level::kInfo, quotes, {{"a", 1}});

  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_LE(log.lines[0].size(), 4096U);
  const json line = json::parse(log.lines[0]);
  EXPECT_TRUE(line.contains("c"));
  EXPECT_FALSE(line.contains("d"));
  EXPECT_EQ(line["cut"], true);
}

TEST(Logger, CountsTheLinesItCouldNotWrite) {
  std::vector<std::string> lines;
  bool open = true;
  Logger logger(Level::kInfo, kClock, [&](std::string_view line) {
    if (open) lines.emplace_back(line);
    return open;
  });

  logger.Log(Level::kInfo, "One");
  open = false;
  for (int i = 0; i < 3; ++i) logger.Log(Level::kInfo, "Lost");
  open = true;
  logger.Log(Level::kInfo, "Two");

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(json::parse(lines[1])["msg"], "Log lines dropped");
  EXPECT_EQ(json::parse(lines[1])["count"], 3);
  EXPECT_EQ(json::parse(lines[2])["msg"], "Two");
}

TEST(Logger, SharesAFileBetweenThreadsLineByLine) {
  const std::string path = testing::TempDir() + "pulse_log_test_shared.log";
  std::filesystem::remove(path);
  auto logger = Logger::Open({.file = path}, kClock);
  ASSERT_TRUE(logger);
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 250; ++i)
          (*logger)->Log(Level::kInfo, "Line", {{"thread", thread}, {"i", i}});
      });
    }
  }

  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines)
    EXPECT_EQ(json::parse(line)["msg"], "Line");
  EXPECT_EQ(lines, 1000);
  struct stat status{};
  stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0007U, 0U);
}

TEST(Logger, DropsLinesRatherThanWaitForAReaderThatIsStuck) {
  const std::string path = testing::TempDir() + "pulse_log_test_fifo";
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto logger = Logger::Open({.file = path}, kClock);
  ASSERT_TRUE(logger);
  const std::string text(1000, 'x');

  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) (*logger)->Log(Level::kInfo, "Fill", {{"text", text}});
  const auto took = std::chrono::steady_clock::now() - started;
  std::string all;
  std::array<char, 65536> bytes{};
  const auto drain = [&] {
    for (ssize_t got = 0; (got = read(reader, bytes.data(), bytes.size())) > 0;) {
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
  };
  drain();
  (*logger)->Log(Level::kInfo, "Last");
  drain();
  close(reader);

  EXPECT_LT(took, std::chrono::seconds{5});
  EXPECT_LT(std::count(all.begin(), all.end(), '\n'), 1000);
  EXPECT_THAT(all, testing::HasSubstr("Log lines dropped"));
  EXPECT_THAT(all, EndsWith("\"msg\":\"Last\"}\n"));
}

TEST(Logger, NamesTheFileItCannotOpen) {
  const auto logger = Logger::Open({.file = "/nonexistent/pulse.log"}, kClock);
  ASSERT_FALSE(logger);
  EXPECT_EQ(logger.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(logger.error().message(), testing::HasSubstr("/nonexistent/pulse.log"));
}

TEST(LevelNamed, IsTheInverseOfName) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    EXPECT_EQ(LevelNamed(Name(level)), level);
  }
  EXPECT_EQ(LevelNamed("INFO"), std::nullopt);
}

}  // namespace
}  // namespace pulse::telemetry
