#include "advice.h"

#include <algorithm>

namespace pulse::app {
namespace {

bool Quarantined(const model::Receipt& receipt) {
  return std::ranges::any_of(receipt.entities, [](const auto& entity) {
    return entity.second.quarantined > 0;
  });
}

/// The job read nothing: more likely the address than the weather.
std::string FirstContact(const model::Integration& integration, const std::string& at) {
  return "pulse integration test " + integration.name + at + " says whether " +
         integration.base_url + " is right; pulse integration edit " + integration.name + at +
         " --url URL changes it";
}

std::string CloseGaps(
    const model::Job& job, const model::Integration& integration, const std::string& at
) {
  // A query of its own moves no watermark: there is nothing to repair but the query.
  if (!job.options.query.empty()) return "check --query";
  std::string fix = "pulse sync " + integration.name + at + " --repair";
  if (!integration.scope.empty()) {
    fix += ", or correct the scope" + ScopeInBrackets(integration) +
           " with pulse integration edit " + integration.name + at + " --scope KEY=VALUE";
  }
  return fix;
}

struct Remedy {
  std::string_view part;
  std::string_view fix;
};

constexpr Remedy kRemedies[] = {
    {"engine",
     "check home, database_url, qdrant_url and embeddings_url (pulse config show --origin)"},
    {"database", "check database_url, and that its server runs (pulse config get database_url)"},
    {"queue", "start the broker, or check queue_url (pulse config get queue_url)"},
    {"cache", "start Redis, or check redis_url (pulse config get redis_url); empty: built in"},
    {"vectors",
     "check qdrant_url, or home when it is empty; what is lost: pulse vector rebuild --tenant NAME"
    },
};

}  // namespace

std::string ScopeInBrackets(const model::Integration& integration) {
  std::string text;
  for (const auto& [key, value] : integration.scope) {
    text += (text.empty() ? " (" : " ") + key + "=" + value;
  }
  return text.empty() ? text : text + ")";
}

std::string JobAdvice(
    const model::Job& job,
    const model::Receipt& receipt,
    const model::Integration& integration,
    std::string_view tenant
) {
  const std::string at = " --tenant " + std::string(tenant);
  const std::string id = std::to_string(job.id.value());
  std::string line = "job " + id + " " + std::string(model::Name(receipt.status));
  const bool failed = receipt.status == model::JobStatus::kFailed;
  const bool read_nothing = failed && receipt.entities.empty() && !job.options.replay;
  if (read_nothing) line += " at " + integration.base_url;
  if (!job.error.empty()) line += ": " + job.error;
  // Some causes know what to do about them.
  if (job.error.find("; fix: ") != std::string::npos) return line;
  line += "; fix: ";
  if (integration.state == model::IntegrationState::kNeedsAttention) {
    return line + "pulse integration edit " + integration.name + at + " --token-env VAR";
  }
  if (read_nothing) return line + FirstContact(integration, at);
  if (Quarantined(receipt)) return line + "pulse dead-letter group" + at;
  if (!receipt.gaps.empty() && !failed) return line + CloseGaps(job, integration, at);
  return line + "pulse job show " + id + at;
}

Told TellFailure(std::string_view part, std::string_view message) {
  constexpr std::string_view kFix = "; fix: ";
  if (const std::size_t at = message.rfind(kFix); at != std::string_view::npos) {
    return {std::string(message.substr(0, at)), std::string(message.substr(at + kFix.size()))};
  }
  Told told{.found = std::string(message), .fix = {}};
  if (message.find("pulse queue topology") != std::string_view::npos) {
    told.fix = "pulse queue topology diff, then pulse queue topology apply [--migrate]";
    return told;
  }
  const auto* known = std::ranges::find(kRemedies, part, &Remedy::part);
  told.fix = known == std::end(kRemedies) ? "pulse config show --origin" : known->fix;
  return told;
}

}  // namespace pulse::app
