#include "pulse/pipeline/worker.h"

#include "pulse/base/failpoint.h"
#include "pulse/pipeline/disposition.h"
#include "pulse/resilience/pause.h"

namespace pulse::pipeline {
namespace {

constexpr std::chrono::seconds kAwayPause{1};

/// Larger pages are better read back one by one than kept in memory.
constexpr std::size_t kMostBytesAtHand = std::size_t{4} * 1024 * 1024;
/// Pages that took longer to come have a source that lets its readers wait: it is asked again while
/// others decode them.
constexpr std::chrono::milliseconds kQuick{80};

/// The pages of a committed unit, with the ids they were given.
std::vector<store::RawPage> PagesAtHand(store::Unit&& unit, const std::vector<RawId>& ids) {
  std::vector<store::RawPage> pages;
  for (std::size_t i = 0; i < unit.raw_pages.size(); ++i) {
    store::NewRawPage& page = unit.raw_pages[i];
    pages.push_back({
        .id = ids[i],
        .integration = unit.integration,
        .entity_type = std::move(page.entity_type),
        .request = std::move(page.request),
        .body = std::move(page.body),
        .fetched_at = page.fetched_at,
    });
  }
  return pages;
}

/// A batch that failed like this is done again one step at a time, so only the guilty one pays.
bool MayBeOneStepsFault(ErrorKind kind) {
  return kind == ErrorKind::kInternal || kind == ErrorKind::kInvalid ||
         kind == ErrorKind::kNotFound;
}

std::vector<model::StepRef> RefsOf(const std::vector<model::Step>& steps) {
  std::vector<model::StepRef> refs;
  refs.reserve(steps.size());
  for (const model::Step& step : steps) refs.push_back({step.id, step.epoch});
  return refs;
}

}  // namespace

Worker::Worker(
    Environment& environment,
    std::unique_ptr<queue::Consumer> consumer,
    const Stages& stages,
    model::Stage stage,
    WorkerId identity,
    ClaimPermit& permit,
    Observer& observer
)
    : env_(environment),
      consumer_(std::move(consumer)),
      stages_(stages),
      stage_(stage),
      identity_(identity),
      permit_(permit),
      observer_(observer),
      random_(std::random_device{}()) {}

void Worker::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    in_doubt_ = false;
    const Result<> handled = RunOnce(stop);
    if (!handled && handled.error().kind() == ErrorKind::kCancelled) continue;
    if (!handled || in_doubt_) Recollect(env_.clock.Now(), stop);
  }
}

// The database or the broker is away. The unacknowledged ring comes back at once, so without a
// pause the loop would spin until they return.
void Worker::Recollect(EpochMs since, const std::stop_token& stop) {
  do {
    if (!resilience::Pause(kAwayPause, stop)) return;
  } while (!PutBackForgotten(since));
  observer_.OnLedgerChanged();
}

Result<> Worker::PutBackForgotten(EpochMs since) {
  PULSE_TRY(const auto held, env_.store.dispatch().HeldBy(identity_, since));
  for (const auto& [tenant, step] : held) {
    // The others' claims of that moment are in their hands since the pause began.
    if (env_.hands->Hold(tenant, step.id)) continue;
    PULSE_TRY(
        [[maybe_unused]] const int put_back,
        env_.store.ledger().Retry(tenant, {step}, env_.clock.Now(), false, "")
    );
  }
  return {};
}

Result<> Worker::RunOnce(const std::stop_token& stop) {
  PULSE_TRY(const auto delivery, consumer_->Next(stop));
  PULSE_FAILPOINT("k0_delivered");
  if (const auto* order = std::get_if<queue::ForeignMessage>(&delivery->content())) {
    return AcceptOrder(*delivery, *order, stop);
  }
  const queue::Ring& ring = std::get<queue::Ring>(delivery->content());
  env_.turns->Arrive(ring.tenant);
  PULSE_CHECK(permit_.Await(stop));
  PULSE_TRY(
      const auto steps,
      env_.store.ledger().Claim(ring.tenant, ring.step, identity_, stages_.at(stage_)->max_batch())
  );
  if (!steps.empty()) {
    observer_.OnLedgerChanged();  // The dispatcher's window has room again.
    PULSE_CHECK(Process({.steps = steps}, stop));
  }
  PULSE_FAILPOINT("k13_before_ack");
  return delivery->Ack();
}

Result<> Worker::AcceptOrder(
    queue::Delivery& delivery, const queue::ForeignMessage& message, const std::stop_token& stop
) {
  if (!env_.accept_order) return delivery.Refuse("orders of other programs are not accepted here");
  PULSE_CHECK(permit_.Await(stop));
  auto accepted = env_.accept_order(message, [this](TenantId tenant) {
    return env_.turns->Arrive(tenant) ? std::optional(identity_) : std::nullopt;
  });
  if (!accepted && accepted.error().kind() == ErrorKind::kInvalid) {
    return delivery.Refuse(accepted.error().message());
  }
  PULSE_TRY(const std::optional<model::Step> step, std::move(accepted));
  if (!step) {
    PULSE_CHECK(delivery.Ack());
    observer_.OnLedgerChanged();
    return {};
  }
  const Hands::Holding holding(*env_.hands, {*step});
  PULSE_FAILPOINT("k1_claimed");
  PULSE_CHECK(delivery.Ack());
  return Process({.steps = {*step}}, stop);
}

