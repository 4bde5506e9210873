#pragma once

/// \file
/// From a setting's text to its typed value, and to what may be shown of it.

#include <string>
#include <string_view>

#include "pulse/config/settings.h"

namespace pulse::config {

/// Sets the row's field. Error: kInvalid, saying what is accepted; never with the text of a secret.
Result<> Assign(const Row& row, std::string_view text, Settings& settings);

/// `text` as it may be shown: "***" for a secret; a URL without the password inside it.
std::string Masked(const Row& row, std::string_view text);

}  // namespace pulse::config
