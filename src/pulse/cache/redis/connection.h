#pragma once

/// \file
/// One connection to a Redis server: words out, one reply back, each by a deadline.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pulse/base/error.h"
#include "pulse/cache/redis/address.h"

struct redisContext;  // NOLINT(readability-identifier-naming): hiredis names it so.

namespace pulse::cache::redis {

/// An answer. A refusal ("WRONGTYPE …", "OOM …") is one: the server works, it only said no.
struct Reply {
  enum class Kind : unsigned char { kText, kInteger, kNothing, kRefusal, kOther };
  Kind kind = Kind::kOther;
  std::string text{};  ///< Of a text or a refusal; any bytes.
  std::int64_t integer = 0;
};

/// Not thread-safe. After an error it is of no use any more: an answer may still be on its way.
class Connection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Connects, authenticates and selects the database. Resolving a host *name* is the system's
  /// blocking call and the one thing `deadline` does not bound; an IP address costs nothing.
  /// Errors: kUnavailable, kTimeout, kUnauthorized (wrong password or none), kInvalid (no such
  /// database).
  static Result<Connection> Open(const Address& address, TimePoint deadline);

  /// Errors: kUnavailable (closed, or it speaks no RESP), kTimeout (the command may have run).
  Result<Reply> Call(std::span<const std::string_view> words, TimePoint deadline);

 private:
  struct Free {
    void operator()(redisContext* context) const noexcept;
  };
  explicit Connection(redisContext* context) : context_(context) {}

  Result<> Introduce(const Address& address, TimePoint deadline);
  Result<> Write(std::string_view bytes, TimePoint deadline);
  Result<> Read(TimePoint deadline);

  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace pulse::cache::redis
