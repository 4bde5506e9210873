#include "health.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include <nlohmann/json.hpp>

#include "pulse/telemetry/metrics.h"

namespace pulse::app {
namespace {

using Json = nlohmann::ordered_json;

/// How much a service needs a dependency.
enum class Need : unsigned char {
  kMust,    ///< Without it nothing is right: not ready.
  kBetter,  ///< Without it things are slower or wait: degraded.
};

Dependency Probed(std::string name, Need need, const std::function<Result<std::string>()>& probe) {
  const auto start = std::chrono::steady_clock::now();
  const Result<std::string> answer = probe();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  if (answer) {
    return {
        .name = std::move(name), .status = "ok", .detail = *answer, .milliseconds = took.count()
    };
  }
  return {
      .name = std::move(name),
      .status = need == Need::kMust ? "failed" : "degraded",
      .detail = answer.error().message(),
      .milliseconds = took.count(),
  };
}

bool Any(const std::vector<Dependency>& dependencies, std::string_view status) {
  return std::ranges::any_of(dependencies, [status](const Dependency& dependency) {
    return dependency.status == status;
  });
}

std::string_view Worst(const std::vector<Dependency>& dependencies) {
  if (Any(dependencies, "failed")) return "failed";
  return Any(dependencies, "degraded") ? "degraded" : "ok";
}

Result<std::string> Workers(Engine& engine) {
  PULSE_TRY(const int workers, engine.store().dispatch().LiveWorkers());
  if (workers > 0) return std::to_string(workers) + (workers == 1 ? " process" : " processes");
  return Error{ErrorKind::kUnavailable, "no process works on steps; start `pulse etl`"};
}

/// Takes the same time wherever the texts differ.
bool SameSecret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

bool MayReadMetrics(const http::Request& request, std::string_view token) {
  const std::string_view peer = request.peer;
  if (peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.")) return true;
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view given = http::HeaderValue(request.headers, "Authorization");
  return !token.empty() && given.starts_with(kBearer) &&
         SameSecret(given.substr(kBearer.size()), token);
}

http::Response JsonResponse(int status, const Json& json) {
  http::Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

http::Response Health(std::string_view service, const std::vector<Dependency>& dependencies) {
  const std::string_view worst = Worst(dependencies);
  Json json = {
      {"service", service},
      {"status", worst},
      {"version", PULSE_VERSION},
      {"dependencies", Json::object()},
  };
  for (const Dependency& dependency : dependencies) {
    json["dependencies"][dependency.name] = {
        {"status", dependency.status},
        {"milliseconds", dependency.milliseconds},
        {"detail", dependency.detail},
    };
  }
  return JsonResponse(worst == "failed" ? 503 : 200, json);
}

/// Why not, too: an orchestrator's log is where people look first.
http::Response Readiness(const std::vector<Dependency>& dependencies) {
  Json json = {{"status", Any(dependencies, "failed") ? "failed" : "ok"}};
  for (const Dependency& dependency : dependencies) {
    if (dependency.status == "failed") json[dependency.name] = dependency.detail;
  }
  return JsonResponse(Any(dependencies, "failed") ? 503 : 200, json);
}

}  // namespace

std::vector<Dependency> CheckDependencies(Engine& engine, std::string_view service) {
  std::vector<Dependency> all;
  all.push_back(Probed("database", Need::kMust, [&] { return engine.store().Probe(); }));
  all.push_back(Probed("queue", Need::kMust, [&] { return engine.queue().Probe(); }));
  if (!service.empty()) {
    const Need workers = service == "etl" ? Need::kMust : Need::kBetter;
    all.push_back(Probed("workers", workers, [&] { return Workers(engine); }));
  }
  all.push_back(Probed("cache", Need::kBetter, [&] { return engine.cache().Probe(); }));
  if (vectors::Vectors* vectors = engine.vectors()) {
    all.push_back(Probed("vectors", Need::kBetter, [&] { return vectors->Probe(); }));
  } else {
    all.push_back({.name = "vectors", .status = "off", .detail = "switched off"});
  }
  return all;
}

http::Handler HealthHandler(Engine& engine, std::string_view service, std::string metrics_token) {
  return [&engine,
          service = std::string(service),
          token = std::move(metrics_token)](const http::Request& request) -> http::Response {
    if (request.method != "GET" && request.method != "HEAD") {
      return JsonResponse(405, {{"title", "Only GET is answered here"}, {"status", 405}});
    }
    if (request.path == "/livez") return JsonResponse(200, {{"status", "ok"}});
    if (request.path == "/health") return Health(service, CheckDependencies(engine, service));
    if (request.path == "/readyz") return Readiness(CheckDependencies(engine, service));
    if (request.path == "/metrics" && MayReadMetrics(request, token)) {
      http::Response response;
      response.headers = {{"Content-Type", std::string(telemetry::Metrics::kContentType)}};
      engine.RefreshGauges();
      response.body = engine.metrics().Render();
      return response;
    }
    if (request.path == "/metrics") {
      return JsonResponse(401, {{"title", "Metrics need the metrics token"}, {"status", 401}});
    }
    return JsonResponse(404, {{"title", "There is nothing here"}, {"status", 404}});
  };
}

}  // namespace pulse::app
