#include "pulse/secrets/vault.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::secrets {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr store::SecretOwner kOwner{.tenant = TenantId{1}, .integration = IntegrationId{7}};
constexpr std::string_view kToken = "ghp_hunter2hunter2hunter2";

class VaultTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pulse_vault_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    base_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  std::string home() const { return base_ + "/state/pulse"; }
  std::string key_path() const { return home() + "/secret.key"; }
  std::unique_ptr<Vault> OpenOrDie() const {
    auto vault = Vault::Open(home());
    if (!vault) throw std::runtime_error(vault.error().message());
    return *std::move(vault);
  }
  std::string KeyFile() const {
    std::ostringstream text;
    text << std::ifstream(key_path()).rdbuf();
    return text.str();
  }

  std::string base_;
};

mode_t ModeOf(const std::string& path) {
  struct stat status{};
  stat(path.c_str(), &status);
  return status.st_mode & 07777U;
}

TEST_F(VaultTest, OpensWhatItSealedAlsoAfterARestart) {
  const auto sealed = OpenOrDie()->Seal(kOwner, kToken);
  ASSERT_TRUE(sealed);

  const auto plaintext = OpenOrDie()->Open(kOwner, *sealed);

  ASSERT_TRUE(plaintext) << plaintext.error().message();
  EXPECT_EQ(plaintext->Reveal(), kToken);
}

TEST_F(VaultTest, SealsEveryLengthUpToItsLimit) {
  const auto vault = OpenOrDie();
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 65536U}) {
    const std::string secret(size, '\xff');
    const auto plaintext = vault->Open(kOwner, *vault->Seal(kOwner, secret));
    ASSERT_TRUE(plaintext) << size;
    EXPECT_EQ(plaintext->Reveal(), secret);
  }
  const auto over = vault->Seal(kOwner, std::string(65537, 'x'));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().kind(), ErrorKind::kInvalid);
}

TEST_F(VaultTest, NeverShowsTheSecretInWhatRests) {
  const auto vault = OpenOrDie();
  const auto sealed = vault->Seal(kOwner, kToken);

  ASSERT_EQ(vault->Open(kOwner, *sealed)->Reveal(), kToken);  // It is in there.
  for (std::size_t at = 0; at + 4 <= kToken.size(); ++at) {
    EXPECT_EQ(sealed->ciphertext.find(kToken.substr(at, 4)), std::string::npos);
  }
  EXPECT_THAT(KeyFile(), Not(HasSubstr(std::string{kToken})));
}

TEST_F(VaultTest, SealsTheSameSecretDifferentlyEachTime) {
  const auto vault = OpenOrDie();
  EXPECT_NE(vault->Seal(kOwner, kToken)->ciphertext, vault->Seal(kOwner, kToken)->ciphertext);
}

TEST_F(VaultTest, RefusesASecretMovedToAnotherOwner) {
  const auto vault = OpenOrDie();
  const auto sealed = vault->Seal(kOwner, kToken);
  ASSERT_TRUE(vault->Open(kOwner, *sealed));

  for (const store::SecretOwner other :
       {store::SecretOwner{.tenant = TenantId{2}, .integration = IntegrationId{7}},
        store::SecretOwner{.tenant = TenantId{1}, .integration = IntegrationId{8}},
        store::SecretOwner{.tenant = TenantId{7}, .integration = IntegrationId{1}},
        store::SecretOwner{.tenant = TenantId{17}, .integration = IntegrationId{}}}) {
    const auto plaintext = vault->Open(other, *sealed);
    ASSERT_FALSE(plaintext);
    EXPECT_EQ(plaintext.error().kind(), ErrorKind::kUnauthorized);
  }
}

