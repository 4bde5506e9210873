#pragma once

/// \file
/// Payload files: JSON lines with one vendor payload each, bare or wrapped.

#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::simulate {

struct PayloadLine {
  std::string payload;  ///< The payload's bytes exactly as in the file.
  std::string group;    ///< The wrapper's "group" (`owner/repo#12`), when it has one.
  std::string where;    ///< `payload file PATH line N`, for messages.
};

/// Reads the files in order. A line is a payload, or an object that has it under "payload"; blank
/// lines are skipped. Nothing is re-serialised: what is served is what was in the file.
/// Errors: kInvalid, naming file and line (not readable, not a JSON object).
Result<std::vector<PayloadLine>> ReadPayloadFiles(const std::vector<std::string>& paths);

}  // namespace pulse::simulate
