#include "pulse/secrets/vault.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>
#include <type_traits>
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
  Result<store::SealedSecret> GetSecret(store::SecretOwner owner) override {
    return secrets_.at(owner.integration.value()).second;
  }
  Result<std::vector<store::SecretOwner>> SecretsNotSealedWith(std::string_view key_id) override {
    std::vector<store::SecretOwner> owners;
    for (const auto& [id, entry] : secrets_) {
      if (entry.second.key_id != key_id) owners.push_back(entry.first);
    }
    return owners;
  }
  Result<> Audit(const store::AuditEntry&) override { return Unused(); }

 private:
  static Error Unused() { return {ErrorKind::kInternal, "not part of this test"}; }
  std::map<std::int64_t, std::pair<store::SecretOwner, store::SealedSecret>> secrets_;
};

TEST_F(VaultTest, SealsEverySecretAgainAfterARotation) {
  const auto vault = OpenOrDie();
  SecretCatalog catalog;
  for (int i = 1; i <= 3; ++i) {
    const store::SecretOwner owner{.tenant = TenantId{1}, .integration = IntegrationId{i}};
    ASSERT_TRUE(catalog.PutSecret(owner, *vault->Seal(owner, "token " + std::to_string(i))));
  }
  ASSERT_EQ(*vault->ReSealAll(catalog), 0);
  const std::string newest = *vault->Rotate();

  EXPECT_EQ(*vault->ReSealAll(catalog), 3);

  EXPECT_TRUE(catalog.SecretsNotSealedWith(newest)->empty());
  const store::SecretOwner owner{.tenant = TenantId{1}, .integration = IntegrationId{2}};
  EXPECT_EQ(vault->Open(owner, *catalog.GetSecret(owner))->Reveal(), "token 2");
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
