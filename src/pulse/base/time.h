#pragma once

/// \file
/// Instants as UTC epoch milliseconds, and the two text forms they travel in.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// Milliseconds since 1970-01-01T00:00:00Z. Source time zones end at the parser.
using EpochMs = std::int64_t;

/// Parses ISO 8601 as Jira and GitHub write it: `2023-06-24T19:24:50.000+0000`, `…+08:00`, `…Z`,
/// `2016-09-15 16:59:01 UTC`, with 0 to 9 fractional digits (cut to milliseconds). A text without
/// an offset is refused: it names no instant. Returns nothing for anything else, including
/// impossible dates.
std::optional<EpochMs> ParseInstant(std::string_view text) noexcept;

/// `2023-06-24T19:24:50.000Z`, always 24 bytes; the form SQLite stores and JSON output shows.
std::string FormatInstant(EpochMs instant);

/// Writes the same 24 bytes to `out` without allocating. Years outside 0000..9999 are clamped.
void FormatInstantTo(EpochMs instant, char* out) noexcept;

/// `2023-06-24` exactly; false for every other text and for impossible days.
bool IsCalendarDate(std::string_view text) noexcept;

}  // namespace pulse
