#include "handlers.h"
#include "health.h"
#include "json_output.h"
#include "services.h"
#include <nlohmann/json.hpp>

#include "pulse/http/client.h"

namespace pulse::app {
namespace {

std::string Url(const config::ListenAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + address.host + "]" : address.host;
  return "http://" + host + ":" + std::to_string(address.port);
}

Result<std::unique_ptr<http::Server>> Listen(
    Context& context,
    Engine& engine,
    const config::Settings& settings,
    const config::ListenAddress& address,
    std::string_view service
) {
  http::ServerOptions options;
  options.address = address.host;
  options.port = address.port;
  auto server = http::Serve(options, HealthHandler(engine, service, settings.metrics_token));
  if (!server) return std::move(server).error().While("listen on " + Url(address));
  context.Note(std::string(service) + " on " + Url({address.host, (*server)->port()}));
  return server;
}

/// A broker that is away is waited for; one that will not do is refused before anybody relies on
/// us.
Result<> PrepareQueue(Engine& engine) {
  Result<> prepared = engine.queue().Prepare();
  if (prepared || prepared.error().kind() == ErrorKind::kUnavailable) return {};
  return std::move(prepared).error().While("check queue_url");
}

Result<ExitCode> Run(Context& context, Roles roles) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_CHECK(RunServices(context, *engine, roles, stop));
  return ExitCode::kOk;
}

}  // namespace

Result<> RunServices(Context& context, Engine& engine, Roles roles, std::stop_token stop) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  PULSE_CHECK(PrepareQueue(engine));
  std::unique_ptr<http::Server> backend;
  std::unique_ptr<http::Server> etl;
  if (roles.backend) {
    PULSE_TRY(backend, Listen(context, engine, *settings, settings->backend_listen, "backend"));
  }
  if (roles.etl) {
    PULSE_TRY(etl, Listen(context, engine, *settings, settings->etl_listen, "etl"));
  }
  if (!roles.etl) {
    WaitFor(stop);
    return {};
  }
  auto ran = engine.Run(stop);
  // Being asked to stop is how a service ends well.
  if (!ran && ran.error().kind() == ErrorKind::kCancelled && stop.stop_requested()) return {};
  return ran;
}

Result<ExitCode> RunServe(Context& context) { return Run(context, {.backend = true, .etl = true}); }
Result<ExitCode> RunBackend(Context& context) { return Run(context, {.backend = true}); }
Result<ExitCode> RunEtl(Context& context) { return Run(context, {.etl = true}); }

Result<ExitCode> RunHealthcheck(Context& context) {
  const std::string path = context.call().Argument(0) == "live" ? "/livez" : "/readyz";
  PULSE_TRY(const config::Settings* settings, context.Settings());
  config::ListenAddress address = settings->etl_listen;
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  const std::string url = context.call().Value("url", Url(address)) + path;

  http::ClientOptions options;
  options.allow_private_addresses = true;  // it asks this machine
  http::ClientRequest request;
  request.url = url;
  request.timeout = std::chrono::seconds(5);
  auto answer = http::NewClient(std::move(options))->Send(request, {});
  if (!answer) return std::move(answer).error().While("ask " + url);
  if (context.json()) {
    context.PrintJson(Dump({{"url", url}, {"status", answer->status}}));
  } else {
    context.Print(url + " answers " + std::to_string(answer->status) + "\n");
  }
  return answer->status == 200 ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace pulse::app
