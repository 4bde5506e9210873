#include "health.h"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "pulse/telemetry/metrics.h"

namespace pulse::app {
namespace {

using Json = nlohmann::ordered_json;

template <class Ask>
Dependency Timed(std::string name, Ask&& ask) {
  const auto start = std::chrono::steady_clock::now();
  Dependency dependency{.name = std::move(name), .status = "ok", .detail = {}};
  const auto result = ask();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  dependency.milliseconds = took.count();
  if (!result) {
    dependency.status = "failed";
    dependency.detail = result.error().message();
  }
  return dependency;
}

bool Failed(const std::vector<Dependency>& dependencies) {
  return std::ranges::any_of(dependencies, [](const Dependency& dependency) {
    return dependency.status == "failed";
  });
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
  const bool failed = Failed(dependencies);
  Json json = {
      {"service", service},
      {"status", failed ? "failed" : "ok"},
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
  return JsonResponse(failed ? 503 : 200, json);
}

}  // namespace

std::vector<Dependency> CheckDependencies(Engine& engine) {
  std::vector<Dependency> all;
  all.push_back(Timed("database", [&] { return engine.store().catalog().ListTenants(); }));
  all.push_back(Timed("queue", [&] { return engine.store().dispatch().ReadyByStage(); }));
  if (vectors::Vectors* vectors = engine.vectors()) {
    all.push_back(Timed("vectors", [&] { return vectors->Count(TenantId(1)); }));
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
    if (request.path == "/health") return Health(service, CheckDependencies(engine));
    if (request.path == "/readyz") {
      const bool failed = Failed(CheckDependencies(engine));
      return JsonResponse(failed ? 503 : 200, {{"status", failed ? "failed" : "ok"}});
    }
    if (request.path == "/metrics" && MayReadMetrics(request, token)) {
      http::Response response;
      response.headers = {{"Content-Type", std::string(telemetry::Metrics::kContentType)}};
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
