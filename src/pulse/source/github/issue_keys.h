#pragma once

/// \file
/// Issue keys in free text. A match is a candidate ("UTF-8" and "SLF4J-1" match too): it becomes a
/// link only where such an issue exists, which the store decides.

#include <functional>
#include <string>
#include <string_view>

namespace pulse::source::github {

/// Calls `found(key, at)` for every match of `[A-Z][A-Z0-9]+-[0-9]+` that stands alone: no ASCII
/// letter, digit or underscore before or behind it. Bytes outside ASCII separate, so a key between
/// Chinese words is found. Repeated keys are reported each time, in order.
void ForEachIssueKey(
    std::string_view text, const std::function<void(std::string_view key, std::size_t at)>& found
);

/// The words around text[at, at + size): at most 120 bytes, whole UTF-8 characters, one line.
std::string EvidenceAround(std::string_view text, std::size_t at, std::size_t size);

}  // namespace pulse::source::github
