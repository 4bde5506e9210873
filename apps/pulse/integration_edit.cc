#include "integration_edit.h"

#include <algorithm>
#include <vector>

#include "advice.h"
#include "suggest.h"
#include "values.h"

#include "pulse/config/settings.h"
#include "pulse/secrets/vault.h"

namespace pulse::app {
namespace {

/// Longer than any token of any source; a file piped in by mistake is not one.
constexpr std::size_t kLongestTokenBytes = std::size_t{16} * 1024;

Result<std::optional<std::string>> ReadToken(Context& context) {
  const Invocation& call = context.call();
  const bool from_environment = call.Has("token-env");
  if (from_environment && call.Has("token-stdin")) {
    return Error{
        ErrorKind::kInvalid, "--token-env and --token-stdin were both given; fix: use one"
    };
  }
  if (!from_environment && !call.Has("token-stdin")) return std::optional<std::string>{};

  std::string token;
  std::string where = "standard input";
  if (from_environment) {
    const std::string variable = call.Value("token-env");
    where = "environment variable " + variable;
    auto value = config::EnvironmentValue(variable);
    if (!value) {
      return Error{ErrorKind::kInvalid, where + " is not set; fix: export " + variable + "=…"};
    }
    token = *std::move(value);
  } else {
    PULSE_TRY(token, context.ReadInput(kLongestTokenBytes));
  }
  const std::size_t first = token.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) {
    return Error{ErrorKind::kInvalid, where + " holds no token; fix: check what is in it"};
  }
  token = token.substr(first, token.find_last_not_of(" \t\r\n") - first + 1);
  const bool printable =
      std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c < 0x7F; });
  if (!printable || token.size() > kLongestTokenBytes) {
    return Error{
        ErrorKind::kInvalid,
        where + " holds no token: blanks or unprintable characters inside; fix: check what is in it"
    };
  }
  return std::optional<std::string>(std::move(token));
}

Result<const source::Connector*> ConnectorOf(Engine& engine, const std::string& provider) {
  const auto at = engine.connectors().find(provider);
  if (at != engine.connectors().end()) return at->second.get();
  return Error{
      ErrorKind::kInvalid, "there is no provider \"" + provider + "\"; fix: pulse integration types"
  };
}

Result<> ApplyEdit(Engine& engine, model::Integration& integration, const IntegrationEdit& edit) {
  if (edit.name) integration.name = *edit.name;
  if (edit.base_url) integration.base_url = *edit.base_url;
  if (edit.account) integration.account = *edit.account;
  PULSE_TRY(const source::Connector* connector, ConnectorOf(engine, integration.provider));
  std::vector<std::string> known;
  for (const source::ScopeKey& key : connector->scope_keys()) known.emplace_back(key.name);
  for (const auto& [key, value] : edit.scope) {
    if (std::ranges::find(known, key) == known.end()) {
      return Error{
          ErrorKind::kInvalid,
          "provider " + integration.provider + " has no scope \"" + key + "\"" +
              DidYouMean(key, known) + "; fix: pulse integration types"
      };
    }
    if (value.empty()) {
      integration.scope.erase(key);
    } else {
      integration.scope[key] = value;
    }
  }
  return {};
}

Result<> KeepToken(
    Engine& engine, const model::Integration& integration, const IntegrationEdit& edit
) {
  if (!edit.token) return {};
  const store::SecretOwner owner{integration.tenant, integration.id};
  PULSE_TRY(const store::SealedSecret sealed, engine.vault().Seal(owner, *edit.token));
  return engine.store().catalog().PutSecret(owner, sealed);
}

Result<std::optional<source::Account>> CheckUnlessSkipped(
    Context& context,
    Engine& engine,
    const model::Integration& integration,
    const IntegrationEdit& edit
) {
  if (edit.check == SourceCheck::kSkip) return std::optional<source::Account>{};
  PULSE_TRY(
      source::Account account, CheckIntegration(engine, integration, context.StopOnInterrupt())
  );
  return std::optional<source::Account>(std::move(account));
}

/// Another integration of this name, if any.
Result<std::optional<model::Integration>> FindNamesake(
    Engine& engine, const model::Integration& integration
) {
  PULSE_TRY(
      std::vector<model::Integration> all,
      engine.store().catalog().ListIntegrations(integration.tenant)
  );
  const auto at = std::ranges::find_if(all, [&](const model::Integration& other) {
    return other.name == integration.name && other.id != integration.id;
  });
  if (at == all.end()) return std::optional<model::Integration>();
  return std::optional(std::move(*at));
}

Error NameTaken(const std::string& name) {
  return Error{
      ErrorKind::kConflict,
      "there is already an integration " + name + "; fix: pulse integration edit " + name +
          ", or another --name"
  };
}

/// Whether `namesake` is what the same command left behind that ended before it kept the token.
Result<bool> IsUnfinished(
    Engine& engine,
    const model::Integration& namesake,
    const model::Integration& wanted,
    const IntegrationEdit& edit
) {
  if (!edit.token || namesake.provider != wanted.provider || namesake.base_url != wanted.base_url) {
    return false;
  }
  const auto secret = engine.store().catalog().GetSecret({namesake.tenant, namesake.id});
  if (secret) return false;
  if (secret.error().kind() == ErrorKind::kNotFound) return true;
  return secret.error();
}

}  // namespace

