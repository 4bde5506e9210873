#include "doctor.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "advice.h"
#include "backends.h"
#include "doctor_security.h"
#include "health.h"
#include "text_table.h"
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pulse::app {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

namespace fs = std::filesystem;

Finding Failure(std::string_view part, Health health, std::string_view message) {
  Told told = TellFailure(part, message);
  return {
      .id = std::string(part),
      .health = health,
      .found = std::move(told.found),
      .fix = std::move(told.fix)
  };
}

Finding CheckHome(const config::Settings& settings) {
  Finding finding{.id = "home", .found = settings.home, .fix = {}};
  struct stat info{};
  if (stat(settings.home.c_str(), &info) != 0) {
    finding.health = errno == ENOENT ? Health::kSkipped : Health::kFailed;
    finding.found +=
        errno == ENOENT ? " is not there yet; the first command makes it" : ": " + Reason(errno);
    if (finding.health == Health::kFailed) finding.fix = "set PULSE_HOME to a directory of yours";
  } else if (access(settings.home.c_str(), R_OK | W_OK | X_OK) != 0) {
    finding.health = Health::kFailed;
    finding.found += ": " + Reason(errno);
    finding.fix = "chown it to the user pulse runs as, or set PULSE_HOME";
  } else if ((info.st_mode & 0022U) != 0) {
    finding.health = Health::kWarning;
    finding.found += " can be written by others";
    finding.fix = "chmod go-w " + settings.home;
  }
  return finding;
}

Finding CheckDisk(const config::Settings& settings) {
  // A large first sync stores its raw pages too: less than this has ended in "disk full" halfway.
  constexpr std::uintmax_t kLittle = std::uintmax_t{2} * 1024 * 1024 * 1024;
  constexpr std::uintmax_t kTooLittle = std::uintmax_t{200} * 1024 * 1024;
  fs::path place = settings.home;
  while (!place.empty() && place.has_relative_path() && !fs::exists(place)) {
    place = place.parent_path();
  }
  std::error_code failed;
  const fs::space_info space = fs::space(place, failed);
  Finding finding{.id = "disk", .found = {}, .fix = {}};
  if (failed) {
    finding.health = Health::kSkipped;
    finding.found = place.string() + ": " + failed.message();
    return finding;
  }
  finding.found = fmt::format(
      "{:.1f} GiB free at {}",
      static_cast<double>(space.available) / (1024.0 * 1024 * 1024),
      place.string()
  );
  if (space.available < kTooLittle)
    finding.health = Health::kFailed;
  else if (space.available < kLittle)
    finding.health = Health::kWarning;
  if (finding.health != Health::kOk) finding.fix = "make room, or move PULSE_HOME";
  return finding;
}

Finding CheckFiles() {
  constexpr rlim_t kFew = 1024;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  Finding finding{
      .id = "open-files", .found = std::to_string(limit.rlim_cur) + " allowed", .fix = {}
  };
  if (limit.rlim_cur < kFew) {
    finding.health = Health::kWarning;
    finding.fix = "ulimit -n 4096, or LimitNOFILE in the service";
  }
  return finding;
}

Finding CheckSchema(const config::Settings& settings) {
  Finding finding{.id = "database", .found = {}, .fix = {}};
  const auto migrator = NewMigrator(settings);
  const auto schema =
      migrator ? (*migrator)->Status() : Result<store::SchemaState>(migrator.error());
  if (!schema) {
    return Failure("database", Health::kFailed, schema.error().message());
  }
  const std::string place = DatabasePlace(settings);
  finding.found = fmt::format("{}, schema {} of {}", place, schema->version, schema->latest);
  if (schema->version == 0) {
    // The first command fills an embedded database; on an empty server nothing starts.
    const bool served = settings.database_url.starts_with("postgres");
    finding.health = served ? Health::kFailed : Health::kSkipped;
    finding.found = place + (served ? " is empty" : " is empty; the first command fills it");
    if (served) finding.fix = "pulse db migrate";
  } else if (schema->version < schema->latest) {
    finding.health = Health::kFailed;
    finding.fix = "pulse db migrate";
  }
  return finding;
}

Finding CheckFileSetting(std::string_view id, const std::string& path) {
  Finding finding{.id = std::string(id), .found = path, .fix = {}};
  if (path.empty()) {
    finding.health = Health::kSkipped;
    finding.found = "not set";
  } else if (access(path.c_str(), R_OK) != 0) {
    finding.health = Health::kFailed;
    finding.found += ": " + Reason(errno);
    finding.fix = "make it readable, or unset " + std::string(id);
  }
  return finding;
}

Finding CheckMetrics(const config::Settings& settings) {
  Finding finding{.id = "metrics", .found = "served to loopback and with the token", .fix = {}};
  const bool beyond = settings.etl_listen.host != "127.0.0.1" && settings.etl_listen.host != "::1";
  if (!settings.metrics_token.empty()) return finding;
  finding.found = "served to loopback only";
  if (beyond) {
    finding.health = Health::kWarning;
    finding.found += ", though the services listen on " + settings.etl_listen.host;
    finding.fix = "set metrics_token for a scraper on another machine";
  }
  return finding;
}

void CheckIntegrations(Engine& engine, std::vector<Finding>& findings) {
  const auto tenants = engine.store().catalog().ListTenants();
  if (!tenants) return;  // the dependency check has said so
  for (const model::Tenant& tenant : *tenants) {
    const auto integrations = engine.store().catalog().ListIntegrations(tenant.id);
    if (!integrations) continue;
    for (const model::Integration& integration : *integrations) {
      if (integration.state == model::IntegrationState::kActive) continue;
      findings.push_back(
          {.id = "integration " + tenant.name + "/" + integration.name,
           .health = Health::kFailed,
           .found = integration.state_reason,
           .fix = "pulse integration edit " + integration.name + " --tenant " + tenant.name +
                  " --token-env VAR"}
      );
    }
  }
}

Health HealthOf(std::string_view status) {
  if (status == "ok") return Health::kOk;
  if (status == "off") return Health::kSkipped;
  return status == "degraded" ? Health::kWarning : Health::kFailed;
}

Finding ToFinding(const Dependency& dependency) {
  const Health health = HealthOf(dependency.status);
  if (health == Health::kFailed || health == Health::kWarning) {
    return Failure(dependency.name, health, dependency.detail);
  }
  Finding finding{.id = dependency.name, .health = health, .found = dependency.detail, .fix = {}};
  if (health == Health::kOk) finding.found += fmt::format(", {:.1f} ms", dependency.milliseconds);
  return finding;
}

void CheckEngine(Context& context, std::vector<Finding>& findings) {
  const auto engine = context.OpenEngine();
  if (!engine) {
    findings.push_back(Failure("engine", Health::kFailed, engine.error().message()));
    return;
  }
  for (const Dependency& dependency : CheckDependencies(**engine, "")) {
    if (dependency.name == "database") continue;  // looked at more closely above
    findings.push_back(ToFinding(dependency));
  }
  CheckIntegrations(**engine, findings);
}

}  // namespace

std::string_view Name(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warn";
    case Health::kSkipped:
      return "skip";
    case Health::kFailed:
      break;
  }
  return "FAIL";
}

std::vector<Finding> Examine(Context& context) {
  std::vector<Finding> findings;
  const auto loaded = context.Loaded();
  if (!loaded) {
    findings.push_back(
        {.id = "config",
         .health = Health::kFailed,
         .found = loaded.error().message(),
         .fix = "pulse config docs"}
    );
    return findings;
  }
  const config::Settings& settings = (*loaded)->settings;
  const std::string file = (*loaded)->file.empty() ? "no file" : (*loaded)->file;
  findings.push_back({.id = "config", .found = file + ", no unknown settings", .fix = {}});
  findings.push_back(CheckHome(settings));
  findings.push_back(CheckDisk(settings));
  findings.push_back(CheckFiles());
  findings.push_back(CheckFileSetting("ca_file", settings.ca_file));
  findings.push_back(CheckMetrics(settings));
  findings.push_back(CheckSchema(settings));
  const bool database_ready = findings.back().health == Health::kOk;
  if (database_ready) CheckEngine(context, findings);
  if (context.call().Has("security")) {
    for (Finding& finding : ExamineSecurity(settings)) findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace pulse::app
