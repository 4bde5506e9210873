#include <fstream>

#include "handlers.h"
#include "interrupt.h"
#include "values.h"

#include "pulse/simulate/simulator.h"

namespace pulse::app {
namespace {

Result<> ReadListen(const Invocation& call, simulate::SimulateOptions& options) {
  PULSE_TRY(HostPort listen, ParseHostPort(call.Value("listen")));
  options.address = std::move(listen.host);
  options.port = listen.port;
  if (!call.Has("tls-listen")) return {};
  PULSE_TRY(HostPort tls, ParseHostPort(call.Value("tls-listen")));
  options.tls = true;
  options.tls_address = std::move(tls.host);
  options.tls_port = tls.port;
  return {};
}

Result<> ReadWorld(const Invocation& call, simulate::SimulateOptions& options) {
  constexpr std::int64_t kMost = 100'000'000;
  PULSE_TRY(const std::int64_t seed, ParseCount("--seed", call.Value("seed", "1"), 0, INT64_MAX));
  options.seed = static_cast<std::uint64_t>(seed);
  PULSE_TRY(options.issues, ParseCount("--issues", call.Value("issues", "1000"), 0, kMost));
  PULSE_TRY(options.prs, ParseCount("--prs", call.Value("prs", "300"), 0, kMost));
  options.jira_issue_files = call.Values("jira-issues");
  options.jira_field_files = call.Values("jira-fields");
  options.github_pr_files = call.Values("github-prs");
  options.github_review_files = call.Values("github-reviews");
  options.github_pr_commit_files = call.Values("github-pr-commits");
  options.github_issue_comment_files = call.Values("github-issue-comments");
  options.github_review_comment_files = call.Values("github-review-comments");
  return {};
}

Result<> ReadTrouble(const Invocation& call, simulate::SimulateOptions& options) {
  if (call.Has("latency")) {
    PULSE_TRY(options.latency, ParseDuration(call.Value("latency")));
  }
  if (call.Has("rate-limit")) {
    PULSE_TRY(options.rate_limit_per_second, ParseRate(call.Value("rate-limit")));
  }
  for (const std::string& text : call.Values("fault")) {
    PULSE_TRY(auto fault, ParseFault(text));
    options.faults.push_back({std::move(fault.first), fault.second});
  }
  PULSE_TRY(const std::int64_t threads, ParseCount("--threads", call.Value("threads", "1"), 1, 64));
  options.threads = static_cast<int>(threads);
  return {};
}

Result<> WriteCertificate(const std::string& path, const std::string& pem) {
  if (path.empty()) return {};
  std::ofstream file(path, std::ios::trunc);
  file << pem << std::flush;
  if (file) return {};
  return Error{ErrorKind::kInvalid, "cannot write the certificate to " + path};
}

}  // namespace

Result<ExitCode> RunSimulate(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  simulate::SimulateOptions options;
  PULSE_CHECK(ReadListen(context.call(), options));
  PULSE_CHECK(ReadWorld(context.call(), options));
  PULSE_CHECK(ReadTrouble(context.call(), options));
  PULSE_TRY(const auto simulator, simulate::StartSimulator(options));
  PULSE_CHECK(
      WriteCertificate(context.call().Value("tls-certificate-out"), simulator->tls_certificate())
  );
  std::string ready =
      "simulating on http://" + options.address + ":" + std::to_string(simulator->port());
  if (options.tls) {
    ready += " and https://" + options.tls_address + ":" + std::to_string(simulator->tls_port());
  }
  context.Note(ready);
  WaitFor(stop);
  if (context.json()) context.PrintJson(simulator->StatsJson());
  simulator->Stop();
  return ExitCode::kOk;
}

}  // namespace pulse::app
