#include "pulse/base/hash.h"

#include <array>

#include <xxhash.h>

namespace pulse {

std::int64_t ContentHash(std::string_view bytes) noexcept {
  return static_cast<std::int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

std::string ContentFingerprint(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(32, '0');
  const std::array<std::uint64_t, 2> halves = {hash.high64, hash.low64};
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 16; ++i)
      text[half * 16 + i] = kDigits[(halves[half] >> (60 - 4 * i)) & 15];
  }
  return text;
}

Hasher::Hasher() : state_(XXH3_createState()) {
  XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}

Hasher::~Hasher() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }

void Hasher::Add(std::string_view bytes) noexcept {
  Add(static_cast<std::int64_t>(bytes.size()));
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}

void Hasher::Add(std::int64_t number) noexcept {
  XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), &number, sizeof number);
}

std::int64_t Hasher::Finish() noexcept {
  auto* state = static_cast<XXH3_state_t*>(state_);
  const auto hash = static_cast<std::int64_t>(XXH3_64bits_digest(state));
  XXH3_64bits_reset(state);
  return hash;
}

}  // namespace pulse
