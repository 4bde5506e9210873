#pragma once

/// \file
/// Database: one writing connection, a few reading ones, and the rules for using them: everything
/// that writes is one short BEGIN IMMEDIATE transaction; everything that reads sees one snapshot.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "pulse/base/clock.h"
#include "pulse/store/sqlite/connection.h"

namespace pulse::store::sqlite {

/// What a power cut may take back. A process that dies takes nothing back either way.
enum class Durability : unsigned char {
  kDurable,  ///< Nothing: the commit waits for the disk.
  /// The last commits, as if they had never been; never one without all that follow. For what only
  /// a living process needs to know (who holds a step, what was rung): it costs no wait.
  kOrdered,
};

/// Thread-safe.
class Database {
 public:
  static Result<std::unique_ptr<Database>> Open(
      const ConnectionOptions& options, int readers, const Clock& clock
  );

  /// Runs `work(connection)` in a transaction of its own: committed when it returns a value, rolled
  /// back when it returns an error. One at a time in this process; waits for other processes up to
  /// the busy timeout (then kUnavailable).
  template <class Work>
  std::invoke_result_t<Work, Connection&> Write(
      Work&& work, Durability durability = Durability::kDurable
  ) {
    const std::lock_guard lock(write_mutex_);
    PULSE_CHECK(Use(durability));
    PULSE_CHECK(writer_->Execute("BEGIN IMMEDIATE", "begin"));
    auto result = std::forward<Work>(work)(*writer_);
    if (!result) {
      writer_->RollBack();
      return result;
    }
    if (auto committed = writer_->Execute("COMMIT", "commit"); !committed) {
      writer_->RollBack();
      return std::move(committed).error();
    }
    return result;
  }

  /// Runs `work(connection)` like Write, and takes back whatever it wrote.
  template <class Work>
  std::invoke_result_t<Work, Connection&> Rehearse(Work&& work) {
    const std::lock_guard lock(write_mutex_);
    PULSE_CHECK(writer_->Execute("BEGIN IMMEDIATE", "begin"));
    auto result = std::forward<Work>(work)(*writer_);
    writer_->RollBack();
    return result;
  }

  /// Runs `work(connection)` on a reading connection, inside one snapshot.
  template <class Work>
  std::invoke_result_t<Work, Connection&> Read(Work&& work) {
    const Reader reader(*this);
    PULSE_CHECK(reader.connection().Execute("BEGIN", "begin"));
    auto result = std::forward<Work>(work)(reader.connection());
    reader.connection().RollBack();  // Nothing was written; this ends the snapshot.
    return result;
  }

  EpochMs now() const { return clock_.Now(); }
  const ConnectionOptions& options() const { return options_; }

 private:
  /// A reading connection on loan.
  class Reader {
   public:
    explicit Reader(Database& database);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Connection& connection() const { return *connection_; }

   private:
    Database& database_;
    std::unique_ptr<Connection> connection_;
  };

  Database(ConnectionOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}
  /// SQLite takes the setting between transactions only. Needs write_mutex_.
  Result<> Use(Durability durability);

  ConnectionOptions options_;
  const Clock& clock_;
  std::mutex write_mutex_;
  std::unique_ptr<Connection> writer_;
  Durability durability_ = Durability::kDurable;  ///< What writer_ is set to.
  std::mutex read_mutex_;
  std::condition_variable read_free_;
  std::vector<std::unique_ptr<Connection>> readers_;  ///< The idle ones.
};

}  // namespace pulse::store::sqlite