TEST_F(VaultTest, RefusesEverySingleChangedByteAndEveryCut) {
  const auto vault = OpenOrDie();
  const auto sealed = vault->Seal(kOwner, kToken);
  ASSERT_TRUE(vault->Open(kOwner, *sealed));

  for (std::size_t at = 0; at < sealed->ciphertext.size(); ++at) {
    auto changed = *sealed;
    changed.ciphertext[at] = static_cast<char>(changed.ciphertext[at] ^ 1);
    EXPECT_FALSE(vault->Open(kOwner, changed)) << at;
    auto cut = *sealed;
    cut.ciphertext.resize(at);
    EXPECT_FALSE(vault->Open(kOwner, cut)) << at;
  }
}

TEST_F(VaultTest, NamesTheMissingKeyAndNotTheSecret) {
  const auto sealed = OpenOrDie()->Seal(kOwner, kToken);
  std::filesystem::remove(key_path());

  const auto plaintext = OpenOrDie()->Open(kOwner, *sealed);

  ASSERT_FALSE(plaintext);
  EXPECT_EQ(plaintext.error().kind(), ErrorKind::kUnauthorized);
  EXPECT_THAT(plaintext.error().message(), HasSubstr("key " + sealed->key_id));
  EXPECT_THAT(plaintext.error().message(), HasSubstr("integration 7"));
  EXPECT_THAT(plaintext.error().message(), Not(HasSubstr(std::string{kToken})));
}

TEST_F(VaultTest, KeepsItsFilesFromOtherUsers) {
  OpenOrDie();

  EXPECT_EQ(ModeOf(home()), 0700U);
  EXPECT_EQ(ModeOf(key_path()), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(home()), {}), 1);
}

TEST_F(VaultTest, RefusesAKeyFileThatOthersCanRead) {
  OpenOrDie();
  for (const mode_t mode : {0604U, 0640U, 0620U, 0601U}) {
    chmod(key_path().c_str(), mode);
    const auto vault = Vault::Open(home());
    ASSERT_FALSE(vault) << mode;
    EXPECT_EQ(vault.error().kind(), ErrorKind::kInvalid);
    EXPECT_THAT(vault.error().message(), HasSubstr("fix: chmod 600 " + key_path()));
  }
  chmod(key_path().c_str(), 0400);
  EXPECT_TRUE(Vault::Open(home()));
}

TEST_F(VaultTest, RefusesAMalformedKeyFileWithoutShowingIt) {
  OpenOrDie();
  const std::string good = KeyFile();
  const std::string digits = good.substr(good.size() - 65, 64);
  for (const std::string& text :
       {std::string{},
        std::string{"\n"},
        good + "x",
        good + good.substr(0, 40),
        "X" + good.substr(1),
        good.substr(0, good.size() - 2) + "G\n"}) {
    std::ofstream(key_path(), std::ios::trunc) << text;
    const auto vault = Vault::Open(home());
    ASSERT_FALSE(vault) << text.size();
    EXPECT_EQ(vault.error().kind(), ErrorKind::kInvalid);
    EXPECT_THAT(vault.error().message(), Not(HasSubstr(digits.substr(0, 8))));
  }
}

TEST_F(VaultTest, CreatesOneKeyWhenManyStartAtOnce) {
  constexpr std::size_t kVaults = 8;
  std::vector<std::string> ids(kVaults);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kVaults);
    for (auto& id : ids) threads.emplace_back([&] { id = OpenOrDie()->newest_key_id(); });
  }

  EXPECT_THAT(ids, testing::Each(ids.front()));
  EXPECT_EQ(ids.front().size(), 16U);
}

TEST_F(VaultTest, OpensOldSecretsAfterARotationAndSealsWithTheNewKey) {
  const auto vault = OpenOrDie();
  const auto old = vault->Seal(kOwner, kToken);

  const auto id = vault->Rotate();
  const auto fresh = vault->Seal(kOwner, kToken);

  ASSERT_TRUE(id);
  EXPECT_NE(*id, old->key_id);
  EXPECT_EQ(fresh->key_id, *id);
  EXPECT_EQ(vault->newest_key_id(), *id);
  for (const auto& sealed : {*old, *fresh})
    EXPECT_EQ(OpenOrDie()->Open(kOwner, sealed)->Reveal(), kToken);
  EXPECT_EQ(ModeOf(key_path()), 0600U);
}

