#pragma once

/// \file
/// Part of store_conformance.h: tenants, integrations, credentials, and who sees what.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

TEST_P(StoreConformance, FindsATenantByItsName) {
  EXPECT_EQ(Value(store().catalog().FindTenant("acme")).id, acme_.tenant);
  EXPECT_EQ(KindOf(store().catalog().FindTenant("nobody")), ErrorKind::kNotFound);
  EXPECT_EQ(Value(store().catalog().ListTenants()).size(), 2U);
}

TEST_P(StoreConformance, RefusesATakenOrMalformedTenantName) {
  EXPECT_EQ(KindOf(store().catalog().CreateTenant("acme")), ErrorKind::kConflict);
  EXPECT_EQ(KindOf(store().catalog().CreateTenant("Acme Inc")), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(store().catalog().CreateTenant("")), ErrorKind::kInvalid);
  EXPECT_EQ(KindOf(store().catalog().CreateTenant(std::string(64, 'a'))), ErrorKind::kInvalid);
}

TEST_P(StoreConformance, KeepsEveryFieldOfAnIntegration) {
  model::Integration integration;
  integration.tenant = acme_.tenant;
  integration.name = "github-main";
  integration.provider = "github";
  integration.base_url = "https://api.github.example";
  integration.account = "bot@acme.example";
  integration.scope = {{"owner", "acme"}, {"quote", "\"'"}};
  integration.state = model::IntegrationState::kNeedsAttention;
  integration.state_reason = "401";

  const auto id = Value(store().catalog().PutIntegration(integration)).id;

  const auto got = Value(store().catalog().GetIntegration(acme_.tenant, id));
  EXPECT_EQ(got.name, "github-main");
  EXPECT_EQ(got.provider, "github");
  EXPECT_EQ(got.base_url, "https://api.github.example");
  EXPECT_EQ(got.account, "bot@acme.example");
  EXPECT_EQ(got.scope, integration.scope);
  EXPECT_EQ(got.state, model::IntegrationState::kNeedsAttention);
  EXPECT_EQ(got.state_reason, "401");
}

TEST_P(StoreConformance, LetsTwoTenantsUseOneIntegrationNameButOneTenantOnlyOnce) {
  model::Integration again =
      Value(store().catalog().GetIntegration(acme_.tenant, acme_.integration));
  again.id = IntegrationId{};

  EXPECT_EQ(KindOf(store().catalog().PutIntegration(again)), ErrorKind::kConflict);
  EXPECT_EQ(
      Value(store().catalog().GetIntegration(globex_.tenant, globex_.integration)).name, again.name
  );
}

TEST_P(StoreConformance, HidesAnotherTenantsIntegration) {
  ASSERT_TRUE(store().catalog().GetIntegration(globex_.tenant, globex_.integration));

  EXPECT_EQ(
      KindOf(store().catalog().GetIntegration(acme_.tenant, globex_.integration)),
      ErrorKind::kNotFound
  );
  model::Integration forged =
      Value(store().catalog().GetIntegration(globex_.tenant, globex_.integration));
  forged.tenant = acme_.tenant;
  forged.base_url = "https://evil.example";
  EXPECT_EQ(KindOf(store().catalog().PutIntegration(forged)), ErrorKind::kNotFound);
  EXPECT_EQ(
      Value(store().catalog().GetIntegration(globex_.tenant, globex_.integration)).base_url,
      "https://jira.example"
  );
}

TEST_P(StoreConformance, KeepsASecretForItsOwnerOnly) {
  const std::string ciphertext(
      "\x00\x01"
      "binary\xFF",
      9
  );
  Done(store().catalog().PutSecret({acme_.tenant, acme_.integration}, {"key-1", ciphertext}));

  const auto secret = Value(store().catalog().GetSecret({acme_.tenant, acme_.integration}));
  EXPECT_EQ(secret.ciphertext, ciphertext);
  EXPECT_EQ(
      KindOf(store().catalog().GetSecret({globex_.tenant, acme_.integration})), ErrorKind::kNotFound
  );
  EXPECT_EQ(
      KindOf(store().catalog().PutSecret({globex_.tenant, acme_.integration}, {"k", "forged"})),
      ErrorKind::kNotFound
  );
}

