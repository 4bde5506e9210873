#pragma once

/// \file
/// Plan: a query that was checked against the schema, priced, and laid out for execution.
///
/// Check() judges a query the way GitHub does, with GitHub's error forms and its two prices: the
/// nodes it could return, and the requests it stands for (cost = requests / 100, rounded, at least
/// 1). MakePlan() then resolves fragments, directives and variables, so that execution only walks.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pulse/simulate/github_language.h"
#include "pulse/simulate/github_schema.h"

namespace pulse::simulate::github {

inline constexpr std::int64_t kMaxNodes = 500'000;
inline constexpr std::int64_t kMaxPage = 100;

struct Price {
  std::int64_t requests = 0;  ///< One per connection and parent it hangs on.
  std::int64_t nodes = 0;     ///< What all connections could return together.
  std::int64_t points() const noexcept { return requests < 150 ? 1 : (requests + 50) / 100; }
};

struct Judgement {
  std::vector<std::string> errors;  ///< JSON objects in GitHub's form; empty: may be executed.
  Price price;
};

/// The values of the operation's variables: `given` in the request, else their defaults.
/// Appends what is wrong to `errors`.
std::vector<Argument> BindVariables(
    const Operation& operation, const std::vector<Argument>& given, std::vector<std::string>& errors
);

/// A connection counts whether or not @include keeps it, as in GitHub's own estimate.
Judgement Check(
    const Schema& schema,
    const Document& document,
    const Operation& operation,
    const std::vector<Argument>& variables
);

struct PlanField;

/// What to answer for an object, per object type it may turn out to be.
struct PlanSelection {
  std::vector<std::pair<const TypeDef*, std::vector<PlanField>>> by_type;

  /// Null when the query selects nothing of that type.
  const std::vector<PlanField>* For(std::string_view type) const noexcept;
};

struct PlanField {
  const FieldDef* def = nullptr;    ///< Null for __typename.
  std::string type_name;            ///< Of the object it belongs to.
  std::string name;                 ///< The response key.
  std::string quoted;               ///< `"name":`
  std::vector<Argument> arguments;  ///< Variables are replaced by their values.
  PlanSelection selection;
  Location at;

  const Value* Find(std::string_view argument) const noexcept {
    return FindArgument(arguments, argument);
  }
};

/// Must have passed Check().
std::vector<PlanField> MakePlan(
    const Schema& schema,
    const Document& document,
    const Operation& operation,
    const std::vector<Argument>& variables
);

}  // namespace pulse::simulate::github
