#include "pulse/cache/redis/redis_cache.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include <openssl/sha.h>

#include "pulse/base/hash.h"
#include "pulse/cache/redis/pool.h"
#include "pulse/cache/token_buckets.h"

namespace pulse::cache::redis {
namespace {

using std::chrono::milliseconds;
using TimePoint = Connection::TimePoint;

/// In every key: a release that writes other bytes counts it up, and old and new run side by side.
constexpr std::string_view kLayout = "1";
/// Buckets beyond so many integrations start again; each is about a hundred bytes.
constexpr std::size_t kMostLocalBuckets = 10'000;
constexpr milliseconds kProbeBudget{1000};

/// KEYS[1] the bucket; ARGV: tokens, tokens per second, burst, the longest wait in ms. Returns the
/// wait in ms. The bucket is "LEVEL MICROSECONDS" by the server's clock, and expires when it would
/// be full anyway. Whatever else stands under the key is a bucket nobody knows: a full one.
constexpr std::string_view kTakeTokens = R"lua(
local tokens, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local longest = tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local level = burst
local found = redis.pcall('GET', KEYS[1])
if type(found) == 'string' then
  local was, at = string.match(found, '^(%d+%.?%d*) (%d+)$')
  if was and at and #was < 30 and #at < 20 then
    -- A time to come (a clock set back) refills nothing, and must not do so for long.
    level = math.min(burst, tonumber(was) + math.max(0, now - tonumber(at)) / 1000000 * rate)
  end
end
local needed = math.min(tokens, burst)
local wait = 0
if level >= needed then
  level = level - needed
else
  wait = math.ceil((needed - level) / rate * 1000)
  if not (wait < longest) then wait = longest end
  if wait < 1 then wait = 1 end
end
local ttl = (burst - level) / rate * 1000 + 1000
if not (ttl < 86400000) then ttl = 86400000 end
redis.call('SET', KEYS[1], string.format('%.9f %.0f', level, now), 'PX', string.format('%.0f', ttl))
return wait
)lua";

std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

enum class KeyKind : unsigned char { kValue, kBucket };

/// 8 bytes: the value's own and its key's, so that a copy under another key is refused, too.
std::string Checksum(std::string_view key, std::string_view value) {
  Hasher hasher;
  hasher.Add(key);
  hasher.Add(value);
  const std::int64_t hash = hasher.Finish();
  std::string bytes(sizeof(hash), '\0');
  std::memcpy(bytes.data(), &hash, sizeof(hash));
  return bytes;
}

/// Refusals of a server that cannot work at the moment, as opposed to one that works and says no.
bool MeansAway(std::string_view refusal) {
  constexpr std::array<std::string_view, 6> kAway{
      "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOAUTH"
  };
  return std::ranges::any_of(kAway, [&](std::string_view word) {
    return refusal.starts_with(word);
  });
}

class RedisCache final : public Cache {
 public:
  RedisCache(Address address, RedisOptions options)
      : prefix_(std::move(options.prefix)),
        budget_(options.budget),
        pool_(std::move(address), options.connections),
        breaker_(options.breaker, options.now),
        local_buckets_(kMostLocalBuckets, options.now),
        script_sha_(Sha1Hex(kTakeTokens)) {}

  std::optional<std::string> Get(std::string_view key) override {
    const std::string full = KeyFor(KeyKind::kValue, key);
    auto reply = Ask([&](TimePoint deadline) {
      return pool_.Call(std::array<std::string_view, 2>{"GET", full}, deadline);
    });
    if (!reply || reply->kind != Reply::Kind::kText) return std::nullopt;
    constexpr std::size_t kChecksumBytes = sizeof(std::int64_t);
    if (reply->text.size() < kChecksumBytes) return std::nullopt;
    std::string value = reply->text.substr(kChecksumBytes);
    if (!reply->text.starts_with(Checksum(full, value))) return std::nullopt;
    return value;
  }

