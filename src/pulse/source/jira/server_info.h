#pragma once

/// \file
/// Who the server is, and Check.

#include <string>

#include "pulse/source/jira/sync_context.h"

namespace pulse::source::jira {

struct ServerInfo {
  Deployment deployment = Deployment::kCloud;
  std::string version;
  std::string site;  ///< Without a trailing slash; may be empty.
  EpochMs time = 0;  ///< The server's clock (its Date header); `now` when it does not say.
};

/// Asks `serverInfo`, which answers at the same place everywhere.
Result<ServerInfo> AskServerInfo(Transport& transport, EpochMs now);

/// See Connector::Check.
Result<Account> CheckAccount(const model::Integration& integration, Transport& transport);

}  // namespace pulse::source::jira
