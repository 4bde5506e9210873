#pragma once

/// \file
/// PULSE_HOME/secret.key: the keys of the vault, one per line, the newest first.
///   line = "pulse-key-1" SP id SP key LF       id = 16, key = 64 lower-case hexadecimal digits
/// Mode 0600; a file that others can read, or that another user owns, is refused.

#include <memory>
#include <string>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::secrets {

/// Memory that is locked, left out of core files and wiped when freed (libsodium's).
struct WipeAndFree {
  void operator()(char* bytes) const noexcept;
};
using SecretBytes = std::unique_ptr<char, WipeAndFree>;

struct Key {
  std::string id;
  SecretBytes bytes;  ///< kKeyBytes of them.
};
inline constexpr std::size_t kKeyBytes = 32;

/// The newest first; never empty once read. Shared, because a key may be in use by one thread while
/// another reads the file again.
using KeyRing = std::vector<std::shared_ptr<const Key>>;

SecretBytes NewSecretBytes(std::size_t size);

/// Reads `home`/secret.key. kNotFound when there is none; else errors as of Vault::Open.
Result<KeyRing> ReadKeyFile(const std::string& home);

/// Creates `home` (0700) and the file with one new key, unless another process was faster; returns
/// what is in the file then.
Result<KeyRing> ReadOrCreateKeyFile(const std::string& home);

/// Puts a new key in front of those in the file. Safe against others doing the same.
Result<KeyRing> AddKey(const std::string& home);

}  // namespace pulse::secrets