TEST_F(VaultTest, LearnsAKeyThatAnotherProcessAdded) {
  const auto here = OpenOrDie();
  const auto elsewhere = OpenOrDie();
  ASSERT_TRUE(elsewhere->Rotate());

  const auto plaintext = here->Open(kOwner, *elsewhere->Seal(kOwner, kToken));

  ASSERT_TRUE(plaintext) << plaintext.error().message();
  EXPECT_EQ(here->newest_key_id(), elsewhere->newest_key_id());
}

TEST_F(VaultTest, LosesNoKeyWhenTwoRotateAtOnce) {
  const auto vault = OpenOrDie();
  const auto first = vault->Seal(kOwner, kToken);
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_TRUE(OpenOrDie()->Rotate()); });
  }

  const std::string text = KeyFile();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 9);
  EXPECT_TRUE(OpenOrDie()->Open(kOwner, *first));
}

/// Secrets only: what ReSealAll touches.
class SecretCatalog final : public store::Catalog {
 public:
  Result<model::Tenant> CreateTenant(std::string_view) override { return Unused(); }
  Result<std::vector<model::Tenant>> ListTenants() override { return Unused(); }
  Result<model::Tenant> FindTenant(std::string_view) override { return Unused(); }
  Result<> SetRawRetention(TenantId, std::optional<int>) override { return Unused(); }
  Result<> RemoveTenant(TenantId) override { return Unused(); }
  Result<model::Integration> PutIntegration(const model::Integration&) override { return Unused(); }
  Result<std::vector<model::Integration>> ListIntegrations(TenantId) override { return Unused(); }
  Result<model::Integration> GetIntegration(TenantId, IntegrationId) override { return Unused(); }
  Result<> RemoveIntegration(TenantId, IntegrationId) override { return Unused(); }
  Result<> PutSecret(store::SecretOwner owner, const store::SealedSecret& secret) override {
    secrets_[owner.integration.value()] = {owner, secret};
    return {};
  }
  Result<bool> ReplaceSecret(
      store::SecretOwner owner,
      const store::SealedSecret& expected,
      const store::SealedSecret& secret
  ) override {
    if (meanwhile) std::exchange(meanwhile, {})();
    const auto found = secrets_.find(owner.integration.value());
    if (found == secrets_.end()) return false;
    if (found->second.second.ciphertext != expected.ciphertext) return false;
    found->second.second = secret;
    return true;
  }
  Result<store::SealedSecret> GetSecret(store::SecretOwner owner) override {
    const auto found = secrets_.find(owner.integration.value());
    if (found == secrets_.end()) return Error{ErrorKind::kNotFound, "no credential"};
    return found->second.second;
  }
  Result<std::vector<store::SecretOwner>> SecretsNotSealedWith(std::string_view key_id) override {
    std::vector<store::SecretOwner> owners;
    for (const auto& [id, entry] : secrets_) {
      if (entry.second.key_id != key_id) owners.push_back(entry.first);
    }
    return owners;
  }
  Result<> Audit(const store::AuditEntry&) override { return Unused(); }
  void Forget(store::SecretOwner owner) { secrets_.erase(owner.integration.value()); }

  /// What somebody else does between a read and the write that follows it; done once.
  std::function<void()> meanwhile;

 private:
  static Error Unused() { return {ErrorKind::kInternal, "not part of this test"}; }
  std::map<std::int64_t, std::pair<store::SecretOwner, store::SealedSecret>> secrets_;
};

store::SecretOwner OwnerOf(int integration) {
  return {.tenant = TenantId{1}, .integration = IntegrationId{integration}};
}

/// `count` secrets, "token 1" and so on.
void Fill(SecretCatalog& catalog, const Vault& vault, int count) {
  for (int i = 1; i <= count; ++i) {
    const auto sealed = vault.Seal(OwnerOf(i), "token " + std::to_string(i));
    ASSERT_TRUE(catalog.PutSecret(OwnerOf(i), *sealed));
  }
}

