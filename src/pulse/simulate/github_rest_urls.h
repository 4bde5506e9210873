#pragma once

/// \file
/// URLs in REST payloads. They lead nowhere: no host of that name exists (RFC 2606).

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "pulse/simulate/github_json_writer.h"
#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

inline constexpr std::string_view kApiBase = "https://github.example/api/v3";

std::string ApiUrl(const Repository& repository);
std::string PullUrl(const Repository& repository, std::int64_t number);

/// `"_links":{"self":{"href":…},…}`
void WriteLinks(
    ObjectWriter& object, std::initializer_list<std::pair<std::string_view, std::string>> links
);

}  // namespace pulse::simulate::github