Result<IntegrationEdit> ReadIntegrationEdit(Context& context) {
  const Invocation& call = context.call();
  IntegrationEdit edit;
  if (call.Has("name")) edit.name = call.Value("name");
  if (call.Has("rename")) edit.name = call.Value("rename");
  if (edit.name) PULSE_CHECK(CheckName("integration", *edit.name));
  if (call.Has("url")) {
    PULSE_TRY(const config::Settings* settings, context.Settings());
    PULSE_TRY(edit.base_url, CheckBaseUrl(call.Value("url"), settings->allow_private_sources));
  }
  if (call.Has("email")) edit.account = call.Value("email");
  for (const std::string& text : call.Values("scope")) {
    PULSE_TRY(auto pair, ParseKeyValue("--scope", text));
    edit.scope.insert_or_assign(std::move(pair.first), std::move(pair.second));
  }
  PULSE_TRY(edit.token, ReadToken(context));
  if (call.Has("no-check")) edit.check = SourceCheck::kSkip;
  return edit;
}

Result<IntegrationSaved> AddIntegration(
    Context& context, Engine& engine, model::Integration wanted, const IntegrationEdit& edit
) {
  PULSE_CHECK(ApplyEdit(engine, wanted, edit));
  PULSE_TRY(const auto namesake, FindNamesake(engine, wanted));
  if (namesake) {
    PULSE_TRY(const bool unfinished, IsUnfinished(engine, *namesake, wanted, edit));
    if (!unfinished) return NameTaken(wanted.name);
    wanted.id = namesake->id;
  }
  if (!edit.token && edit.check == SourceCheck::kAsk) {
    return Error{
        ErrorKind::kInvalid,
        "integration " + wanted.name + " has no token; fix: --token-env VAR or --token-stdin"
    };
  }
  store::Catalog& catalog = engine.store().catalog();
  PULSE_TRY(model::Integration kept, catalog.PutIntegration(wanted));
  // The transport reads the credential from the store, so it has to rest there before the check; a
  // check that fails takes both away again.
  auto account = [&]() -> Result<std::optional<source::Account>> {
    PULSE_CHECK(KeepToken(engine, kept, edit));
    return CheckUnlessSkipped(context, engine, kept, edit);
  }();
  if (!account) {
    PULSE_CHECK(catalog.RemoveIntegration(kept.tenant, kept.id));
    return std::move(account).error();
  }
  return IntegrationSaved{std::move(kept), std::move(*account)};
}

Result<IntegrationSaved> EditIntegration(
    Context& context,
    Engine& engine,
    const model::Integration& existing,
    const IntegrationEdit& edit
) {
  model::Integration wanted = existing;
  PULSE_CHECK(ApplyEdit(engine, wanted, edit));
  PULSE_TRY(const auto namesake, FindNamesake(engine, wanted));
  if (namesake) return NameTaken(wanted.name);
  wanted.state = model::IntegrationState::kActive;
  wanted.state_reason.clear();

  store::Catalog& catalog = engine.store().catalog();
  const store::SecretOwner owner{existing.tenant, existing.id};
  auto old_secret = catalog.GetSecret(owner);
  if (!old_secret && old_secret.error().kind() != ErrorKind::kNotFound) {
    return std::move(old_secret).error();
  }
  PULSE_TRY(model::Integration kept, catalog.PutIntegration(wanted));
  auto account = [&]() -> Result<std::optional<source::Account>> {
    PULSE_CHECK(KeepToken(engine, kept, edit));
    return CheckUnlessSkipped(context, engine, kept, edit);
  }();
  if (!account) {
    PULSE_TRY(const model::Integration restored, catalog.PutIntegration(existing));
    if (old_secret) PULSE_CHECK(catalog.PutSecret({restored.tenant, restored.id}, *old_secret));
    return std::move(account).error();
  }
  return IntegrationSaved{std::move(kept), std::move(*account)};
}

Result<source::Account> CheckIntegration(
    Engine& engine, const model::Integration& integration, std::stop_token stop
) {
  PULSE_TRY(const source::Connector* connector, ConnectorOf(engine, integration.provider));
  const auto transport = engine.NewTransport(integration, std::move(stop));
  auto account = connector->Check(integration, *transport);
  if (account) return std::move(*account);
  Error error = std::move(account).error().While("ask " + integration.base_url);
  if (error.message().find("; fix: ") != std::string::npos) return error;
  std::string fix;
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
      fix = "check --url, and that this machine reaches it";
      break;
    case ErrorKind::kUnauthorized:
      fix = "give another token with --token-env VAR or --token-stdin";
      break;
    case ErrorKind::kNotFound:
      fix = integration.scope.empty()
                ? "check --url, it is not the base address of a " + integration.provider + " site"
                : "check --scope" + ScopeInBrackets(integration) + ", then --url";
      break;
    default:
      return error;
  }
  return Error{error.kind(), error.message() + "; fix: " + fix};
}

}  // namespace pulse::app
