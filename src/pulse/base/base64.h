#pragma once

/// \file
/// Base64 with + and / and padding (RFC 4648, 4).

#include <string>
#include <string_view>

namespace pulse {

std::string EncodeBase64(std::string_view bytes);

}  // namespace pulse
