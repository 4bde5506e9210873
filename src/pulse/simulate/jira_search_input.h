#pragma once

/// \file
/// SearchInput: what a Jira search asks for, however it was sent.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/jira_call.h"
#include "pulse/simulate/jira_jql.h"

namespace pulse::simulate {

inline constexpr std::int64_t kDefaultSearchPage = 50;

struct SearchInput {
  std::string jql;
  std::string token;
  std::int64_t max_results = kDefaultSearchPage;
  std::int64_t start_at = 0;
  std::vector<std::string> fields;
  std::vector<std::string> expand;
  std::vector<std::int64_t> reconcile;
  UnknownIssues unknown = UnknownIssues::kRefuse;

  bool Expands(std::string_view what) const {
    return std::ranges::find(expand, what) != expand.end();
  }
};

/// From the query of a GET. Errors: kInvalid with the vendor's words, as ReadSearch.
Result<SearchInput> ReadSearchQuery(const JiraCall& call);

/// From the body of a POST, whose members must be those the product's schema names, else from the
/// query.
Result<SearchInput> ReadSearch(const JiraCall& call);

}  // namespace pulse::simulate
