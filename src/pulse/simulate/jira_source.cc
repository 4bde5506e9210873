#include "pulse/simulate/jira_source.h"

namespace pulse::simulate {

void AppendJiraTime(std::string& out, EpochMs instant) {
  char text[24];
  FormatInstantTo(instant + kAccountZoneMinutes * kMinuteMs, text);
  out.append(text, 23).append("+0530");
}

std::string_view SelfBase(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::kCloudV3:
      return "https://acme.atlassian.example/rest/api/3";
    case Dialect::kCloudV2:
      return "https://acme.atlassian.example/rest/api/2";
    case Dialect::kDataCenter:
      break;
  }
  return "https://jira.acme.example/rest/api/2";
}

std::string_view SiteBase(Dialect dialect) noexcept {
  return dialect == Dialect::kDataCenter ? "https://jira.acme.example"
                                         : "https://acme.atlassian.example";
}

}  // namespace pulse::simulate
