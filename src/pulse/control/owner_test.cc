#include "pulse/control/owner.h"

#include <filesystem>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "pulse/base/signal.h"

namespace pulse::control {
namespace {

class OwnerTest : public ::testing::Test {
 protected:
  OwnerTest()
      : directory_(
            std::filesystem::temp_directory_path() / ("pulse_owner_" + std::to_string(::getpid()))
        ) {
    std::filesystem::create_directories(directory_);
  }
  ~OwnerTest() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return (directory_ / "pulse.db").string(); }

  std::filesystem::path directory_;
};

TEST_F(OwnerTest, OnlyOneOwnsAndTheNextOneCanOnceItIsGone) {
  auto first = TryOwn(path(), [] {}).value();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(TryOwn(path(), [] {}).value(), nullptr);

  first.reset();

  EXPECT_NE(TryOwn(path(), [] {}).value(), nullptr);
}

TEST_F(OwnerTest, ARingReachesTheOwnerAndAChangeReachesTheFollower) {
  Signal rung;
  auto owner = TryOwn(path(), [&] { rung.Notify(); }).value();
  auto line = CallOwner(path()).value();

  ASSERT_TRUE(line->Ring());
  rung.WaitBeyond(0, std::chrono::steady_clock::now() + std::chrono::seconds(5), {});
  EXPECT_EQ(rung.version(), 1U);

  owner->Announce();
  EXPECT_TRUE(line->Wait({}));
}

TEST_F(OwnerTest, AFollowerLearnsThatTheOwnerIsGone) {
  Signal rung;
  auto owner = TryOwn(path(), [&] { rung.Notify(); }).value();
  auto line = CallOwner(path()).value();
  ASSERT_TRUE(line->Ring());
  rung.WaitBeyond(0, std::chrono::steady_clock::now() + std::chrono::seconds(5), {});

  owner.reset();

  const auto waited = line->Wait({});
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind(), ErrorKind::kUnavailable);
}

TEST_F(OwnerTest, TheSocketIsForThisUserOnly) {
  const auto owner = TryOwn(path(), [] {}).value();
  struct stat status{};
  ASSERT_EQ(::stat((path() + ".sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(OwnerTest, WaitingEndsWithItsStopToken) {
  const auto owner = TryOwn(path(), [] {}).value();
  auto line = CallOwner(path()).value();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(line->Wait(stop.get_token()).error().kind(), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace pulse::control
