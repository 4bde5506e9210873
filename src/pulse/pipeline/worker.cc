#include "pulse/pipeline/worker.h"

#include "pulse/base/failpoint.h"
#include "pulse/pipeline/disposition.h"
#include "pulse/resilience/pause.h"

namespace pulse::pipeline {
namespace {

constexpr std::chrono::seconds kAwayPause{1};

/// A batch that failed like this is done again one step at a time, so only the guilty one pays.
bool MayBeOneStepsFault(ErrorKind kind) {
  return kind == ErrorKind::kInternal || kind == ErrorKind::kInvalid ||
         kind == ErrorKind::kNotFound;
}

}  // namespace

Worker::Worker(
    Environment& environment,
    std::unique_ptr<queue::Consumer> consumer,
    std::unique_ptr<Stage> stage,
    WorkerId identity,
    ClaimPermit& permit,
    Observer& observer
)
    : env_(environment),
      consumer_(std::move(consumer)),
      stage_(std::move(stage)),
      identity_(identity),
      permit_(permit),
      observer_(observer),
      random_(std::random_device{}()) {}

void Worker::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Result<> handled = RunOnce(stop);
    if (handled || handled.error().kind() == ErrorKind::kCancelled) continue;
    // The database or the broker is away. The ledger still holds the step and the unacknowledged
    // ring comes back at once, so without a pause this loop would spin until they return.
    static_cast<void>(resilience::Pause(kAwayPause, stop));
    observer_.OnLedgerChanged();
  }
}

Result<> Worker::RunOnce(const std::stop_token& stop) {
  PULSE_TRY(const auto delivery, consumer_->Next(stop));
  PULSE_FAILPOINT("k0_delivered");
  if (const auto* order = std::get_if<queue::ForeignMessage>(&delivery->content())) {
    return AcceptOrder(*delivery, *order);
  }
  const queue::Ring& ring = std::get<queue::Ring>(delivery->content());
  PULSE_CHECK(permit_.Await(stop));
  PULSE_TRY(
      const auto steps,
      env_.store.ledger().Claim(ring.tenant, ring.step, identity_, stage_->max_batch())
  );
  if (!steps.empty()) {
    observer_.OnLedgerChanged();  // The dispatcher's window has room again.
    PULSE_CHECK(Process(steps, stop));
  }
  PULSE_FAILPOINT("k13_before_ack");
  return delivery->Ack();
}

Result<> Worker::AcceptOrder(queue::Delivery& delivery, const queue::ForeignMessage& message) {
  if (!env_.accept_order) return delivery.Refuse("orders of other programs are not accepted here");
  const Result<> accepted = env_.accept_order(message);
  if (!accepted && accepted.error().kind() == ErrorKind::kInvalid) {
    return delivery.Refuse(accepted.error().message());
  }
  PULSE_CHECK(accepted);
  PULSE_CHECK(delivery.Ack());
  observer_.OnLedgerChanged();
  return {};
}

Result<> Worker::Process(const std::vector<model::Step>& steps, const std::stop_token& stop) {
  const auto started = std::chrono::steady_clock::now();
  const auto work = RunStage(steps, stop);
  if (!work) return Settle(steps, work.error(), stop);
  const auto committed = env_.store.ledger().Commit((*work)->unit);
  if (!committed) {
    // Somebody else owns these steps by now; they will be, or are, done by that owner.
    if (committed.error().kind() == ErrorKind::kConflict) return {};
    return Settle(steps, committed.error(), stop);
  }
  observer_.OnStepsDone({
      .first = steps.front(),
      .steps = steps.size(),
      .took = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now() - started
      ),
      .committed = *committed,
      .dead_letters = (*work)->unit.dead_letters.size(),
  });
  if (committed->finished) observer_.OnJobFinished(steps.front(), *committed->finished);
  observer_.OnLedgerChanged();
  return {};
}

Result<std::unique_ptr<Work>> Worker::RunStage(
    const std::vector<model::Step>& steps, const std::stop_token& stop
) {
  try {
    return stage_->Run(steps, stop);
  } catch (const std::exception& exception) {
    return Error{ErrorKind::kInternal, std::string("unexpected exception: ") + exception.what()};
  }
}

Result<> Worker::Settle(
    const std::vector<model::Step>& steps, const Error& error, const std::stop_token& stop
) {
  if (steps.size() > 1 && MayBeOneStepsFault(error.kind())) {
    for (const model::Step& step : steps) PULSE_CHECK(Process({step}, stop));
    return {};
  }
  PULSE_CHECK(PutBack(steps, error));
  observer_.OnLedgerChanged();
  return {};
}

Result<> Worker::PutBack(const std::vector<model::Step>& steps, const Error& error) {
  const Disposition next = DispositionOf(error, steps.front(), random_);
  if (next.pause_integration) PauseIntegration(steps.front(), error);
  if (next.action == Disposition::Action::kRetry) {
    const EpochMs run_after = env_.clock.Now() + next.wait.count();
    std::vector<model::StepRef> refs;
    refs.reserve(steps.size());
    for (const model::Step& step : steps) refs.push_back({step.id, step.epoch});
    observer_.OnStepRetried(steps.front(), error, run_after);
    return env_.store.ledger().Retry(
        steps.front().tenant, refs, run_after, next.attempted, error.message()
    );
  }
  observer_.OnStepFailed(steps.front(), error);
  PULSE_TRY(
      const store::Committed committed,
      env_.store.ledger().Fail(steps.front().tenant, steps, error, next.fatal)
  );
  if (committed.finished) observer_.OnJobFinished(steps.front(), *committed.finished);
  return {};
}

void Worker::PauseIntegration(const model::Step& step, const Error& error) {
  auto integration = env_.store.catalog().GetIntegration(step.tenant, step.integration);
  if (!integration || integration->state == model::IntegrationState::kNeedsAttention) return;
  integration->state = model::IntegrationState::kNeedsAttention;
  integration->state_reason = error.message();
  // If this write fails the next step meets the same refusal and tries again.
  static_cast<void>(env_.store.catalog().PutIntegration(*integration));
  env_.recent->integrations.Forget({step.tenant, step.integration});
}

}  // namespace pulse::pipeline
