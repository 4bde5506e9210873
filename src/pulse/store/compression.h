#pragma once

/// \file
/// zstd, level 1: what pages and staged rows rest as.

#include <string>
#include <string_view>

#include "pulse/base/error.h"

namespace pulse::store {

std::string Compress(std::string_view bytes);

/// `size` is what Compress was given. Errors: kInternal (not what Compress made).
Result<std::string> Decompress(std::string_view compressed, std::size_t size);

}  // namespace pulse::store
