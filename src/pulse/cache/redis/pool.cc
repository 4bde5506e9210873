#include "pulse/cache/redis/pool.h"

#include <optional>
#include <utility>

namespace pulse::cache::redis {

/// The right to use one connection, given back when it ends.
class Pool::Place {
 public:
  static Result<Place> Take(Pool& pool, TimePoint deadline) {
    std::unique_lock lock(pool.mutex_);
    if (!pool.freed_.wait_until(lock, deadline, [&] { return pool.places_ > 0; })) {
      return Error{ErrorKind::kRateLimited, "all connections to redis are in use"};
    }
    --pool.places_;
    std::optional<Connection> kept;
    if (!pool.idle_.empty()) {
      kept = std::move(pool.idle_.back());
      pool.idle_.pop_back();
    }
    return Place(pool, std::move(kept));
  }
  Place(Place&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), kept_(std::move(other.kept_)) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (pool_ == nullptr) return;
    {
      const std::lock_guard lock(pool_->mutex_);
      ++pool_->places_;
    }
    pool_->freed_.notify_one();
  }
  std::optional<Connection>& kept() { return kept_; }

 private:
  Place(Pool& pool, std::optional<Connection> kept) : pool_(&pool), kept_(std::move(kept)) {}
  Pool* pool_;
  std::optional<Connection> kept_;
};

Result<Reply> Pool::Call(std::span<const std::string_view> words, TimePoint deadline) {
  PULSE_TRY(Place place, Place::Take(*this, deadline));
  if (place.kept()) {
    Connection connection = *std::move(place.kept());
    auto reply = connection.Call(words, deadline);
    if (reply) Keep(std::move(connection));
    if (reply || reply.error().kind() != ErrorKind::kUnavailable) return reply;
    ForgetIdle();  // Restarted meanwhile, most likely.
  }
  PULSE_TRY(Connection connection, Connection::Open(address_, deadline));
  auto reply = connection.Call(words, deadline);
  if (reply) Keep(std::move(connection));
  return reply;
}

void Pool::Keep(Connection connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

void Pool::ForgetIdle() {
  std::vector<Connection> gone;  // Declared before the lock: closed after it.
  const std::lock_guard lock(mutex_);
  gone.swap(idle_);
}

}  // namespace pulse::cache::redis
