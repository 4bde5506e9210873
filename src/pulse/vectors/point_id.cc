#include <array>
#include <string>

#include <openssl/sha.h>

#include "pulse/vectors/vectors.h"

namespace pulse::vectors {
namespace {

/// 9d2b6f0e-5c1a-4e8b-a7f3-2d6c8b1e4f90: drawn once for pulse's points. Another one would make
/// every stored point an orphan.
constexpr std::array<unsigned char, 16> kNamespace = {
    0x9d,
    0x2b,
    0x6f,
    0x0e,
    0x5c,
    0x1a,
    0x4e,
    0x8b,
    0xa7,
    0xf3,
    0x2d,
    0x6c,
    0x8b,
    0x1e,
    0x4f,
    0x90,
};

}  // namespace

std::string PointId(
    TenantId tenant,
    IntegrationId integration,
    std::string_view entity_type,
    std::string_view external_id
) {
  // Only the last part may contain a '/', so no two records share a name.
  std::string name(kNamespace.begin(), kNamespace.end());
  name.append(std::to_string(tenant.value())).append("/");
  name.append(std::to_string(integration.value())).append("/");
  name.append(entity_type).append("/").append(external_id);

  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x50);  // Version 5.
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);  // RFC 9562's variant.

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kDigits[digest[i] >> 4];
    id += kDigits[digest[i] & 15];
  }
  return id;
}

}  // namespace pulse::vectors
