#include "pulse/simulate/simulator.h"

#include <atomic>
#include <string_view>
#include <utility>

#include "pulse/base/clock.h"
#include "pulse/http/certificate.h"
#include "pulse/http/server.h"
#include "pulse/model/json_text.h"
#include "pulse/simulate/api.h"
#include "pulse/simulate/call_counts.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/rate_limit.h"

namespace pulse::simulate {
namespace {

constexpr std::chrono::milliseconds kSlowDelay{2000};
constexpr std::string_view kBurst = "jira-burst-based";
constexpr std::string_view kQuota = "jira-quota-tenant-based";

bool IsJiraPath(std::string_view path) {
  return path.starts_with("/rest/") || path.starts_with("/dc/") || path.starts_with("/ex/jira/");
}

http::Response Json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json;charset=UTF-8");
  response.body = std::move(body);
  return response;
}

http::Response LoginPage() {
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/html;charset=UTF-8");
  response.body =
      "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>"
      "<form action=\"/login\" method=\"post\"><input name=\"username\"></form></body></html>\n";
  return response;
}

http::Response ServerFailure(int status) {
  return Json(
      status,
      "{\"message\":\"the service failed on purpose\",\"status\":" + std::to_string(status) + "}"
  );
}

/// The minute the bucket is full again, the way Jira writes it: without seconds.
std::string ResetMinute(EpochMs now) { return FormatInstant(now + kMinuteMs).substr(0, 16) + "Z"; }

http::Response TooMany(int retry_after_seconds, std::string_view reason) {
  http::Response response = Json(
      429,
      "{\"errorMessages\":[\"Rate limit exceeded.\"],\"errors\":{},"
      "\"message\":\"You have exceeded a secondary rate limit.\"}"
  );
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  response.headers.emplace_back("RateLimit-Reason", reason);
  return response;
}

class RunningSimulator final : public Simulator {
 public:
  explicit RunningSimulator(SimulateOptions options)
      : options_(std::move(options)), rate_limit_(options_.rate_limit_per_second) {}
  ~RunningSimulator() override { Stop(); }

  Result<> Start() {
    PULSE_TRY(faults_, FaultPlan::Make(options_.seed, options_.faults));
    PULSE_TRY(jira_, NewJiraApi(options_, *faults_));
    PULSE_TRY(github_, NewGithubApi(options_, *faults_));
    const auto handler = [this](const http::Request& request) { return Handle(request); };
    http::ServerOptions plain;
    plain.address = options_.address;
    plain.port = options_.port;
    plain.threads = options_.threads;
    PULSE_TRY(server_, http::Serve(plain, handler));
    if (!options_.tls) return {};
    PULSE_TRY(identity_, http::SelfSigned({"localhost", "127.0.0.1", options_.tls_address}));
    http::ServerOptions tls;
    tls.address = options_.tls_address;
    tls.port = options_.tls_port;
    tls.threads = options_.threads;
    tls.tls_certificate = identity_.certificate;
    tls.tls_key = identity_.key;
    PULSE_TRY(tls_server_, http::Serve(tls, handler));
    return {};
  }

  std::uint16_t port() const override { return server_->port(); }
  std::uint16_t tls_port() const override { return tls_server_ ? tls_server_->port() : 0; }
  const std::string& tls_certificate() const override { return identity_.certificate; }

  std::string StatsJson() const override {
    return "{\"calls\":" + counts_.Json() +
           ",\"points\":" + std::to_string(jira_->points() + github_->points()) +
           ",\"faults\":" + faults_->CountsJson() + ",\"records\":{" + jira_->RecordsJson() + "," +
           github_->RecordsJson() + "}}";
  }

  void Stop() override {
    if (server_) server_->Stop();
    if (tls_server_) tls_server_->Stop();
  }

 private:
  http::Response Handle(const http::Request& request) {
    if (request.path == "/_simulate/health") return Json(200, "{\"status\":\"ok\"}");
    if (request.path == "/_simulate/stats") return Json(200, StatsJson());
    if (request.path == "/_simulate/jira") return Edit(*jira_, request);
    if (request.path == "/_simulate/github") return Edit(*github_, request);
    counts_.Count(request.method, request.path);
    http::Response response = Answer(request);
    response.delay += options_.latency;
    return response;
  }

  static http::Response Edit(Api& api, const http::Request& request) {
    if (request.method != "POST") return Json(405, "{\"message\":\"POST an edit\"}");
    const Result<> edited = api.Edit(request.body);
    if (edited) return Json(200, "{\"status\":\"ok\"}");
    std::string body = "{\"message\":";
    model::AppendJsonString(body, edited.error().message());
    return Json(400, body + "}");
  }

  http::Response Answer(const http::Request& request) {
    const auto caller = http::HeaderValue(request.headers, "Authorization");
    const bool jira = IsJiraPath(request.path);
    const RateDecision rate = rate_limit_.Take(caller, std::chrono::steady_clock::now());
    if (!rate.allowed) {
      http::Response refused = TooMany(rate.retry_after_seconds, kBurst);
      if (jira) Tell(rate, refused);
      return refused;
    }
    if (faults_->Strikes(Fault::k429))
      return TooMany(1, limits_faked_++ % 2 == 0 ? kBurst : kQuota);
    if (faults_->Strikes(Fault::k500)) return ServerFailure(500);
    if (faults_->Strikes(Fault::k502)) return ServerFailure(502);
    if (faults_->Strikes(Fault::k503)) return ServerFailure(503);
    if (faults_->Strikes(Fault::kHtml)) return LoginPage();
    http::Response response = jira ? jira_->Handle(request) : github_->Handle(request);
    if (jira) Tell(rate, response);  // GitHub's headers say something else, and are its own.
    Spoil(response);
    return response;
  }

  void Spoil(http::Response& response) const {
    if (faults_->Strikes(Fault::kSlow)) response.delay += kSlowDelay;
    if (response.body.empty()) return;
    const std::size_t half = response.body.size() / 2;
    if (faults_->Strikes(Fault::kReset)) response.cut_after = 0;
    if (faults_->Strikes(Fault::kCut)) response.cut_after = static_cast<std::int64_t>(half);
    // A complete response whose content is not: half the JSON, honestly counted.
    if (faults_->Strikes(Fault::kMalformed)) response.body.resize(half);
  }

  static void Tell(const RateDecision& rate, http::Response& response) {
    if (rate.limit == 0) return;
    response.headers.emplace_back("X-RateLimit-Limit", std::to_string(rate.limit));
    response.headers.emplace_back("X-RateLimit-Remaining", std::to_string(rate.remaining));
    response.headers.emplace_back("X-RateLimit-Reset", ResetMinute(SystemClock().Now()));
  }

  const SimulateOptions options_;
  RateLimit rate_limit_;
  CallCounts counts_;
  std::atomic<unsigned> limits_faked_ = 0;
  std::unique_ptr<FaultPlan> faults_;
  std::unique_ptr<Api> jira_;
  std::unique_ptr<Api> github_;
  http::Certificate identity_;
  std::unique_ptr<http::Server> server_;  // Last: stops before what its handler uses goes away.
  std::unique_ptr<http::Server> tls_server_;
};

}  // namespace

Result<std::unique_ptr<Simulator>> StartSimulator(SimulateOptions options) {
  if (options.issues < 0 || options.prs < 0) {
    return Error(ErrorKind::kInvalid, "start the simulator: a negative number of records");
  }
  auto simulator = std::make_unique<RunningSimulator>(std::move(options));
  PULSE_CHECK(simulator->Start());
  return std::unique_ptr<Simulator>(std::move(simulator));
}

}  // namespace pulse::simulate
