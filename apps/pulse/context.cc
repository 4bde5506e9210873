#include "context.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "command_table.h"
#include "suggest.h"
#include "terminal.h"

#include "pulse/config/settings.h"
#include "pulse/secrets/vault.h"
#include "pulse/telemetry/log.h"

namespace pulse::app {

Context::Context(const Invocation& call, Streams streams) : call_(call), streams_(streams) {}
Context::~Context() = default;

bool Context::color() const {
  return streams_.err_is_terminal && !call_.Has("no-color") &&
         config::EnvironmentValue("NO_COLOR").value_or("").empty();
}

std::size_t Context::width() const {
  return streams_.out_is_terminal ? SizeOfTerminal().columns : 0;
}

void Context::Print(std::string_view text) { streams_.out << text << std::flush; }
void Context::PrintJson(std::string_view json) { streams_.out << json << '\n' << std::flush; }
void Context::Note(std::string_view line) {
  if (!quiet()) streams_.err << line << '\n' << std::flush;
}
void Context::Warn(std::string_view line) {
  streams_.err << "pulse: " << line << '\n' << std::flush;
}

config::Inputs Context::SettingsInputs() const {
  config::Inputs inputs;
  for (const config::Row& row : config::Rows()) {
    const std::string flag = config::FlagOf(row).substr(2);
    if (call_.Has(flag)) inputs.flags[std::string(row.name)] = call_.Value(flag);
  }
  inputs.environment = config::ProcessEnvironment();
  // The parser's business, not a setting; without this it would look like a misspelt one.
  inputs.environment.erase("PULSE_TENANT");
  inputs.file = call_.Value("config");
  return inputs;
}

Result<const config::Loaded*> Context::Loaded() {
  if (!loaded_) {
    PULSE_TRY(loaded_, config::Load(SettingsInputs()));
  }
  return &*loaded_;
}

Result<const config::Settings*> Context::Settings() {
  PULSE_TRY(const config::Loaded* loaded, Loaded());
  return &loaded->settings;
}

Result<telemetry::Logger*> Context::OpenLogger() {
  PULSE_TRY(const config::Loaded* loaded, Loaded());
  telemetry::LogOptions options;
  options.file = loaded->settings.log_file;
  options.level =
      telemetry::LevelNamed(loaded->settings.log_level).value_or(telemetry::Level::kInfo);
  const bool level_chosen = std::ranges::any_of(loaded->explained, [](const auto& explained) {
    return explained.row->name == "log_level" &&
           explained.candidates.front().origin != config::Origin::kDefault;
  });
  const std::string_view path = call_.command->path;
  const bool service = path == "serve" || path == "backend" || path == "etl";
  // A command at a terminal tells people what happens itself; JSON lines between its bars would
  // not.
  if (!service && !level_chosen && options.file.empty()) options.level = telemetry::Level::kError;
  PULSE_TRY(logger_, telemetry::Logger::Open(std::move(options), clock_));
  return logger_.get();
}

Result<Engine*> Context::OpenEngine() {
  PULSE_TRY(const config::Settings* settings, Settings());
  return OpenEngine(*settings);
}

Result<Engine*> Context::OpenEngine(const config::Settings& settings) {
  if (!engine_) {
    PULSE_TRY(telemetry::Logger * logger, OpenLogger());
    PULSE_TRY(engine_, Engine::Open(settings, *logger, call_.command->path));
  }
  return engine_.get();
}

Result<model::Tenant> Context::Tenant() {
  PULSE_TRY(Engine * engine, OpenEngine());
  std::string name = call_.Value("tenant");
  if (name.empty()) name = config::EnvironmentValue("PULSE_TENANT").value_or("");
  PULSE_TRY(std::vector<model::Tenant> tenants, engine->store().catalog().ListTenants());
  if (name.empty()) {
    if (tenants.size() == 1) return tenants.front();
    return Error{
        ErrorKind::kInvalid,
        tenants.empty() ? "there is no tenant yet; fix: pulse tenant create NAME"
                        : "there are " + std::to_string(tenants.size()) +
                              " tenants: say which; fix: --tenant " + tenants.front().name
    };
  }
  std::vector<std::string> names;
  for (const model::Tenant& tenant : tenants) {
    if (tenant.name == name) return tenant;
    names.push_back(tenant.name);
  }
  return Error{
      ErrorKind::kNotFound,
      "there is no tenant \"" + name + "\"" + DidYouMean(name, names) + "; fix: pulse tenant list"
  };
}

Result<model::Integration> Context::Integration(
    const model::Tenant& tenant, std::string_view name
) {
  PULSE_TRY(Engine * engine, OpenEngine());
  PULSE_TRY(
      std::vector<model::Integration> all, engine->store().catalog().ListIntegrations(tenant.id)
  );
  std::vector<std::string> names;
  for (const model::Integration& integration : all) {
    if (integration.name == name) return integration;
    names.push_back(integration.name);
  }
  for (const model::Integration& integration : all) {
    if (std::to_string(integration.id.value()) == name) return integration;
  }
  return Error{
      ErrorKind::kNotFound,
      "tenant " + tenant.name + " has no integration \"" + std::string(name) + "\"" +
          DidYouMean(name, names) + "; fix: pulse integration list --tenant " + tenant.name
  };
}

Result<std::string> Context::ReadInput(std::size_t limit_bytes) {
  std::string text;
  std::string block(std::size_t{64} * 1024, '\0');
  while (streams_.in.read(block.data(), static_cast<std::streamsize>(block.size())),
         streams_.in.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(streams_.in.gcount()));
    if (text.size() > limit_bytes) {
      return Error{
          ErrorKind::kInvalid,
          "standard input is longer than " + std::to_string(limit_bytes) + " bytes"
      };
    }
  }
  return text;
}

std::stop_token Context::StopOnInterrupt() {
  if (!interrupt_) interrupt_ = std::make_unique<Interrupt>();
  return interrupt_->token();
}

Result<std::string> ResolveEntityType(
    const source::Connectors& connectors, std::string_view provider, std::string_view entity_type
) {
  std::vector<std::string> known;
  for (const auto& [name, connector] : connectors) {
    if (!provider.empty() && name != provider) continue;
    for (const std::string_view type : connector->entity_types()) {
      known.emplace_back(type);
      if (type == entity_type) return std::string(type);
    }
  }
  for (const std::string& type : known) {
    if (!provider.empty() && type == std::string(provider) + "_" + std::string(entity_type)) {
      return type;
    }
  }
  if (!provider.empty()) {
    const std::vector<std::string> full_names = known;
    for (const std::string& type : full_names) known.push_back(type.substr(provider.size() + 1));
  }
  return Error{
      ErrorKind::kInvalid,
      "there is no entity type \"" + std::string(entity_type) + "\"" +
          (provider.empty() ? "" : " at " + std::string(provider)) +
          DidYouMean(entity_type, known) + "; fix: pulse integration types"
  };
}

}  // namespace pulse::app