TEST_F(VaultTest, SealsEverySecretAgainAfterARotation) {
  const auto vault = OpenOrDie();
  SecretCatalog catalog;
  Fill(catalog, *vault, 3);
  ASSERT_EQ(vault->ReSealAll(catalog)->sealed, 0);
  const std::string newest = *vault->Rotate();

  const ReSealed done = *vault->ReSealAll(catalog);

  EXPECT_EQ(done.sealed, 3);
  EXPECT_TRUE(done.failed.empty());
  EXPECT_TRUE(catalog.SecretsNotSealedWith(newest)->empty());
  EXPECT_EQ(vault->Open(OwnerOf(2), *catalog.GetSecret(OwnerOf(2)))->Reveal(), "token 2");
}

TEST_F(VaultTest, SealsTheOthersAgainWhenOneCannotBeOpened) {
  const auto vault = OpenOrDie();
  SecretCatalog catalog;
  Fill(catalog, *vault, 3);
  const store::SealedSecret stranger = *vault->Seal(OwnerOf(9), "token");
  ASSERT_TRUE(catalog.PutSecret(OwnerOf(1), stranger));
  const std::string newest = *vault->Rotate();

  const ReSealed done = *vault->ReSealAll(catalog);

  EXPECT_EQ(done.sealed, 2);
  ASSERT_EQ(done.failed.size(), 1U);
  EXPECT_EQ(done.failed[0].owner.integration, IntegrationId{1});
  EXPECT_EQ(done.failed[0].why.kind(), ErrorKind::kUnauthorized);
  EXPECT_EQ(catalog.GetSecret(OwnerOf(1))->ciphertext, stranger.ciphertext);
  for (const int good : {2, 3}) EXPECT_EQ(catalog.GetSecret(OwnerOf(good))->key_id, newest);
}

TEST_F(VaultTest, KeepsATokenThatIsGivenWhileItSealsAgain) {
  const auto vault = OpenOrDie();
  // By a process that knows the new key already, and by one that does not.
  for (const bool knows : {true, false}) {
    SecretCatalog catalog;
    Fill(catalog, *vault, 1);
    const store::SealedSecret before = *vault->Seal(OwnerOf(1), "given meanwhile");
    ASSERT_TRUE(vault->Rotate());
    const store::SealedSecret given = knows ? *vault->Seal(OwnerOf(1), "given meanwhile") : before;
    catalog.meanwhile = [&] { ASSERT_TRUE(catalog.PutSecret(OwnerOf(1), given)); };

    const ReSealed done = *vault->ReSealAll(catalog);

    EXPECT_EQ(done.sealed, knows ? 0 : 1);
    EXPECT_TRUE(done.failed.empty());
    const store::SealedSecret kept = *catalog.GetSecret(OwnerOf(1));
    EXPECT_EQ(kept.key_id, vault->newest_key_id());
    EXPECT_EQ(vault->Open(OwnerOf(1), kept)->Reveal(), "given meanwhile");
  }
}

TEST_F(VaultTest, LetsASecretGoThatIsRemovedWhileItSealsAgain) {
  const auto vault = OpenOrDie();
  SecretCatalog catalog;
  Fill(catalog, *vault, 2);
  ASSERT_TRUE(vault->Rotate());
  catalog.meanwhile = [&] { catalog.Forget(OwnerOf(1)); };

  const ReSealed done = *vault->ReSealAll(catalog);

  EXPECT_EQ(done.sealed, 1);
  EXPECT_TRUE(done.failed.empty());
  EXPECT_FALSE(catalog.GetSecret(OwnerOf(1)));
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(Plaintext, CannotBeCopiedOrPrinted) {
  static_assert(Printable<std::string_view>);
  static_assert(!Printable<Plaintext>);
  static_assert(!std::is_copy_constructible_v<Plaintext>);
  static_assert(!std::is_convertible_v<Plaintext, std::string_view>);
}

}  // namespace
}  // namespace pulse::secrets