Result<> Worker::Process(Claimed claimed, const std::stop_token& stop) {
  while (!claimed.steps.empty()) {
    PULSE_TRY(claimed, Advance(claimed, stop));
  }
  return {};
}

Result<Claimed> Worker::Advance(const Claimed& claimed, const std::stop_token& stop) {
  const std::vector<model::Step>& steps = claimed.steps;
  const Hands::Holding holding(*env_.hands, steps);
  const auto settle = [&](const Error& error) -> Result<Claimed> {
    PULSE_CHECK(Settle(steps, error, stop));
    return Claimed{};
  };
  const auto started = std::chrono::steady_clock::now();
  auto work = RunStage(claimed, stop);
  if (!work) return settle(work.error());
  store::Unit& unit = (*work)->unit;
  unit.goes_on = GoesOn(unit, std::chrono::steady_clock::now() - started);
  auto committed = env_.store.ledger().Commit(unit);
  if (!committed) {
    in_doubt_ = true;
    // One of these steps is somebody else's by now. Who owns which of them, the ledger knows.
    if (committed.error().kind() == ErrorKind::kConflict) return Claimed{};
    return settle(committed.error());
  }
  observer_.OnStepsDone({
      .first = steps.front(),
      .steps = steps.size(),
      .took = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now() - started
      ),
      .committed = *committed,
      .dead_letters = unit.dead_letters.size(),
  });
  if (committed->ended) observer_.OnJobFinished(*committed->ended);
  // What stays in these hands is nobody else's business.
  const bool makes_ready = committed->new_steps > committed->next.size();
  if (committed->ended || makes_ready) observer_.OnLedgerChanged();
  if (committed->next.empty()) return Claimed{};
  return Claimed{
      .steps = std::move(committed->next),
      .pages = PagesAtHand(std::move(unit), committed->raw_ids),
  };
}

std::optional<store::GoesOn> Worker::GoesOn(
    const store::Unit& unit, std::chrono::steady_clock::duration took
) const {
  std::size_t bytes = 0;
  for (const store::NewRawPage& page : unit.raw_pages) bytes += page.body.size();
  if (bytes > kMostBytesAtHand) return std::nullopt;
  store::GoesOn next{.worker = identity_, .stages = {}, .with_pages = took < kQuick};
  for (const auto& [stage, _] : stages_) {
    // A fetch is dispatched: whose turn it is at the source is not ours to say.
    if (stage != model::Stage::kExtract) next.stages.push_back(stage);
  }
  return next;
}

Result<std::unique_ptr<Work>> Worker::RunStage(
    const Claimed& claimed, const std::stop_token& stop
) {
  try {
    return stages_.at(claimed.steps.front().stage)->Run(claimed, stop);
  } catch (const std::exception& exception) {
    return Error{ErrorKind::kInternal, std::string("unexpected exception: ") + exception.what()};
  }
}

Result<> Worker::Settle(
    const std::vector<model::Step>& steps, const Error& error, const std::stop_token& stop
) {
  if (steps.size() > 1 && MayBeOneStepsFault(error.kind())) {
    for (const model::Step& step : steps) PULSE_CHECK(Process({.steps = {step}}, stop));
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
    observer_.OnStepRetried(steps.front(), error, run_after);
    PULSE_TRY(
        const int put_back,
        env_.store.ledger().Retry(
            steps.front().tenant, RefsOf(steps), run_after, next.attempted, error.message()
        )
    );
    if (put_back < static_cast<int>(steps.size())) in_doubt_ = true;
    return {};
  }
  observer_.OnStepFailed(steps.front(), error);
  PULSE_TRY(
      const store::Committed committed,
      env_.store.ledger().Fail(steps.front().tenant, steps, error, next.fatal)
  );
  if (committed.ended) observer_.OnJobFinished(*committed.ended);
  return {};
}

void Worker::PauseIntegration(const model::Step& step, const Error& error) {
  auto integration = env_.store.catalog().GetIntegration(step.tenant, step.integration);
  if (!integration || integration->state == model::IntegrationState::kNeedsAttention) return;
  integration->state = model::IntegrationState::kNeedsAttention;
  integration->state_reason = error.message();
  // If this write fails the next step meets the same refusal and tries again.
  static_cast<void>(env_.store.catalog().PutIntegration(*integration));
  env_.recent->Forget({step.tenant, step.integration});
}

}  // namespace pulse::pipeline
