#pragma once

/// \file
/// For tests of this module: a process that can be frozen like by SIGSTOP. It sees the store and
/// the queue through these, whose calls stand still while the gate is shut; the database does not.

#include "pulse/control/test_pipeline.h"

namespace pulse::control {

/// Whether one more of so many is to fail.
inline bool Loses(std::atomic<int>& left) {
  if (left <= 0) return false;
  return left.fetch_sub(1) > 0;
}

class FrozenDispatch final : public store::Dispatch {
 public:
  FrozenDispatch(store::Dispatch& to, const Gate& gate) : to_(to), gate_(gate) {}

  Result<WorkerId> NewWorker(std::chrono::milliseconds lease) override {
    return Pass().NewWorker(lease);
  }
  Result<> RenewWorker(WorkerId worker, std::chrono::milliseconds lease) override {
    return Pass().RenewWorker(worker, lease);
  }
  Result<> RetireWorker(WorkerId worker) override { return Pass().RetireWorker(worker); }
  Result<> EndOtherLeases(WorkerId survivor) override { return Pass().EndOtherLeases(survivor); }
  Result<> KeepHouse() override { return Pass().KeepHouse(); }
  Result<int> LiveWorkers() override { return Pass().LiveWorkers(); }
  Result<std::optional<Term>> Lead(WorkerId worker, std::chrono::milliseconds lease) override {
    return Pass().Lead(worker, lease);
  }
  Result<> Resign(Term term) override { return Pass().Resign(term); }
  Result<std::vector<Ready>> TakeReady(Term term, EpochMs now, EpochMs not_rung_since, int window)
      override {
    auto ready = Pass().TakeReady(term, now, not_rung_since, window);
    if (!ready && ready.error().kind() == ErrorKind::kConflict) ++refused;
    return ready;
  }
  Result<std::optional<EpochMs>> NextDue(EpochMs now) override { return Pass().NextDue(now); }
  Result<std::vector<Held>> HeldBy(WorkerId worker, EpochMs claimed_until) override {
    return Pass().HeldBy(worker, claimed_until);
  }
  Result<int> RecoverLost(Term term) override {
    if (Loses(busy_sweeps)) return Error{ErrorKind::kUnavailable, "the database is busy"};
    auto recovered = Pass().RecoverLost(term);
    if (!recovered && recovered.error().kind() == ErrorKind::kConflict) ++refused;
    return recovered;
  }
  Result<std::map<model::Stage, std::int64_t>> ReadyByStage() override {
    return Pass().ReadyByStage();
  }

  std::atomic<int> refused{0};      ///< Calls of a term that was over.
  std::atomic<int> busy_sweeps{0};  ///< RecoverLost calls that are yet to fail.

 private:
  store::Dispatch& Pass() {
    gate_.Pass();
    return to_;
  }
  store::Dispatch& to_;
  const Gate& gate_;
};

class FrozenLedger final : public store::Ledger {
 public:
  FrozenLedger(store::Ledger& to, const Gate& gate) : to_(to), gate_(gate) {}

  Result<std::vector<model::Step>> Claim(
      TenantId tenant, StepId step, WorkerId worker, int max_batch
  ) override {
    auto claimed = Pass().Claim(tenant, step, worker, max_batch);
    if (claimed && !claimed->empty() && Loses(lost_claims)) return NoAnswer();
    return claimed;
  }
  Result<store::Committed> Commit(const store::Unit& unit) override {
    if (unit.done.size() > 1 && Loses(stolen_steps)) {
      PULSE_TRY(const int stolen, to_.Retry(unit.tenant, {unit.done.front()}, 0, false, ""));
      static_cast<void>(stolen);
    }
    if (unit.goes_on && unit.raw_pages.size() == 1 && Loses(forgotten_units)) return Forget(unit);
    auto committed = Pass().Commit(unit);
    if (!committed && committed.error().kind() == ErrorKind::kConflict) ++refused;
    if (committed && !committed->next.empty() && Loses(lost_commits)) return NoAnswer();
    return committed;
  }
  Result<int> Retry(
      TenantId tenant,
      const std::vector<model::StepRef>& steps,
      EpochMs run_after,
      bool attempted,
      std::string_view error
  ) override {
    return Pass().Retry(tenant, steps, run_after, attempted, error);
  }
  Result<store::Committed> Fail(
      TenantId tenant, const std::vector<model::Step>& steps, const Error& error, bool fatal
  ) override {
    return Pass().Fail(tenant, steps, error, fatal);
  }
  Result<store::Preview> PreviewMerge(const store::Unit& unit, int limit) override {
    return Pass().PreviewMerge(unit, limit);
  }
  Result<store::Missing> ReadMissing(
      TenantId tenant, JobId job, std::string_view entity_type, int limit
  ) override {
    return Pass().ReadMissing(tenant, job, entity_type, limit);
  }
  Result<std::vector<std::string>> ReadAbsent(
      TenantId tenant,
      IntegrationId integration,
      std::string_view entity_type,
      const std::vector<std::string>& external_ids
  ) override {
    return Pass().ReadAbsent(tenant, integration, entity_type, external_ids);
  }
  Result<std::vector<store::StagedRows>> ReadStaged(TenantId tenant, StepId step) override {
    return Pass().ReadStaged(tenant, step);
  }

