#include "following.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "advice.h"
#include "progress_board.h"
#include "receipt_text.h"
#include "values.h"

namespace pulse::app {
namespace {

BoardKind KindFor(Context& context) {
  if (context.quiet()) return BoardKind::kSilent;
  return context.streams().err_is_terminal ? BoardKind::kTerminal : BoardKind::kLines;
}

std::string Names(const std::vector<Followed>& jobs) {
  std::string names;
  for (const Followed& job : jobs) {
    names += (names.empty() ? "job " : ", ") + std::to_string(job.job.value());
  }
  return names;
}

Error Interrupted(const std::vector<Followed>& jobs) {
  return Error{
      ErrorKind::kCancelled,
      "interrupted: " + Names(jobs) + " can go on, nothing is lost; fix: run the same command again"
  };
}

Error TimedOut(const std::vector<Followed>& jobs, std::string_view timeout) {
  const Followed& first = jobs.front();
  return Error{
      ErrorKind::kTimeout,
      Names(jobs) + " is not done after " + std::string(timeout) +
          ", nothing is lost; fix: pulse job watch " + std::to_string(first.job.value()) +
          " --tenant " + first.tenant.name
  };
}

/// A stop that comes with the caller's, or by itself when the time is up.
class Deadline {
 public:
  Deadline(std::optional<std::chrono::milliseconds> time, const std::stop_token& caller)
      : forward_(caller, [this] { stop_.request_stop(); }) {
    if (!time) return;
    timer_ = std::jthread([this, time](const std::stop_token& quit) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any().wait_for(lock, quit, *time, [] { return false; });
      if (!quit.stop_requested()) stop_.request_stop();
    });
  }
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread timer_;
};

/// One thread a job, one line on the board; what became of each, in the order of `jobs`.
std::vector<Result<model::Receipt>> FollowEach(
    Context& context, Engine& engine, const std::vector<Followed>& jobs, const std::stop_token& stop
) {
  std::vector<Result<model::Receipt>> outcomes(jobs.size());
  ProgressBoard board(context.streams().err, KindFor(context), context.color());
  const auto follow = [&](std::size_t i, std::size_t slot) {
    const auto show = [&](const store::JobProgress& progress) { board.Update(slot, progress); };
    outcomes[i] = engine.Follow(jobs[i].tenant.id, jobs[i].job, show, stop);
  };
  std::vector<std::jthread> followers;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const model::Integration& integration = jobs[i].integration;
    const std::size_t slot =
        board.Add(jobs[i].tenant.name + "/" + integration.name, integration.provider);
    followers.emplace_back(follow, i, slot);
  }
  followers.clear();  // joins
  return outcomes;
}

}  // namespace

Result<std::optional<std::chrono::milliseconds>> ReadTimeout(const Invocation& call) {
  if (!call.Has("timeout")) return std::optional<std::chrono::milliseconds>{};
  PULSE_TRY(const auto time, ParseDuration(call.Value("timeout")));
  return std::optional(time);
}

Result<> FollowAll(
    Context& context, Engine& engine, std::vector<Followed>& jobs, std::stop_token stop
) {
  PULSE_TRY(const auto timeout, ReadTimeout(context.call()));
  const Deadline deadline(timeout, stop);
  std::vector<Result<model::Receipt>> outcomes =
      FollowEach(context, engine, jobs, deadline.token());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!outcomes[i]) {
      Error error = std::move(outcomes[i]).error();
      if (error.kind() == ErrorKind::kCancelled) {
        if (stop.stop_requested()) return Interrupted(jobs);
        return TimedOut(jobs, context.call().Value("timeout"));
      }
      return std::move(error).While("follow job " + std::to_string(jobs[i].job.value()));
    }
    jobs[i].receipt = *std::move(outcomes[i]);
  }
  return {};
}

Result<ExitCode> ReportJob(Context& context, Engine& engine, const Followed& job) {
  if (context.json()) {
    context.PrintJson(job.receipt.ToJson());
  } else {
    context.Print(
        ReceiptText(job.receipt, job.tenant.name + "/" + job.integration.name, context.width())
    );
  }
  const ExitCode code = ExitCodeOf(job.receipt.status);
  if (code == ExitCode::kOk) return code;

  PULSE_TRY(const model::Job stored, engine.store().jobs().Get(job.tenant.id, job.job));
  PULSE_TRY(
      const model::Integration integration,
      engine.store().catalog().GetIntegration(job.tenant.id, job.integration.id)
  );
  context.Warn(JobAdvice(stored, job.receipt, integration, job.tenant.name));
  const bool refused = integration.state == model::IntegrationState::kNeedsAttention;
  if (refused && code == ExitCode::kFailed) return ExitCode::kUnauthorized;
  return code;
}

}  // namespace pulse::app
