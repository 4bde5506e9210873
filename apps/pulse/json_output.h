#pragma once

/// \file
/// The JSON forms of what commands print. The names are the columns' and the API's.

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "pulse/model/integration.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/source/source.h"
#include "pulse/store/jobs.h"
#include "pulse/store/raw_pages.h"
#include "pulse/vectors/vectors.h"

namespace pulse::app {

using Json = nlohmann::ordered_json;

/// One line; what is not UTF-8 becomes U+FFFD.
std::string Dump(const Json& json);
/// ISO 8601, or null.
Json InstantJson(std::optional<EpochMs> instant);

Json ToJson(const model::Tenant& tenant);
Json ToJson(const model::Integration& integration);
Json ToJson(const model::Job& job);
Json ToJson(const model::Receipt& receipt);
Json ToJson(const store::JobProgress& progress);
Json ToJson(const store::DeadLetter& letter);
Json ToJson(const store::DeadLetterGroup& group);
Json ToJson(const source::Account& account);
Json ToJson(const vectors::Hit& hit);

}  // namespace pulse::app