TEST_P(StoreConformance, ReplacesTheExpectedSecretAndNoOther) {
  const SecretOwner owner{acme_.tenant, acme_.integration};
  const SealedSecret old{.key_id = "old", .ciphertext = std::string("\x00 old \xFF", 7)};
  const SealedSecret resealed{.key_id = "new", .ciphertext = "resealed"};
  EXPECT_FALSE(Value(store().catalog().ReplaceSecret(owner, old, resealed)));  // There is none.
  Done(store().catalog().PutSecret(owner, old));
  EXPECT_FALSE(
      Value(store().catalog().ReplaceSecret({globex_.tenant, acme_.integration}, old, resealed))
  );
  EXPECT_EQ(Value(store().catalog().GetSecret(owner)).ciphertext, old.ciphertext);

  EXPECT_TRUE(Value(store().catalog().ReplaceSecret(owner, old, resealed)));

  EXPECT_EQ(Value(store().catalog().GetSecret(owner)).ciphertext, "resealed");
  EXPECT_EQ(Value(store().catalog().GetSecret(owner)).key_id, "new");
  EXPECT_FALSE(Value(store().catalog().ReplaceSecret(owner, old, {"newer", "late"})));
  EXPECT_EQ(Value(store().catalog().GetSecret(owner)).ciphertext, "resealed");
}

TEST_P(StoreConformance, ListsSecretsThatAnOldKeySealed) {
  Done(store().catalog().PutSecret({acme_.tenant, acme_.integration}, {"old", "a"}));
  Done(store().catalog().PutSecret({globex_.tenant, globex_.integration}, {"new", "b"}));

  const auto old = Value(store().catalog().SecretsNotSealedWith("new"));

  ASSERT_EQ(old.size(), 1U);
  EXPECT_EQ(old[0].integration, acme_.integration);
  Done(store().catalog().PutSecret({acme_.tenant, acme_.integration}, {"new", "c"}));
  EXPECT_TRUE(Value(store().catalog().SecretsNotSealedWith("new")).empty());
}

TEST_P(StoreConformance, RemovesAnIntegrationWithEverythingItBrought) {
  for (const World& world : {acme_, globex_}) {
    Done(store().catalog().PutSecret({world.tenant, world.integration}, {"k", "s"}));
    LoadIssues(world, {{.comments = {"c1"}}});
    Unit unit = Closing({SubmitAndClaim(world)});
    unit.raw_pages = {Page("body")};
    unit.dead_letters = {{.entity_type = "jira_issues", .fingerprint = "f", .message = "m"}};
    Commit(unit);
    ASSERT_EQ(CountOf(world, "comments"), 1);
    ASSERT_EQ(CountOf(world, "raw_extraction_data"), 1);
  }

  Done(store().catalog().RemoveIntegration(acme_.tenant, acme_.integration));

  for (const std::string table :
       {"work_items", "comments", "raw_extraction_data", "etl_jobs", "dead_letters", "integrations"
       }) {
    EXPECT_EQ(CountOf(acme_, table), 0) << table;
    EXPECT_GT(CountOf(globex_, table), 0) << table;
  }
  EXPECT_EQ(
      KindOf(store().catalog().GetSecret({acme_.tenant, acme_.integration})), ErrorKind::kNotFound
  );
  EXPECT_TRUE(ReadySteps(acme_).empty());
  EXPECT_EQ(
      KindOf(store().catalog().RemoveIntegration(acme_.tenant, acme_.integration)),
      ErrorKind::kNotFound
  );
}

TEST_P(StoreConformance, RemovesATenantOnlyWhenItsIntegrationsAreGone) {
  Value(store().raw_pages().RecordRefusal(acme_.tenant, "jira_nonsense", R"({"why":"unknown"})"));
  EXPECT_EQ(KindOf(store().catalog().RemoveTenant(acme_.tenant)), ErrorKind::kConflict);
  EXPECT_EQ(Value(store().catalog().FindTenant("acme")).id, acme_.tenant);
  Done(store().catalog().RemoveIntegration(acme_.tenant, acme_.integration));

  Done(store().catalog().RemoveTenant(acme_.tenant));

  EXPECT_EQ(KindOf(store().catalog().FindTenant("acme")), ErrorKind::kNotFound);
  EXPECT_EQ(Value(store().catalog().ListTenants()).size(), 1U);
  EXPECT_EQ(KindOf(store().catalog().RemoveTenant(acme_.tenant)), ErrorKind::kNotFound);
  EXPECT_GT(Value(store().catalog().CreateTenant("acme")).id, globex_.tenant);
}

TEST_P(StoreConformance, RefusesToRemoveAnotherTenantsIntegration) {
  LoadIssues(globex_, {{}});

  EXPECT_EQ(
      KindOf(store().catalog().RemoveIntegration(acme_.tenant, globex_.integration)),
      ErrorKind::kNotFound
  );
  EXPECT_EQ(CountOf(globex_, "work_items"), 1);
}

}  // namespace pulse::store::testing
