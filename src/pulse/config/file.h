#pragma once

/// \file
/// The settings file: TOML, but flat (`name = value`).

#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::config {

struct FileEntry {
  std::string name;
  std::string text;  ///< Numbers and booleans as a person would write them: "64", "on".
  int line = 0;
};

/// In the order of the file. Errors: kNotFound (no such file), kInvalid (not TOML, or nested).
Result<std::vector<FileEntry>> ReadSettingsFile(const std::string& path);

}  // namespace pulse::config
