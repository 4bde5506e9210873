#include "pulse/cache/redis/redis_cache.h"

#include <random>
#include <utility>

#include <gmock/gmock.h>

#include "pulse/cache/redis/connection.h"
#include "pulse/cache/redis/testing/test_redis.h"
#include "pulse/cache/testing/cache_conformance.h"
#include "pulse/resilience/pause.h"

namespace pulse::cache::redis {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using SteadyTime = std::chrono::steady_clock::time_point;

/// A machine that builds on all cores may hold up an honest answer; where the answer matters and
/// not the time, there is time.
constexpr milliseconds kAmple = seconds(20);
constexpr double kNearlyNever = 1e-6;

std::unique_ptr<Cache> Open(RedisOptions options) {
  auto cache = NewRedisCache(std::move(options));
  EXPECT_TRUE(cache) << cache.error().message();
  return std::move(*cache);
}

/// The cache with the server it lives in.
class OwnServerCache final : public Cache {
 public:
  OwnServerCache() : cache_(Open({.url = server_.url(), .budget = kAmple})) {}
  std::optional<std::string> Get(std::string_view key) override { return cache_->Get(key); }
  void Put(std::string_view key, std::string_view value, milliseconds ttl) override {
    cache_->Put(key, value, ttl);
  }
  milliseconds TakeTokens(std::string_view key, double tokens, double per_second, double burst)
      override {
    return cache_->TakeTokens(key, tokens, per_second, burst);
  }
  Result<std::string> Probe() override { return cache_->Probe(); }

 private:
  TestRedis server_;
  std::unique_ptr<Cache> cache_;
};

CacheUnderTest MakeReal() {
  return {
      .cache = std::make_unique<OwnServerCache>(),
      .pass = [](milliseconds time) { ASSERT_TRUE(resilience::Pause(time, {})); },
  };
}

INSTANTIATE_TEST_SUITE_P(
    Redis, CacheConformance, testing::Values(CacheBackend{.name = "redis", .make = MakeReal})
);

class RedisCacheTest : public testing::Test {
 protected:
  /// Says to the server what only its operator would.
  Reply Say(std::vector<std::string_view> words) {
    const auto deadline = std::chrono::steady_clock::now() + kAmple;
    auto connection = Connection::Open(*ParseAddress(server_.url()), deadline);
    EXPECT_TRUE(connection) << connection.error().message();
    auto reply = connection->Call(words, deadline);
    EXPECT_TRUE(reply) << reply.error().message();
    return *reply;
  }
  std::unique_ptr<Cache> Ample() { return Open({.url = server_.url(), .budget = kAmple}); }
  /// As in production but for the clock of its breaker, which stands still.
  std::unique_ptr<Cache> Quick() {
    return Open({.url = server_.url(), .now = [this] { return now_; }});
  }
  bool Works(Cache& cache) {
    cache.Put("works", "yes", seconds(60));
    return cache.Get("works") == "yes";
  }

  TestRedis server_;
  SteadyTime now_{};
};

TEST_F(RedisCacheTest, TellsItsVersion) { EXPECT_THAT(*Ample()->Probe(), StartsWith("Redis ")); }

TEST_F(RedisCacheTest, SharesValuesAndBucketsBetweenProcessesOfOnePrefix) {
  const auto one = Ample();
  const auto two = Ample();
  const auto foreign = Open({.url = server_.url(), .prefix = "other", .budget = kAmple});

  one->Put("k", "v", seconds(60));
  ASSERT_EQ(one->TakeTokens("b", 6, kNearlyNever, 10), milliseconds(0));

  EXPECT_EQ(two->Get("k"), "v");
  EXPECT_GT(two->TakeTokens("b", 6, kNearlyNever, 10), milliseconds(0));
  EXPECT_EQ(two->TakeTokens("b", 4, kNearlyNever, 10), milliseconds(0));
  EXPECT_EQ(foreign->Get("k"), std::nullopt);
  EXPECT_EQ(foreign->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));
}

