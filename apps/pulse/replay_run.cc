#include "replay_run.h"

#include <algorithm>

#include "following.h"
#include "json_output.h"
#include "receipt_text.h"
#include "replay_preview.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

Result<std::int64_t> CountPages(
    Engine& engine, const model::Tenant& tenant, const std::vector<ReplayOf>& replays
) {
  std::int64_t pages = 0;
  for (const ReplayOf& replay : replays) {
    if (!replay.scope.pages.empty()) {
      pages += std::ssize(replay.scope.pages);
      continue;
    }
    PULSE_TRY(
        const auto newest,
        engine.store().raw_pages().Newest(tenant.id, replay.integration, replay.scope.entity_type)
    );
    pages += std::ssize(newest);
  }
  return pages;
}

ExitCode Worse(ExitCode a, ExitCode b) {
  const auto rank = [](ExitCode code) {
    return code == ExitCode::kOk ? 0 : code == ExitCode::kPartial ? 1 : 2;
  };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace

Result<ExitCode> RunReplays(
    Context& context,
    Engine& engine,
    const model::Tenant& tenant,
    const std::vector<ReplayOf>& replays,
    std::stop_token stop
) {
  if (context.call().Has("dry-run")) return PreviewReplays(context, engine, tenant, replays);
  PULSE_TRY(const std::int64_t pages, CountPages(engine, tenant, replays));
  Json receipts = Json::array();
  ExitCode code = ExitCode::kOk;
  for (const ReplayOf& replay : replays) {
    PULSE_TRY(
        model::Integration integration,
        engine.store().catalog().GetIntegration(tenant.id, replay.integration)
    );
    PULSE_TRY(const store::Submitted submitted, SubmitReplay(engine, integration, replay.scope));
    std::vector<Followed> jobs = {{tenant, std::move(integration), submitted.job, {}}};
    PULSE_CHECK(FollowAll(context, engine, jobs, stop));
    const Followed& job = jobs.front();
    code = Worse(code, ExitCodeOf(job.receipt.status));
    receipts.push_back(
        {{"tenant", tenant.name},
         {"integration", job.integration.name},
         {"receipt", ToJson(job.receipt)}}
    );
    if (!context.json()) {
      context.Print(
          ReceiptText(job.receipt, tenant.name + "/" + job.integration.name, context.width())
      );
    }
  }
  if (context.json()) {
    context.PrintJson(Dump({{"replayed_pages", pages}, {"receipts", std::move(receipts)}}));
  } else if (replays.empty()) {
    context.Print("nothing to transform again\n");
  }
  return code;
}

}  // namespace pulse::app
