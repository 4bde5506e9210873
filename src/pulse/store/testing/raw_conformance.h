#pragma once

/// \file
/// Part of store_conformance.h: raw pages, staging, quarantine.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

/// A unit that brings `page`, and then the commit that loads it, in one job.
class RawConformance : public StoreConformance {
 protected:
  struct Loaded {
    RawId raw;
    Committed last;
  };
  Loaded FetchAndLoad(const World& world, const NewRawPage& page, int transform_version = 1) {
    Unit fetch = Closing({SubmitAndClaim(world)});
    fetch.raw_pages = {page};
    const Committed fetched = Commit(fetch);
    if (fetched.finished()) return {fetched.raw_ids.at(0), fetched};
    Unit load = Closing({ClaimOnly(world)});
    load.settled = {{
        .id = fetched.raw_ids.at(0),
        .record_count = 1,
        .transform_version = transform_version,
        .error_details = std::nullopt,
    }};
    return {fetched.raw_ids.at(0), Commit(load)};
  }
};

TEST_P(RawConformance, KeepsAPageWithItsRequestAndMakesATransformStep) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  const std::string body(100'000, 'x');
  unit.raw_pages = {Page(body)};
  unit.raw_pages[0].transform_params = R"({"mapping":3})";

  const Committed committed = Commit(unit);

  EXPECT_EQ(committed.new_steps, 1U);
  const RawId raw = committed.raw_ids.at(0);
  const auto pages = Value(store().raw_pages().Read(acme_.tenant, {raw}));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].body, body);
  EXPECT_EQ(pages[0].request, R"({"page":1})");
  EXPECT_EQ(pages[0].integration, acme_.integration);
  const auto step = ClaimOnly(acme_);
  EXPECT_EQ(step.stage, model::Stage::kTransform);
  EXPECT_EQ(step.params, R"({"mapping":3,"raw_ids":[)" + std::to_string(raw.value()) + "]}");
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data WHERE processing_status = 'pending'"), 1);
}

TEST_P(RawConformance, ShowsAPageToItsTenantOnly) {
  const RawId raw = FetchAndLoad(globex_, Page("secret")).raw;
  ASSERT_TRUE(store().raw_pages().Read(globex_.tenant, {raw}));

  EXPECT_EQ(KindOf(store().raw_pages().Read(acme_.tenant, {raw})), ErrorKind::kNotFound);
  EXPECT_TRUE(Value(store().raw_pages().Newest(acme_.tenant, globex_.integration, "")).empty());
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 0);
}

TEST_P(RawConformance, SettlesAPageWithTheCommitThatLoadsIt) {
  FetchAndLoad(acme_, Page("body"));

  EXPECT_EQ(
      CountOf(
          acme_,
          "raw_extraction_data WHERE processing_status = 'completed' AND record_count = 1 AND "
          "transform_version = 1"
      ),
      1
  );
}

TEST_P(RawConformance, SkipsAPageThatIsTheSameAsLastTime) {
  FetchAndLoad(acme_, Page("body"));

  const Loaded again = FetchAndLoad(acme_, Page("body"));

  EXPECT_FALSE(again.raw);
  EXPECT_EQ(again.last.new_steps, 0U);
  EXPECT_EQ(again.last.unchanged, 1);
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 1);
  const auto jobs = Value(store().jobs().List(acme_.tenant, std::nullopt, 1));
  EXPECT_EQ(Counts(acme_, jobs.at(0).id, "jira_issues").records, 1);
}

TEST_P(RawConformance, KeepsAPageWhoseContentRequestTenantOrTransformDiffers) {
  FetchAndLoad(acme_, Page("body"));

  EXPECT_TRUE(FetchAndLoad(acme_, Page("other body")).raw);
  EXPECT_TRUE(FetchAndLoad(acme_, Page("body")).raw) << "back to what it was: the newest counts";
  EXPECT_TRUE(FetchAndLoad(acme_, Page("body", R"({"page":2})")).raw);
  EXPECT_TRUE(FetchAndLoad(globex_, Page("body")).raw);
  NewRawPage newer = Page("body");
  newer.transform_version = 2;
  EXPECT_TRUE(FetchAndLoad(acme_, newer, 2).raw);
  EXPECT_FALSE(FetchAndLoad(acme_, newer, 2).raw);
}