TEST_F(RedisCacheTest, AFrozenServerCostsAFewBudgetsAndThenNothing) {
  const auto cache = Quick();
  ASSERT_TRUE(Works(*cache));
  server_.Freeze();

  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(cache->Get("works"), std::nullopt);
    cache->Put("works", "no", seconds(60));
    cache->TakeTokens("b", 1, 100, 100);
  }
  const auto spent = std::chrono::steady_clock::now() - begin;
  // Six budgets at most, 300 ms; thirty thousand of them would be 25 minutes.
  EXPECT_LT(spent, seconds(5));

  server_.Thaw();
  now_ += seconds(2);
  for (int tries = 0; tries < 100 && !Works(*cache); ++tries) now_ += seconds(2);
  EXPECT_TRUE(Works(*cache)) << "and it comes back by itself";
}

TEST_F(RedisCacheTest, WithoutTheServerABucketGivesHalfTheBurstAtHalfTheRate) {
  const auto cache = Quick();
  ASSERT_TRUE(Works(*cache));
  server_.Kill();
  const auto take_all = [&] {
    int taken = 0;
    while (cache->TakeTokens("b", 1, 10, 20) == milliseconds(0)) ++taken;
    return taken;
  };

  EXPECT_EQ(take_all(), 10);
  now_ += seconds(1);
  EXPECT_EQ(take_all(), 5);
}

TEST_F(RedisCacheTest, UsesAServerThatCameBackEmpty) {
  const auto cache = Ample();
  ASSERT_TRUE(Works(*cache));
  ASSERT_EQ(cache->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));
  server_.Kill();
  server_.StartAgain();

  EXPECT_EQ(cache->Get("works"), std::nullopt) << "on a connection that was closed meanwhile";
  EXPECT_TRUE(Works(*cache));
  EXPECT_EQ(cache->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0)) << "one burst anew";
  EXPECT_GT(cache->TakeTokens("b", 1, kNearlyNever, 10), milliseconds(0)) << "and no more";
}

TEST_F(RedisCacheTest, SurvivesFlushesOfKeysAndOfScripts) {
  const auto cache = Ample();
  ASSERT_TRUE(Works(*cache));
  ASSERT_EQ(cache->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));

  Say({"FLUSHALL"});
  EXPECT_EQ(cache->Get("works"), std::nullopt);
  EXPECT_EQ(cache->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));

  Say({"SCRIPT", "FLUSH"});
  EXPECT_GT(cache->TakeTokens("b", 1, kNearlyNever, 10), milliseconds(0));
  EXPECT_TRUE(Works(*cache));
}

TEST_F(RedisCacheTest, TakesNoGarbageForAValue) {
  const auto cache = Ample();
  std::mt19937_64 random(7);
  cache->Put("k", "good", seconds(60));
  ASSERT_EQ(cache->Get("k"), "good") << "there is something to spoil";
  ASSERT_EQ(Say({"EXISTS", "pulse:1:v:k"}).integer, 1) << "under this key";

  for (int i = 0; i < 500; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    Say({"SET", "pulse:1:v:k", bytes});
    ASSERT_EQ(cache->Get("k"), std::nullopt) << i;
  }
  Say({"DEL", "pulse:1:v:k"});
  Say({"LPUSH", "pulse:1:v:k", "a list"});
  EXPECT_EQ(cache->Get("k"), std::nullopt);
  cache->Put("other", "good", seconds(60));
  Say({"COPY", "pulse:1:v:other", "pulse:1:v:k", "REPLACE"});
  EXPECT_EQ(cache->Get("k"), std::nullopt) << "another key's value";

  cache->Put("k", "good again", seconds(60));
  EXPECT_EQ(cache->Get("k"), "good again");
}

