#include "doctor_security.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "backends.h"
#include <fmt/format.h>
#include <sys/stat.h>

namespace pulse::app {
namespace {

/// The parts of a server's address that matter here. Nothing is kept of the password but that there
/// is one, and whether it is a published default.
struct Address {
  std::string scheme;
  std::string user;
  std::string host;
  std::string query;
  bool has_password = false;
  bool has_default_password = false;
};

Address AddressOf(std::string_view url) {
  Address address;
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return address;
  address.scheme = url.substr(0, scheme);
  std::string_view rest = url.substr(scheme + 3);
  if (const std::size_t query = rest.find('?'); query != std::string_view::npos) {
    address.query = rest.substr(query + 1);
    rest = rest.substr(0, query);
  }
  rest = rest.substr(0, rest.find('/'));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const std::size_t colon = login.find(':');
    address.user = login.substr(0, colon);
    if (colon != std::string_view::npos) {
      constexpr std::string_view kPublished[] = {
          "guest", "postgres", "password", "admin", "pulse", "changeme", "secret"
      };
      const std::string_view password = login.substr(colon + 1);
      address.has_password = !password.empty();
      address.has_default_password =
          std::ranges::find(kPublished, password) != std::end(kPublished);
    }
    rest = rest.substr(at + 1);
  }
  if (rest.starts_with('[')) {
    address.host = rest.substr(1, rest.find(']') - 1);
  } else {
    address.host = rest.substr(0, rest.find(':'));
  }
  return address;
}

bool IsLoopback(std::string_view host) {
  return host.empty() || host.starts_with("127.") || host == "localhost" || host == "::1";
}

Finding CheckKeyFile(const config::Settings& settings) {
  const std::string path = settings.home + "/secret.key";
  Finding finding{.id = "secret.key", .found = path + " is readable by its owner only", .fix = {}};
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    finding.health = errno == ENOENT ? Health::kSkipped : Health::kFailed;
    finding.found = errno == ENOENT ? path + " is not there yet; the first command makes it"
                                    : path + ": " + std::generic_category().message(errno);
  } else if ((info.st_mode & 0077U) != 0) {
    finding.health = Health::kFailed;
    finding.found = fmt::format("{} has mode {:o}", path, info.st_mode & 0777U);
    finding.fix = "chmod 600 " + path + ", then pulse secret rotate";
  }
  return finding;
}

/// Encryption and password on the way to one server.
Finding CheckServer(
    std::string_view id, std::string_view url, bool encrypted, std::string_view how_to_encrypt
) {
  Finding finding{.id = std::string(id), .found = {}, .fix = {}};
  const Address address = AddressOf(url);
  if (address.has_default_password) {
    finding.health = IsLoopback(address.host) ? Health::kWarning : Health::kFailed;
    finding.found =
        fmt::format("user {} at {} has a published default password", address.user, address.host);
    finding.fix = "give it a password of its own";
  } else if (!IsLoopback(address.host) && !encrypted) {
    finding.health = Health::kFailed;
    finding.found = fmt::format("{} is reached without TLS", address.host);
    finding.fix = how_to_encrypt;
  } else if (!IsLoopback(address.host) && !address.has_password && address.scheme != "https") {
    finding.health = Health::kWarning;
    finding.found = fmt::format("{} is reached without a password in its address", address.host);
    finding.fix = "set one, or authenticate by certificate";
  } else {
    finding.found = fmt::format(
        "{}, {}",
        address.host.empty() ? "local socket" : address.host,
        encrypted ? "TLS" : "this machine only"
    );
  }
  return finding;
}

void CheckServers(const config::Settings& settings, std::vector<Finding>& findings) {
  if (const auto file = DatabaseFile(settings); file && file->empty()) {
    const std::string query = AddressOf(settings.database_url).query;
    findings.push_back(CheckServer(
        "database-login",
        settings.database_url,
        query.find("sslmode=verify-full") != std::string::npos,
        "add ?sslmode=verify-full to DATABASE_URL"
    ));
  }
  if (settings.queue_url != "ledger") {
    findings.push_back(CheckServer(
        "queue-login",
        settings.queue_url,
        settings.queue_url.starts_with("amqps://"),
        "use amqps://"
    ));
  }
  if (!settings.redis_url.empty()) {
    findings.push_back(
        CheckServer("cache-login", settings.redis_url, false, "tunnel it: this client has no TLS")
    );
  }
  if (!settings.qdrant_url.empty()) {
    Finding finding = CheckServer(
        "vectors-login",
        settings.qdrant_url,
        settings.qdrant_url.starts_with("https://"),
        "use https://"
    );
    const bool remote = !IsLoopback(AddressOf(settings.qdrant_url).host);
    if (finding.health == Health::kOk && remote && settings.qdrant_api_key.empty()) {
      finding.health = Health::kFailed;
      finding.found = "Qdrant is reached without an API key";
      finding.fix = "set QDRANT_API_KEY here and service.api_key there";
    }
    findings.push_back(std::move(finding));
  }
}

Finding CheckPort(
    std::string_view id, const config::ListenAddress& address, const config::Settings& settings
) {
  Finding finding{
      .id = std::string(id),
      .found = fmt::format("port {} is open to {} only", address.port, address.host),
      .fix = {}
  };
  if (IsLoopback(address.host)) return finding;
  finding.health = Health::kWarning;
  finding.found = fmt::format(
      "port {} listens on {}{}",
      address.port,
      address.host,
      settings.metrics_token.empty() ? ", metrics stay closed to others" : ", metrics by token"
  );
  finding.fix = "listen on 127.0.0.1 behind a proxy with TLS";
  return finding;
}

Finding CheckSources(const config::Settings& settings) {
  Finding finding{.id = "sources", .found = "private addresses are refused", .fix = {}};
  if (!settings.allow_private_sources) return finding;
  finding.health = Health::kWarning;
  finding.found = "integrations may point at private addresses (allow_private_sources)";
  finding.fix = "unset PULSE_ALLOW_PRIVATE_SOURCES unless a source lives there";
  return finding;
}

}  // namespace

std::vector<Finding> ExamineSecurity(const config::Settings& settings) {
  std::vector<Finding> findings;
  findings.push_back(CheckKeyFile(settings));
  CheckServers(settings, findings);
  findings.push_back(CheckPort("backend-port", settings.backend_listen, settings));
  findings.push_back(CheckPort("etl-port", settings.etl_listen, settings));
  findings.push_back(CheckSources(settings));
  for (const DatabaseFact& fact : ExamineDatabase(settings)) {
    findings.push_back(
        {.id = fact.check,
         .health = fact.good ? Health::kOk : Health::kFailed,
         .found = fact.found,
         .fix = fact.fix}
    );
  }
  return findings;
}

}  // namespace pulse::app
