#include "pulse/secrets/vault.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

namespace pulse::secrets {
namespace {

constexpr std::size_t kMaxSecretBytes = std::size_t{64} * 1024;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

/// What is authenticated with a secret. Numbers in decimal with separators: no two owners share
/// one.
std::string BindingOf(store::SecretOwner owner, std::string_view key_id) {
  return fmt::format(
      "pulse-secret-1/{}/{}/{}", owner.tenant.value(), owner.integration.value(), key_id
  );
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Error Refused(store::SecretOwner owner, std::string_view key_id, std::string_view why) {
  return {
      ErrorKind::kUnauthorized,
      fmt::format(
          "secret of integration {} (tenant {}), key {}: {}",
          owner.integration.value(),
          owner.tenant.value(),
          key_id,
          why
      )
  };
}

}  // namespace

Vault::Vault(std::string home, KeyRing keys) : home_(std::move(home)), keys_(std::move(keys)) {}
Vault::~Vault() = default;

Result<std::unique_ptr<Vault>> Vault::Open(const std::string& home) {
  if (sodium_init() < 0) return Error{ErrorKind::kInternal, "libsodium cannot start"};
  PULSE_TRY(KeyRing keys, ReadOrCreateKeyFile(home));
  return std::unique_ptr<Vault>(new Vault(home, std::move(keys)));
}

Result<store::SealedSecret> Vault::Seal(store::SecretOwner owner, std::string_view plaintext)
    const {
  if (plaintext.size() > kMaxSecretBytes) {
    return Error{
        ErrorKind::kInvalid, fmt::format("secret over the limit of {} bytes", kMaxSecretBytes)
    };
  }
  const auto key = keys_.With([](const KeyRing& keys) { return keys.front(); });
  const std::string binding = BindingOf(owner, key->id);
  store::SealedSecret sealed{.key_id = key->id, .ciphertext = {}};
  sealed.ciphertext.resize(kNonceBytes + plaintext.size() + kTagBytes);
  auto* nonce = reinterpret_cast<unsigned char*>(sealed.ciphertext.data());
  // Random is safe with 24 bytes: no counter to keep across processes.
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      nonce + kNonceBytes,
      nullptr,
      Bytes(plaintext),
      plaintext.size(),
      Bytes(binding),
      binding.size(),
      nullptr,
      nonce,
      Bytes({key->bytes.get(), kKeyBytes})
  );
  return sealed;
}

Result<Plaintext> Vault::Open(store::SecretOwner owner, const store::SealedSecret& secret) const {
  const auto key = KeyNamed(secret.key_id);
  if (!key) {
    return Refused(
        owner,
        secret.key_id,
        "not in " + home_ + "/secret.key; fix: restore that file, or enter the token again"
    );
  }
  constexpr std::size_t kOverhead = kNonceBytes + kTagBytes;
  if (secret.ciphertext.size() < kOverhead) return Refused(owner, key->id, "cut short");
  const std::string binding = BindingOf(owner, key->id);
  const std::size_t size = secret.ciphertext.size() - kOverhead;
  const std::string_view sealed = std::string_view{secret.ciphertext}.substr(kNonceBytes);
  SecretBytes bytes = NewSecretBytes(std::max<std::size_t>(size, 1));
  const int outcome = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(bytes.get()),
      nullptr,
      nullptr,
      Bytes(sealed),
      sealed.size(),
      Bytes(binding),
      binding.size(),
      Bytes(secret.ciphertext),
      Bytes({key->bytes.get(), kKeyBytes})
  );
  if (outcome != 0) return Refused(owner, key->id, "changed, or sealed for another owner");
  return Plaintext(std::move(bytes), size);
}

std::shared_ptr<const Key> Vault::KeyNamed(std::string_view id) const {
  const auto find = [id](const KeyRing& keys) -> std::shared_ptr<const Key> {
    const auto found =
        std::ranges::find(keys, id, [](const auto& key) { return std::string_view{key->id}; });
    return found == keys.end() ? nullptr : *found;
  };
  if (auto key = keys_.With(find)) return key;
  auto read_again = ReadKeyFile(home_);  // Another process may have rotated.
  if (!read_again) return nullptr;
  auto key = find(*read_again);
  if (key) keys_.With([&](KeyRing& keys) { keys = *std::move(read_again); });
  return key;
}

std::string Vault::newest_key_id() const {
  return keys_.With([](const KeyRing& keys) { return keys.front()->id; });
}

Result<std::string> Vault::Rotate() {
  PULSE_TRY(KeyRing added, AddKey(home_));
  return keys_.With([&](KeyRing& keys) {
    keys = std::move(added);
    return Result<std::string>(keys.front()->id);
  });
}

Result<> Vault::ReSeal(store::Catalog& catalog, store::SecretOwner owner, ReSealed& result) const {
  // A token is replaced by a person: who loses this race twice meets something else.
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto old = catalog.GetSecret(owner);
    if (!old && old.error().kind() == ErrorKind::kNotFound) return {};
    if (!old) return std::move(old).error();
    if (old->key_id == newest_key_id()) return {};
    auto plaintext = Open(owner, *old);
    if (!plaintext) {
      result.failed.push_back({owner, std::move(plaintext).error()});
      return {};
    }
    PULSE_TRY(const store::SealedSecret sealed, Seal(owner, plaintext->Reveal()));
    PULSE_TRY(const bool replaced, catalog.ReplaceSecret(owner, *old, sealed));
    if (!replaced) continue;
    ++result.sealed;
    return {};
  }
  const Error busy = Refused(owner, newest_key_id(), "written again and again meanwhile");
  result.failed.push_back({owner, Error{ErrorKind::kConflict, busy.message()}});
  return {};
}

Result<ReSealed> Vault::ReSealAll(store::Catalog& catalog) const {
  PULSE_TRY(const auto owners, catalog.SecretsNotSealedWith(newest_key_id()));
  ReSealed result;
  for (const store::SecretOwner owner : owners) PULSE_CHECK(ReSeal(catalog, owner, result));
  return result;
}

}  // namespace pulse::secrets
