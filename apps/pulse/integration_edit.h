#pragma once

/// \file
/// Adding and changing integrations: what was asked for, checked against the source before it is
/// kept.

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "context.h"

#include "pulse/model/integration.h"
#include "pulse/source/source.h"

namespace pulse::app {

enum class SourceCheck : unsigned char { kAsk, kSkip };

/// What the command line says; absent: unchanged.
struct IntegrationEdit {
  std::optional<std::string> name;
  std::optional<std::string> base_url;
  std::optional<std::string> account;
  std::map<std::string, std::string> scope;  ///< Empty value: remove the key.
  std::optional<std::string> token;
  SourceCheck check = SourceCheck::kAsk;
};

struct IntegrationSaved {
  model::Integration integration;
  std::optional<source::Account> account;  ///< Absent when the source was not asked.
};

/// Reads options and token. Errors: kInvalid (bad URL, name or scope; empty or unset token; both
/// ways to give a token at once).
Result<IntegrationEdit> ReadIntegrationEdit(Context& context);

/// Errors: kConflict (the name is taken), kInvalid (unknown scope key, no token to check with), and
/// what Check found; then nothing is kept.
Result<IntegrationSaved> AddIntegration(
    Context& context, Engine& engine, model::Integration wanted, const IntegrationEdit& edit
);

/// As AddIntegration; on an error the integration stays as it was.
Result<IntegrationSaved> EditIntegration(
    Context& context,
    Engine& engine,
    const model::Integration& existing,
    const IntegrationEdit& edit
);

/// Asks the source who we are. The error says which address was tried.
Result<source::Account> CheckIntegration(
    Engine& engine, const model::Integration& integration, std::stop_token stop
);

}  // namespace pulse::app
