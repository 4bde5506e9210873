#pragma once

/// \file
/// Changes: tells every process on this database that the ledger changed, so that nobody polls. A
/// hint like a ring: one may be lost (the next look finds what it was about), several may arrive as
/// one. It carries nothing; whoever gets it looks into the ledger. Thread-safe.

#include <functional>
#include <memory>

namespace pulse::store {

class Changes {
 public:
  virtual ~Changes() = default;

  /// Something was committed. Never blocks; announcements close together travel as one.
  virtual void Announce() = 0;

  /// Stops the calls when it goes; after that none is under way.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  /// Calls `on_change` after announcements of any process, this one included, and after a lost
  /// connection was made again. From a thread of its own: be quick, and make no subscription there.
  virtual std::unique_ptr<Subscription> Subscribe(std::function<void()> on_change) = 0;
};

}  // namespace pulse::store