TEST_P(RawConformance, KeepsAPageThatHoldsOpenQuarantineOrWasNeverLoaded) {
  const RawId raw = FetchAndLoad(acme_, Page("body")).raw;
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.dead_letters = {
      {.entity_type = "jira_issues",
       .raw = raw,
       .raw_position = 3,
       .fingerprint = "f",
       .message = "m"}
  };
  Commit(unit);
  EXPECT_TRUE(FetchAndLoad(acme_, Page("body")).raw);

  Unit pending = Closing({SubmitAndClaim(acme_)});
  pending.raw_pages = {Page("never loaded", R"({"page":9})")};
  Commit(pending);
  Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kInternal, "x"}, false
  ));
  EXPECT_TRUE(FetchAndLoad(acme_, Page("never loaded", R"({"page":9})")).raw);
}

TEST_P(RawConformance, KeepsAnUndecodablePageAsFailedWithoutATransform) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.raw_pages = {Page("<html>")};
  unit.raw_pages[0].error_details = R"({"code":"not_json"})";

  const Committed committed = Commit(unit);

  EXPECT_EQ(committed.new_steps, 0U);
  EXPECT_EQ(
      Select(acme_, "SELECT processing_status, error_details FROM raw_extraction_data"),
      R"([{"processing_status":"failed","error_details":"{\"code\":\"not_json\"}"}])"
  );
}

TEST_P(RawConformance, ListsTheNewestPageOfEveryRequest) {
  FetchAndLoad(acme_, Page("one"));
  const RawId newer = FetchAndLoad(acme_, Page("two")).raw;
  const RawId other = FetchAndLoad(acme_, Page("three", R"({"page":2})")).raw;
  NewRawPage field = Page("four");
  field.entity_type = "jira_fields";
  const RawId fields = FetchAndLoad(acme_, field).raw;

  const auto all = Value(store().raw_pages().Newest(acme_.tenant, acme_.integration, ""));
  const auto issues =
      Value(store().raw_pages().Newest(acme_.tenant, acme_.integration, "jira_issues"));

  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].id, newer);
  EXPECT_EQ(all[1].id, other);
  EXPECT_EQ(all[2].id, fields);
  EXPECT_EQ(issues.size(), 2U);
}

TEST_P(RawConformance, RecordsARefusedRequestForItsTenantOnly) {
  Value(store().raw_pages().RecordRefusal(acme_.tenant, "jira_nonsense", R"({"why":"unknown"})"));

  EXPECT_EQ(
      Select(
          acme_, "SELECT entity_type, processing_status, integration_id FROM raw_extraction_data"
      ),
      R"([{"entity_type":"jira_nonsense","processing_status":"failed","integration_id":null}])"
  );
  EXPECT_EQ(CountOf(globex_, "raw_extraction_data"), 0);
  EXPECT_EQ(
      KindOf(store().raw_pages().RecordRefusal(TenantId{999}, "x", "{}")), ErrorKind::kNotFound
  );
}

TEST_P(RawConformance, HandsStagedRowsToTheirLoadStep) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("body")};
  const RawId raw = Commit(fetch).raw_ids.at(0);
  model::RowBatch batch;
  batch.SetRaw(raw);
  AddIssue(batch, {});
  Unit transform = Closing({ClaimOnly(acme_)});
  transform.staged = {{
      .entity_type = "jira_issues",
      .rows = batch.Serialize(),
      .row_count = 1,
      .raws = {{.id = raw, .record_count = 1, .transform_version = 4, .error_details = "{}"}},
  }};
  EXPECT_EQ(Commit(transform).new_steps, 1U);
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data WHERE processing_status = 'pending'"), 1);
  const auto load = ClaimOnly(acme_);
  ASSERT_EQ(load.stage, model::Stage::kLoad);

  const auto staged = Value(store().ledger().ReadStaged(acme_.tenant, load.id));

  ASSERT_EQ(staged.size(), 1U);
  EXPECT_EQ(staged[0].rows, batch.Serialize());
  EXPECT_EQ(staged[0].row_count, 1);
  ASSERT_EQ(staged[0].raws.size(), 1U);
  EXPECT_EQ(staged[0].raws[0].id, raw);
  EXPECT_EQ(staged[0].raws[0].transform_version, 4);
  EXPECT_EQ(staged[0].raws[0].error_details, "{}");
  EXPECT_TRUE(Value(store().ledger().ReadStaged(globex_.tenant, load.id)).empty());
  Unit unit = Closing({load});
  unit.rows = &batch;
  unit.settled = staged[0].raws;
  EXPECT_EQ(Commit(unit).inserted, 1);
  EXPECT_TRUE(Value(store().ledger().ReadStaged(acme_.tenant, load.id)).empty());
}

