#pragma once

/// \file
/// SqliteChanges: announcements within this process; other processes are told by the owner's
/// socket (control/owner.h). See store/changes.h.

#include "pulse/store/changes.h"

namespace pulse::store::sqlite {

class SqliteChanges final : public Changes {
 public:
  void Announce() override {}
  std::unique_ptr<Subscription> Subscribe(std::function<void()> /*on_change*/) override {
    return std::make_unique<Subscription>();
  }
};

}  // namespace pulse::store::sqlite
