#pragma once

/// \file
/// The JSON the store itself writes into steps and staging: {"raw_ids":[…]},
/// {"table":…,"rows":[…]}.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/unit.h"

namespace pulse::store {

/// `params` with "raw_ids":[raw] added. Errors: kInvalid (`params` is not a JSON object).
Result<std::string> ParamsWithRaw(std::string_view params, RawId raw);
std::string ParamsOfRaws(const std::vector<SettledRaw>& raws);
/// The same with all that RawsFromJson gives back, for a backend whose staging may be lost.
std::string ParamsOfStaging(const std::vector<SettledRaw>& raws, std::size_t body_bytes);
std::string ParamsOfRows(std::string_view table, std::span<const std::int64_t> rows);

/// "raw_ids", and the first of them or the id 0. Nothing where there are none.
std::vector<RawId> RawsOf(std::string_view params);
RawId FirstRaw(std::string_view params);

/// The raws of a staging row with the size its body had before compression, and back.
std::string RawsToJson(const std::vector<SettledRaw>& raws, std::size_t body_bytes);
struct StagedRaws {
  std::vector<SettledRaw> raws;
  std::size_t body_bytes = 0;
};
Result<StagedRaws> RawsFromJson(std::string_view json);

}  // namespace pulse::store
