#pragma once

/// \file
/// JsonSlices: the members of a JSON object as views of its own bytes, so that a payload can be
/// served again without re-serialising it (a parser would lose number forms, order, duplicates).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::simulate {

/// Name (unescaped bytes are not decoded: names are plain in practice) and raw value text.
using JsonSlices = std::vector<std::pair<std::string_view, std::string_view>>;

/// The members of the object in `text`; nothing when it is not an object with balanced brackets.
/// Views point into `text`.
std::optional<JsonSlices> SliceObject(std::string_view text);

/// The elements of the array in `text`; nothing when it is not one.
std::optional<std::vector<std::string_view>> SliceArray(std::string_view text);

/// The raw value of a member, or an empty view. `SliceOf(text, "fields")`.
std::string_view SliceOf(std::string_view object_text, std::string_view name);
std::string_view SliceOf(const JsonSlices& members, std::string_view name);

/// The text of a raw JSON string (escapes decoded) or the digits of a number; empty for others.
std::string TextOf(std::string_view raw);

}  // namespace pulse::simulate
