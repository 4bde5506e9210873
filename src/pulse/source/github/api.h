#pragma once

/// \file
/// Asking GitHub: one GraphQL query or one REST list page.

#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/source/github/urls.h"
#include "pulse/source/source.h"

namespace pulse::source::github {

/// REST lists give at most 100 per page.
inline constexpr int kRestPage = 100;

/// A query's variables. Values are JSON texts: Text("a") or Number(24).
class Variables {
 public:
  Variables& Text(std::string_view name, std::string_view value);
  Variables& Number(std::string_view name, int value);
  /// An empty cursor is left out: it means "from the start".
  Variables& Cursor(std::string_view name, std::string_view value);
  std::string Json() const { return json_ + '}'; }

 private:
  Variables& Add(std::string_view name);
  std::string json_ = "{";
};

/// Errors are the transport's.
class Api {
 public:
  explicit Api(Transport& transport)
      : transport_(transport), endpoints_(EndpointsOf(transport.base_url())) {}

  Result<Answer> Query(std::string_view query, const Variables& variables);
  /// `endpoint` is the constant name that calls are counted under, without prefix: "/user/repos".
  Result<Answer> Get(std::string_view endpoint, std::string_view path);

 private:
  Transport& transport_;
  Endpoints endpoints_;
};

/// The query without the selections of that name: for a token that may not read them, for GitHub
/// then refuses the whole query.
std::string WithoutField(std::string_view query, std::string_view field);

/// Writes an aliased query: the template's lines that begin with "<letter>0:" are repeated, one for
/// each letter of `aliases`, numbered from 0 like the variables they use; the operation's variable
/// list is repeated likewise. Of the fragments behind the operation those in use are kept: GitHub
/// refuses a query with one that is not.
std::string ExpandAliases(std::string_view query, std::string_view aliases);

}  // namespace pulse::source::github