TEST_F(RedisCacheTest, AGarbledBucketGrantsAtMostOneBurst) {
  const auto cache = Ample();
  std::mt19937_64 random(8);
  std::vector<std::string> spoiled{
      "nan 0",
      "inf 0",
      "1e300 0",
      "-5 0",
      "0 99999999999999999999",
      "0 9999999999999999",
      "5",
      "999999999999 0",
      ""
  };
  for (int i = 0; i < 200; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    spoiled.push_back(bytes);
  }
  for (const std::string& bytes : spoiled) {
    Say({"SET", "pulse:1:b:b", bytes});
    int taken = 0;
    while (taken < 20 && cache->TakeTokens("b", 1, 1e-3, 10) == milliseconds(0)) ++taken;
    ASSERT_LE(taken, 10) << bytes;
    ASSERT_LE(cache->TakeTokens("b", 1, 10, 10), seconds(1)) << "nor does it close for ever";
  }
  Say({"DEL", "pulse:1:b:b"});
  Say({"LPUSH", "pulse:1:b:b", "a list"});
  EXPECT_EQ(cache->TakeTokens("b", 10, kNearlyNever, 10), milliseconds(0));
  EXPECT_GT(cache->TakeTokens("b", 1, kNearlyNever, 10), milliseconds(0));
}

TEST_F(RedisCacheTest, AFullServerForgetsAndStillLimits) {
  const auto cache = Ample();
  ASSERT_TRUE(Works(*cache));
  Say({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  Say({"CONFIG", "SET", "maxmemory", "1"});
  ASSERT_THAT(Say({"SET", "x", "y"}).text, StartsWith("OOM")) << "it is full";

  cache->Put("k", "v", seconds(60));
  EXPECT_EQ(cache->Get("k"), std::nullopt);
  EXPECT_EQ(cache->Get("works"), "yes") << "what was there can be read";
  int taken = 0;
  while (taken < 20 && cache->TakeTokens("b", 1, 1e-3, 10) == milliseconds(0)) ++taken;
  EXPECT_EQ(taken, 5) << "half the burst, from this process's own bucket";

  Say({"CONFIG", "SET", "maxmemory", "0"});
  cache->Put("k", "v", seconds(60));
  EXPECT_EQ(cache->Get("k"), "v");
}

TEST(RedisCache, SaysThatThePasswordIsWrongAndGoesOnWithout) {
  TestRedis server({"--requirepass", "right"});
  const std::string place = "@127.0.0.1:" + std::to_string(server.port());
  const auto right = Open({.url = "redis://:right" + place, .budget = kAmple});
  right->Put("k", "v", seconds(60));
  ASSERT_EQ(right->Get("k"), "v");

  for (const std::string& url : {"redis://:wr0ng" + place, "redis://" + place.substr(1)}) {
    const auto refused = Open({.url = url, .budget = kAmple});
    const auto probe = refused->Probe();
    ASSERT_FALSE(probe);
    EXPECT_EQ(probe.error().kind(), ErrorKind::kUnauthorized) << probe.error().message();
    EXPECT_THAT(probe.error().message(), HasSubstr("password"));
    EXPECT_THAT(probe.error().message(), Not(HasSubstr("wr0ng")));
    EXPECT_EQ(refused->Get("k"), std::nullopt);
    EXPECT_EQ(refused->TakeTokens("b", 1, 1, 10), milliseconds(0));
  }
}

TEST(RedisCache, NobodyAtTheAddressIsAMissAndAnUnavailableProbe) {
  TestRedis server;
  const std::string url = server.url();
  server.Kill();
  const auto cache = Open({.url = url});

  EXPECT_EQ(cache->Get("k"), std::nullopt);
  cache->Put("k", "v", seconds(1));
  EXPECT_EQ(cache->TakeTokens("b", 1, 1, 10), milliseconds(0));
  EXPECT_EQ(cache->Probe().error().kind(), ErrorKind::kUnavailable);
}

TEST(RedisCache, RefusesAUrlItCannotUse) {
  EXPECT_EQ(NewRedisCache({.url = "rediss://cache"}).error().kind(), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace pulse::cache::redis
