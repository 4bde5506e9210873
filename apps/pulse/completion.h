#pragma once

/// \file
/// Shell completion, made from the command table. Pure.

#include <span>
#include <string>
#include <string_view>

namespace pulse::app {

/// A script for "bash", "zsh" or "fish"; empty for another shell. Names of tenants and integrations
/// are asked of `pulse` itself while completing; everything else stands in the script.
std::string CompletionScript(std::string_view shell, std::span<const std::string> entity_types);

}  // namespace pulse::app
