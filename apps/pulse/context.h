#pragma once

/// \file
/// Context: what a subcommand works with. It opens what the command asks for and nothing else, so
/// that `pulse version` needs no database.

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"
#include "interrupt.h"
#include "invocation.h"

#include "pulse/base/clock.h"

namespace pulse::app {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

/// One per process; not thread-safe.
class Context {
 public:
  Context(const Invocation& call, Streams streams);
  ~Context();

  const Invocation& call() const { return call_; }
  Streams& streams() { return streams_; }
  bool json() const { return call_.Has("json"); }
  bool quiet() const { return call_.Has("quiet"); }
  bool color() const;
  std::size_t width() const;  ///< Of the terminal stdout is; 0 when it is none.

  /// Result for stdout: text as it is, JSON followed by a line end.
  void Print(std::string_view text);
  void PrintJson(std::string_view json);
  /// A line for people on stderr; notes are silent with --quiet, warnings are not.
  void Note(std::string_view line);
  void Warn(std::string_view line);

  /// Errors: kInvalid, every wrong setting at once.
  Result<const config::Loaded*> Loaded();
  Result<const config::Settings*> Settings();
  /// What Loaded() reads, for `config check`.
  config::Inputs SettingsInputs() const;

  /// Opens the engine on first use. Errors: as Engine::Open and Settings().
  Result<Engine*> OpenEngine();
  /// The same with other settings than the operator's: the demo's.
  Result<Engine*> OpenEngine(const config::Settings& settings);

  /// --tenant, else PULSE_TENANT, else the only one there is. Errors: kInvalid (none named and not
  /// exactly one), kNotFound with the nearest name.
  Result<model::Tenant> Tenant();
  /// By name or id. Errors: kNotFound with the nearest name.
  Result<model::Integration> Integration(const model::Tenant& tenant, std::string_view name);

  /// The whole of stdin. Errors: kInvalid (over `limit_bytes`).
  Result<std::string> ReadInput(std::size_t limit_bytes);

  /// From the first call on Ctrl-C requests a stop instead of ending the process. Call it before
  /// OpenEngine.
  std::stop_token StopOnInterrupt();

 private:
  Result<telemetry::Logger*> OpenLogger();

  const Invocation& call_;
  Streams streams_;
  std::optional<config::Loaded> loaded_;
  SystemClock clock_;
  std::unique_ptr<Interrupt> interrupt_;
  std::unique_ptr<telemetry::Logger> logger_;
  std::unique_ptr<Engine> engine_;
};

/// Fails when `entity_type` is none of the connectors'; `provider` narrows it, and lets "issues"
/// stand for "jira_issues". Returns the full name.
Result<std::string> ResolveEntityType(
    const source::Connectors& connectors, std::string_view provider, std::string_view entity_type
);

}  // namespace pulse::app
