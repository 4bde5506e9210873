#pragma once

/// \file
/// What the files that declare GraphQL types share.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/simulate/github_execute.h"

namespace pulse::simulate::github {

/// Where the people of the simulated GitHub open things; no such host exists (RFC 2606).
inline constexpr std::string_view kWebBase = "https://github.example";

/// 2019-03-04T09:00:00Z: nobody asks when an account was made, but the schema promises a time.
inline constexpr EpochMs kAccountsCreated = 1551690000000;

/// GraphQL's Int has 32 bits: `databaseId` is null above that, which is why GitHub deprecated it.
inline std::optional<std::int64_t> SmallId(std::int64_t id) {
  if (id <= 0 || id > 2147483647) return std::nullopt;
  return id;
}

/// BigInt travels as text. Empty when the payload had no id.
inline std::optional<std::string> FullId(std::int64_t id) {
  return id == 0 ? std::nullopt : std::optional(std::to_string(id));
}

/// Empty means unknown here.
inline std::optional<std::string_view> Known(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

/// `repositories(…)` of an account.
FieldDef RepositoriesField();

/// A commit of which only the id and perhaps a date are known, such as the one a review was about.
Commit CommitStub(const Repository* repository, std::string oid, Instant at);

/// `deployments(…)` and `releases(…)` of a repository.
std::vector<FieldDef> DeliveryFields();

/// `commits(…)`, `reviews(…)`, `comments(…)` and `reviewThreads(…)` of a pull request.
std::vector<FieldDef> ConversationFields();

/// Upper-case name of a lower-case REST enum value.
std::string Upper(std::string_view text);

/// Writes the pull request with that number.
void WritePull(
    Executor& out, const PlanField& field, const Repository& repository, std::int64_t number
);

}  // namespace pulse::simulate::github