  std::atomic<int> refused{0};  ///< Commits of steps that somebody else owned by then.
  // Answers that are yet to get lost: of claims, and of commits that hand the next step over.
  std::atomic<int> lost_claims{0};
  std::atomic<int> lost_commits{0};
  std::atomic<int> forgotten_units{0};  ///< Commits of a page, handed over, that never took effect.
  std::atomic<int> stolen_steps{0
  };  ///< Of batches, that are yet to become ready before the commit.

 private:
  static Error NoAnswer() { return Error{ErrorKind::kUnavailable, "the connection broke"}; }
  /// The answer to a commit that a crash of the server then took back.
  static store::Committed Forget(const store::Unit& unit) {
    const RawId raw{1'000'000};
    store::Committed committed;
    committed.raw_ids = {raw};
    committed.new_steps = 1;
    committed.next.push_back({
        .id = StepId{1'000'000},
        .tenant = unit.tenant,
        .integration = unit.integration,
        .job = unit.job,
        .stage = model::Stage::kTransform,
        .entity_type = unit.raw_pages[0].entity_type,
        .params = R"({"raw_ids":[1000000]})",
        .epoch = 1,
    });
    return committed;
  }
  store::Ledger& Pass() {
    gate_.Pass();
    return to_;
  }
  store::Ledger& to_;
  const Gate& gate_;
};

class FrozenStore final : public store::Store {
 public:
  explicit FrozenStore(store::Store& to)
      : to_(to), dispatch_(to.dispatch(), gate_), ledger_(to.ledger(), gate_) {}

  store::Ledger& ledger() override { return ledger_; }
  store::Dispatch& dispatch() override { return dispatch_; }
  store::Jobs& jobs() override { return to_.jobs(); }
  store::SyncWindows& sync_windows() override { return to_.sync_windows(); }
  store::Schedules& schedules() override { return to_.schedules(); }
  store::Catalog& catalog() override { return to_.catalog(); }
  store::RawPages& raw_pages() override { return to_.raw_pages(); }
  store::DeadLetters& dead_letters() override { return to_.dead_letters(); }
  store::Tables& tables() override { return to_.tables(); }
  store::Changes& changes() override { return to_.changes(); }
  Result<std::string> Probe() override { return to_.Probe(); }

  Gate& gate() { return gate_; }
  FrozenLedger& frozen_ledger() { return ledger_; }
  FrozenDispatch& frozen_dispatch() { return dispatch_; }
  int refused_calls() const { return dispatch_.refused; }
  int refused_commits() const { return ledger_.refused; }

 private:
  store::Store& to_;
  Gate gate_;
  FrozenDispatch dispatch_;
  FrozenLedger ledger_;
};

/// Takes nothing out of the queue while the gate is shut.
class FrozenQueue final : public queue::Queue {
 public:
  FrozenQueue(queue::Queue& to, const Gate& gate) : to_(to), gate_(gate) {}

  Result<> Prepare() override { return to_.Prepare(); }
  std::unique_ptr<queue::Publisher> NewPublisher() override { return to_.NewPublisher(); }
  std::unique_ptr<queue::Consumer> NewConsumer(model::Stage stage) override {
    return std::make_unique<FrozenConsumer>(to_.NewConsumer(stage), gate_);
  }
  Result<std::string> Probe() override { return to_.Probe(); }

 private:
  class FrozenConsumer final : public queue::Consumer {
   public:
    FrozenConsumer(std::unique_ptr<queue::Consumer> to, const Gate& gate)
        : to_(std::move(to)), gate_(gate) {}
    Result<std::unique_ptr<queue::Delivery>> Next(std::stop_token stop) override {
      for (;;) {
        gate_.Pass();
        auto delivery = to_->Next(stop);
        if (!delivery || !gate_.shut()) return delivery;
        // Dropped: it was never taken.
      }
    }

   private:
    std::unique_ptr<queue::Consumer> to_;
    const Gate& gate_;
  };

  queue::Queue& to_;
  const Gate& gate_;
};

}  // namespace pulse::control
