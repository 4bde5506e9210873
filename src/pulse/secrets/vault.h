#pragma once

/// \file
/// Vault: seals the credentials of integrations with a key that never enters the database.
///
/// A secret is sealed with XChaCha20-Poly1305; its tenant, integration and key id are authenticated
/// with it, so a row copied to another owner does not open. Lost key file = lost credentials (and
/// nothing else: they are entered again), so back it up apart from the database.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/base/sync.h"
#include "pulse/secrets/key_file.h"
#include "pulse/store/catalog.h"

namespace pulse::secrets {

/// A secret in the clear: wiped when it ends, not copyable, not printable by accident.
class Plaintext {
 public:
  Plaintext(SecretBytes bytes, std::size_t size) noexcept : bytes_(std::move(bytes)), size_(size) {}

  /// The secret, valid while this lives. Copies of it are the caller's to wipe.
  std::string_view Reveal() const noexcept { return {bytes_.get(), size_}; }

 private:
  SecretBytes bytes_;
  std::size_t size_ = 0;
};

/// What ReSealAll did.
struct ReSealed {
  struct Failure {
    store::SecretOwner owner;
    Error why;  ///< kUnauthorized (as of Open), kConflict (written again and again meanwhile).
  };
  int sealed = 0;               ///< With the newest key, by this call.
  std::vector<Failure> failed;  ///< Left as they were.
};

/// Thread-safe.
class Vault {
 public:
  /// Reads `home`/secret.key, or creates it (and `home`, mode 0700) with one key. Two processes
  /// that start at once end up with the same key. Errors: kInvalid, each with its fix (readable by
  /// others, not ours, malformed), kUnavailable (cannot be read or written).
  static Result<std::unique_ptr<Vault>> Open(const std::string& home);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  /// With the newest key. Error: kInvalid (over 64 KiB).
  Result<store::SealedSecret> Seal(store::SecretOwner owner, std::string_view plaintext) const;

  /// Errors: kUnauthorized, naming the key id and the owner: the key is not in the file, or the
  /// bytes were changed or belong to another owner.
  Result<Plaintext> Open(store::SecretOwner owner, const store::SealedSecret& secret) const;

  /// Id of the key that Seal uses.
  std::string newest_key_id() const;

  /// Adds a new key in front of the others and returns its id. Older secrets still open. A process
  /// that runs meanwhile reads the file again when it meets a key id it does not know. Errors as
  /// of Open(home).
  Result<std::string> Rotate();

  /// Seals every secret that is not sealed with the newest key again. One that cannot be opened is
  /// left and told of, and the others go on; one that is replaced or removed meanwhile stays as its
  /// writer wants it. Stops at the first error of the catalog and may be run again. When nothing
  /// failed, older keys are needed for backups only.
  Result<ReSealed> ReSealAll(store::Catalog& catalog) const;

 private:
  explicit Vault(std::string home, KeyRing keys);
  std::shared_ptr<const Key> KeyNamed(std::string_view id) const;
  Result<> ReSeal(store::Catalog& catalog, store::SecretOwner owner, ReSealed& result) const;

  const std::string home_;
  mutable Guarded<KeyRing> keys_;  // Open() reads the file again, so logically constant.
};

}  // namespace pulse::secrets
