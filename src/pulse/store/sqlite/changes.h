#pragma once

/// \file
/// SqliteChanges: announcements within this process; other processes are told by the owner's
/// socket (control/owner.h). Subscribers are called by the announcing thread itself, one at a time:
/// all they do is notify. See store/changes.h.

#include <map>
#include <mutex>

#include "pulse/store/changes.h"

namespace pulse::store::sqlite {

/// Outlives its subscriptions.
class SqliteChanges final : public Changes {
 public:
  void Announce() override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, on_change] : subscribers_) on_change();
  }

  std::unique_ptr<Subscription> Subscribe(std::function<void()> on_change) override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = ++last_id_;
    subscribers_.emplace(id, std::move(on_change));
    return std::make_unique<Leaving>(*this, id);
  }

 private:
  class Leaving final : public Subscription {
   public:
    Leaving(SqliteChanges& changes, std::uint64_t id) : changes_(changes), id_(id) {}
    ~Leaving() override {
      const std::lock_guard lock(changes_.mutex_);
      changes_.subscribers_.erase(id_);
    }
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

   private:
    SqliteChanges& changes_;
    std::uint64_t id_;
  };

  std::mutex mutex_;  // Guards what follows; held while subscribers are called.
  std::map<std::uint64_t, std::function<void()>> subscribers_;
  std::uint64_t last_id_ = 0;
};

}  // namespace pulse::store::sqlite