TEST_P(RawConformance, ResolvesQuarantineWhenThePageIsTransformedAgain) {
  const JobId id = Submit(acme_);
  Unit fetch = Closing({ClaimOnly(acme_)});
  fetch.raw_pages = {Page("body")};
  const RawId raw = Commit(fetch).raw_ids.at(0);
  const NewDeadLetter letter{
      .entity_type = "jira_issues",
      .raw = raw,
      .raw_position = 3,
      .fingerprint = "f",
      .message = "m"
  };
  Unit first = Closing({ClaimOnly(acme_)});
  first.retried_raws = {raw};
  first.dead_letters = {letter};
  first.children = {{model::Stage::kTransform, "jira_issues", "{}"}};
  Commit(first);
  ASSERT_EQ(Counts(acme_, id, "jira_issues").quarantined, 1);

  Unit second = Closing({ClaimOnly(acme_)});
  second.retried_raws = {raw};
  const auto committed = Commit(second);

  EXPECT_EQ(committed.finished(), model::JobStatus::kFinished);
  EXPECT_EQ(Counts(acme_, id, "jira_issues").quarantined, 0);
  EXPECT_TRUE(Value(store().dead_letters().List(acme_.tenant, {})).empty());
  EXPECT_EQ(Value(store().dead_letters().List(acme_.tenant, {.state = "replayed"})).size(), 1U);
}

TEST_P(RawConformance, ListsGroupsAndDiscardsQuarantineOfOneTenant) {
  for (const World& world : {acme_, globex_}) {
    Unit unit = Closing({SubmitAndClaim(world)});
    for (const std::string fingerprint : {"a", "a", "b"}) {
      unit.dead_letters.push_back({
          .entity_type = "jira_issues",
          .stage = model::Stage::kTransform,
          .raw_position = 4,
          .external_id = "",
          .fingerprint = fingerprint,
          .message = "first of " + fingerprint,
          .sample = R"({"id":null})",
      });
    }
    EXPECT_EQ(Commit(unit).finished(), model::JobStatus::kPartial);
  }

  const auto groups = Value(store().dead_letters().Groups(acme_.tenant));
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].fingerprint, "a");
  EXPECT_EQ(groups[0].count, 2);
  EXPECT_EQ(groups[0].message, "first of a");
  const auto letters = Value(store().dead_letters().List(acme_.tenant, {.fingerprint = "b"}));
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].letter.sample, R"({"id":null})");
  EXPECT_EQ(letters[0].letter.raw_position, 4);
  EXPECT_EQ(Value(store().dead_letters().Get(acme_.tenant, letters[0].id)).letter.fingerprint, "b");
  EXPECT_EQ(
      KindOf(store().dead_letters().Get(globex_.tenant, letters[0].id)), ErrorKind::kNotFound
  );

  EXPECT_EQ(
      Value(store().dead_letters().Discard(acme_.tenant, {.fingerprint = "a"}, "test data")), 2
  );
  EXPECT_EQ(Value(store().dead_letters().List(acme_.tenant, {})).size(), 1U);

  const DeadLetterFilter one{.id = letters[0].id};
  EXPECT_EQ(Value(store().dead_letters().Discard(globex_.tenant, one, "not its own")), 0);
  EXPECT_EQ(Value(store().dead_letters().List(acme_.tenant, one)).size(), 1U);
  EXPECT_EQ(Value(store().dead_letters().Discard(acme_.tenant, one, "test data")), 1);
  EXPECT_EQ(Value(store().dead_letters().List(acme_.tenant, {})).size(), 0U);
  EXPECT_EQ(Value(store().dead_letters().List(globex_.tenant, {})).size(), 3U);
}

}  // namespace pulse::store::testing