  void Put(std::string_view key, std::string_view value, milliseconds ttl) override {
    const std::string full = KeyFor(KeyKind::kValue, key);
    const std::string bytes = Checksum(full, value).append(value);
    const std::string lifetime = std::to_string(std::max<std::int64_t>(1, ttl.count()));
    const std::array<std::string_view, 5> words{"SET", full, bytes, "PX", lifetime};
    // Best effort: a refusal (full) and a failure (away) forget it alike.
    static_cast<void>(Ask([&](TimePoint deadline) { return pool_.Call(words, deadline); }
    ).has_value());
  }

  milliseconds TakeTokens(std::string_view key, double tokens, double per_second, double burst)
      override {
    const std::string full = KeyFor(KeyKind::kBucket, key);
    const auto reply = Ask([&](TimePoint deadline) {
      return RunScript(full, tokens, per_second, burst, deadline);
    });
    if (reply && reply->kind == Reply::Kind::kInteger) {
      return std::clamp(milliseconds(reply->integer), milliseconds(0), kLongestTokenWait);
    }
    return local_buckets_.Take(key, tokens, per_second / 2, burst / 2);
  }

  Result<std::string> Probe() override {
    const auto deadline = std::chrono::steady_clock::now() + kProbeBudget;
    PULSE_TRY(
        const Reply reply, pool_.Call(std::array<std::string_view, 2>{"INFO", "server"}, deadline)
    );
    if (reply.kind != Reply::Kind::kText) {
      return Error{
          ErrorKind::kUnavailable, "redis at " + pool_.address().Name() + ": " + reply.text
      };
    }
    constexpr std::string_view kField = "redis_version:";
    const auto at = reply.text.find(kField);
    if (at == std::string::npos) return std::string("Redis");
    const auto begin = at + kField.size();
    return "Redis " + reply.text.substr(begin, reply.text.find_first_of("\r\n", begin) - begin);
  }

 private:
  /// The one place that makes keys. What callers give already names the tenant.
  std::string KeyFor(KeyKind kind, std::string_view key) const {
    std::string full(prefix_);
    full.append(":").append(kLayout).append(kind == KeyKind::kValue ? ":v:" : ":b:").append(key);
    return full;
  }

  /// Runs `call(deadline)` behind the breaker and tells it how that went.
  template <class F>
  Result<Reply> Ask(F call) {
    PULSE_TRY(auto pass, breaker_.Admit());
    auto reply = call(std::chrono::steady_clock::now() + budget_);
    if (reply ? MeansAway(Refusal(*reply)) : reply.error().kind() != ErrorKind::kRateLimited) {
      pass.Failed();
    } else if (reply) {
      pass.Succeeded();
    }
    return reply;
  }

  static std::string_view Refusal(const Reply& reply) {
    return reply.kind == Reply::Kind::kRefusal ? std::string_view(reply.text) : std::string_view();
  }

  Result<Reply> RunScript(
      std::string_view key, double tokens, double per_second, double burst, TimePoint deadline
  ) {
    const std::string numbers[] = {Text(tokens), Text(per_second), Text(burst)};
    const std::string longest = std::to_string(kLongestTokenWait.count());
    std::array<std::string_view, 8> words{
        "EVALSHA", script_sha_, "1", key, numbers[0], numbers[1], numbers[2], longest
    };
    PULSE_TRY(Reply reply, pool_.Call(words, deadline));
    if (!Refusal(reply).starts_with("NOSCRIPT")) return reply;
    // Restarted or its scripts flushed; EVAL runs it and teaches it again.
    words[0] = "EVAL";
    words[1] = kTakeTokens;
    return pool_.Call(words, deadline);
  }

  const std::string prefix_;
  const milliseconds budget_;
  Pool pool_;
  resilience::Breaker breaker_;
  TokenBuckets local_buckets_;
  const std::string script_sha_;
};

}  // namespace

Result<std::unique_ptr<Cache>> NewRedisCache(RedisOptions options) {
  PULSE_TRY(Address address, ParseAddress(options.url));
  return std::unique_ptr<Cache>(std::make_unique<RedisCache>(std::move(address), std::move(options))
  );
}

}  // namespace pulse::cache::redis
