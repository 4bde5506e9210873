#pragma once

/// \file
/// Values people type: ages, rates, addresses, names. Pure. Errors: kInvalid, saying what was given
/// and what is accepted.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/time.h"
#include "pulse/model/job.h"

namespace pulse::app {

/// `30d`, `12h`, `2w`, `15m` before `now`; a day `2024-02-29` (its start, UTC); or a full instant.
/// `option` names the option.
Result<EpochMs> ParseMoment(std::string_view option, std::string_view text, EpochMs now);

/// `100ms`, `2s`, `1m`; at most an hour.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// `10/s`
Result<int> ParseRate(std::string_view text);

/// `extract,transform`: names of stages, at least one.
Result<std::vector<model::Stage>> ParseStages(std::string_view text);

/// A whole number in [min, max]; `what` names the option.
Result<std::int64_t> ParseCount(
    std::string_view what, std::string_view text, std::int64_t min, std::int64_t max
);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
/// `127.0.0.1:4010`, `[::1]:4010`
Result<HostPort> ParseHostPort(std::string_view text);

/// `NAME:PERCENT`
Result<std::pair<std::string, double>> ParseFault(std::string_view text);

/// `KEY=VALUE`; the value may be empty.
Result<std::pair<std::string, std::string>> ParseKeyValue(
    std::string_view what, std::string_view text
);

/// 1 to 63 of a-z, 0-9 and -; `what` is "tenant" or "integration".
Result<> CheckName(std::string_view what, std::string_view name);

/// Https, or http when `private_allowed`; a host, no user, no query, no fragment. Returns it
/// without trailing slashes.
Result<std::string> CheckBaseUrl(std::string_view url, bool private_allowed);

}  // namespace pulse::app
