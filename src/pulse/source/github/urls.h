#pragma once

/// \file
/// Where the two APIs of a GitHub are, relative to the base URL an integration was given.

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::source::github {

struct Endpoints {
  std::string_view rest;  ///< Prefix of REST paths: "" or "/api/v3".
  std::string graphql;    ///< Call::path of the GraphQL endpoint.
};

/// api.github.com and api.*.ghe.com serve REST at the root and GraphQL at /graphql; a base that
/// ends in /api/v3 has GraphQL beside it; every other host (Enterprise Server) is asked under
/// /api/v3 and /api/graphql.
Endpoints EndpointsOf(std::string_view base_url);

/// `text` percent-encoded as one path segment or query value.
std::string Encode(std::string_view text);

/// "owner/name" with both parts encoded; the slash stays.
std::string EncodeFullName(std::string_view full_name);

}  // namespace pulse::source::github
