#pragma once

/// \file
/// The few JSON pieces the hot path writes itself; everything else uses nlohmann::json.

#include <string>
#include <string_view>

namespace pulse::model {

/// Appends `text` quoted and escaped. Invalid UTF-8 becomes U+FFFD, so the result is always JSON.
void AppendJsonString(std::string& out, std::string_view text);

/// `text` with every byte that is no UTF-8 replaced by U+FFFD. `cut`: the text was cut off, so an
/// incomplete last character is dropped instead.
std::string ValidUtf8(std::string_view text, bool cut = false);

/// Appends the shortest text that reads back as `value`; null for what JSON cannot say (NaN, inf).
void AppendJsonNumber(std::string& out, double value);

}  // namespace pulse::model
