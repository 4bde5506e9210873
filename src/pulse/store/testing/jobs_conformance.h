#pragma once

/// \file
/// Part of store_conformance.h: asking for jobs, following, cancelling and retrying them.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

TEST_P(StoreConformance, StartsAJobWithOneOpenStep) {
  const JobId id = Submit(acme_);

  const model::Job job = Value(store().jobs().Get(acme_.tenant, id));
  EXPECT_EQ(job.status, model::JobStatus::kQueued);
  EXPECT_EQ(job.open_steps, 1);
  EXPECT_EQ(job.integration, acme_.integration);
  const auto progress = Value(store().jobs().Progress(acme_.tenant, id));
  ASSERT_EQ(progress.stages.size(), 1U);
  EXPECT_EQ(progress.stages[0].ready, 1);
}

TEST_P(StoreConformance, StartsAJobInTheHandsOfAWorker) {
  JobRequest request = Request(acme_);
  request.options.query = "key = A-1";
  request.claimed_by = worker_;

  const auto submitted = Value(store().jobs().Submit(acme_.tenant, request));

  ASSERT_TRUE(submitted.root);
  const model::Step& step = *submitted.root;
  EXPECT_EQ(step.job, submitted.job);
  EXPECT_EQ(step.options.query, "key = A-1");
  EXPECT_EQ(StatusOf(acme_, submitted.job), model::JobStatus::kRunning);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  EXPECT_TRUE(Claim(acme_, step.id).empty());
  const auto held = Value(store().dispatch().HeldBy(worker_, clock_.Now()));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].step.id, step.id);
  EXPECT_EQ(Commit(Closing({step})).finished(), model::JobStatus::kFinished);
  const auto again = Value(store().jobs().Submit(acme_.tenant, Request(acme_)));
  EXPECT_FALSE(again.root) << "nobody asked for it";
}

TEST_P(StoreConformance, ADeadWorkersJobIsTakenOver) {
  JobRequest request = Request(acme_);
  request.claimed_by = worker_;
  const auto submitted = Value(store().jobs().Submit(acme_.tenant, request));
  ASSERT_TRUE(submitted.root);

  EXPECT_EQ(RecoverAll(), 1);

  const model::Step step = ClaimOnly(acme_);
  EXPECT_EQ(step.id, submitted.root->id);
  EXPECT_EQ(step.epoch, submitted.root->epoch + 1);
  EXPECT_EQ(KindOf(store().ledger().Commit(Closing({*submitted.root}))), ErrorKind::kConflict);
  EXPECT_TRUE(store().ledger().Commit(Closing({step})));
}

TEST_P(StoreConformance, AttachesAnEqualRequestToTheJobUnderWay) {
  const JobId first = Submit(acme_);

  const auto again = Value(store().jobs().Submit(acme_.tenant, Request(acme_)));

  EXPECT_TRUE(again.attached);
  EXPECT_EQ(again.job, first);
  EXPECT_EQ(ReadySteps(acme_).size(), 1U);
}

TEST_P(StoreConformance, RefusesADifferentJobForABusyIntegrationOnly) {
  Submit(acme_);
  JobRequest full = Request(acme_);
  full.options.full = true;

  EXPECT_EQ(KindOf(store().jobs().Submit(acme_.tenant, full)), ErrorKind::kConflict);

  full.integration = MakeIntegration(acme_.tenant, "jira-other");
  EXPECT_TRUE(store().jobs().Submit(acme_.tenant, full));
}

TEST_P(StoreConformance, StartsANewJobOnceTheLastOneEnded) {
  const JobId first = Submit(acme_);
  Commit(Closing({ClaimOnly(acme_)}));
  ASSERT_EQ(StatusOf(acme_, first), model::JobStatus::kFinished);

  const auto second = Value(store().jobs().Submit(acme_.tenant, Request(acme_)));

  EXPECT_FALSE(second.attached);
  EXPECT_NE(second.job, first);
}

TEST_P(StoreConformance, NeverMakesASecondJobForOneIdempotencyKey) {
  JobRequest request = Request(acme_);
  request.idempotency_key = "message-1";
  const auto first = Value(store().jobs().Submit(acme_.tenant, request));
  Commit(Closing({ClaimOnly(acme_)}));

  const auto again = Value(store().jobs().Submit(acme_.tenant, request));

  EXPECT_EQ(again.job, first.job);
  EXPECT_TRUE(again.attached);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  JobRequest of_globex = Request(globex_);
  of_globex.idempotency_key = "message-1";
  EXPECT_NE(Value(store().jobs().Submit(globex_.tenant, of_globex)).job, first.job);
}

TEST_P(StoreConformance, RefusesAForgedPairOfTenantAndIntegration) {
  JobRequest forged = Request(globex_);

  EXPECT_EQ(KindOf(store().jobs().Submit(acme_.tenant, forged)), ErrorKind::kNotFound);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  EXPECT_TRUE(ReadySteps(globex_).empty());
}

TEST_P(StoreConformance, ShowsJobsToTheirTenantOnly) {
  const JobId id = Submit(globex_);
  ASSERT_EQ(Value(store().jobs().List(globex_.tenant, std::nullopt, 10)).size(), 1U);

  EXPECT_EQ(KindOf(store().jobs().Get(acme_.tenant, id)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(store().jobs().Progress(acme_.tenant, id)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(store().jobs().Cancel(acme_.tenant, id)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(store().jobs().RetryFailed(acme_.tenant, id)), ErrorKind::kNotFound);
  EXPECT_TRUE(Value(store().jobs().List(acme_.tenant, std::nullopt, 10)).empty());
}

TEST_P(StoreConformance, ListsJobsNewestFirstOfOneIntegrationOrAll) {
  const JobId first = Submit(acme_);
  JobRequest other = Request(acme_);
  other.integration = MakeIntegration(acme_.tenant, "jira-other");
  const JobId second = Value(store().jobs().Submit(acme_.tenant, other)).job;

  const auto all = Value(store().jobs().List(acme_.tenant, std::nullopt, 10));
  const auto some = Value(store().jobs().List(acme_.tenant, acme_.integration, 10));

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, second);
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].id, first);
}

TEST_P(StoreConformance, CancelsAJobThatHasNotBegunAtOnce) {
  const JobId id = Submit(acme_);

  Done(store().jobs().Cancel(acme_.tenant, id));

  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kCancelled);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  Done(store().jobs().Cancel(acme_.tenant, id));  // Again is no error.
}

TEST_P(StoreConformance, LetsARunningStepOfACancelledJobFinishButCreateNothing) {
  const JobId id = Submit(acme_);
  const model::Step step = ClaimOnly(acme_);
  Done(store().jobs().Cancel(acme_.tenant, id));
  ASSERT_EQ(StatusOf(acme_, id), model::JobStatus::kRunning);

  Unit unit = Closing({step});
  unit.raw_pages = {Page("body")};
  unit.children = {{model::Stage::kExtract, "jira_issues", R"({"page":2})"}};
  const Committed committed = Commit(unit);

  EXPECT_EQ(committed.new_steps, 0U);
  EXPECT_EQ(committed.finished(), model::JobStatus::kCancelled);
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 1);
  EXPECT_TRUE(ReadySteps(acme_).empty());
}

TEST_P(StoreConformance, ClosesAStepThatIsPutBackIntoACancelledJob) {
  const JobId id = Submit(acme_);
  const model::Step step = ClaimOnly(acme_);
  Done(store().jobs().Cancel(acme_.tenant, id));

  Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, 0, false, "stopping"));

  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kCancelled);
  EXPECT_TRUE(ReadySteps(acme_).empty());
}

TEST_P(StoreConformance, MakesFailedStepsReadyAgainInTheSameJob) {
  LoadIssues(acme_, {{}});
  const JobId id = Submit(acme_);
  const model::Step root = ClaimOnly(acme_);
  Value(store().ledger().Fail(
      acme_.tenant, {root}, Error{ErrorKind::kUnavailable, "source is away"}, false
  ));
  ASSERT_EQ(StatusOf(acme_, id), model::JobStatus::kFailed);
  ASSERT_EQ(Value(store().jobs().Progress(acme_.tenant, id)).receipt.gaps.size(), 1U);

  EXPECT_EQ(Value(store().jobs().RetryFailed(acme_.tenant, id)), 1);

  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kRunning);
  const auto again = ClaimOnly(acme_);
  EXPECT_EQ(again.id, root.id);
  EXPECT_EQ(again.attempts, 0);
  EXPECT_EQ(Commit(Closing({again})).finished(), model::JobStatus::kFinished);
  EXPECT_TRUE(Value(store().jobs().Progress(acme_.tenant, id)).receipt.gaps.empty());
  EXPECT_TRUE(Value(store().dead_letters().List(acme_.tenant, {})).empty());
}

TEST_P(StoreConformance, RefusesToReopenAJobWhileAnotherRuns) {
  const JobId id = Submit(acme_);
  Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kUnavailable, "away"}, false
  ));
  Submit(acme_);

  EXPECT_EQ(KindOf(store().jobs().RetryFailed(acme_.tenant, id)), ErrorKind::kConflict);
  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kFailed);
}

TEST_P(StoreConformance, RunsANonExclusiveJobBesideTheExclusiveOne) {
  Submit(acme_);
  JobRequest backfill = Request(acme_);
  backfill.exclusive = false;
  backfill.options.query = "project = PAY";

  const auto beside = Value(store().jobs().Submit(acme_.tenant, backfill));

  EXPECT_FALSE(beside.attached);
  EXPECT_EQ(ReadySteps(acme_).size(), 2U);
  EXPECT_TRUE(Value(store().jobs().Submit(acme_.tenant, Request(acme_))).attached)
      << "the exclusive one is still the exclusive one";
}

TEST_P(StoreConformance, AttachesANonExclusiveRequestOnlyToAnEqualOneStillQueued) {
  JobRequest request = Request(acme_);
  request.exclusive = false;
  request.options.query = "project = PAY";
  const auto first = Value(store().jobs().Submit(acme_.tenant, request));

  EXPECT_EQ(Value(store().jobs().Submit(acme_.tenant, request)).job, first.job);
  JobRequest other = request;
  other.options.query = "project = WEB";
  EXPECT_NE(Value(store().jobs().Submit(acme_.tenant, other)).job, first.job);

  ASSERT_EQ(Claim(acme_, ReadySteps(acme_).at(0)).at(0).job, first.job);
  const auto again = Value(store().jobs().Submit(acme_.tenant, request));
  EXPECT_FALSE(again.attached) << "the one that runs may have read past it";
  EXPECT_NE(again.job, first.job);
}

TEST_P(StoreConformance, ANonExclusiveRequestWithAKeyIsAJobOfItsOwn) {
  JobRequest request = Request(acme_);
  request.exclusive = false;
  request.idempotency_key = "message:1";
  const auto first = Value(store().jobs().Submit(acme_.tenant, request));
  request.idempotency_key = "message:2";

  const auto second = Value(store().jobs().Submit(acme_.tenant, request));

  EXPECT_FALSE(second.attached) << "an equal one waits, but the second key would be lost with it";
  EXPECT_NE(second.job, first.job);
  EXPECT_EQ(Value(store().jobs().Submit(acme_.tenant, request)).job, second.job);
}

TEST_P(StoreConformance, ReopensANonExclusiveJobBesideTheExclusiveOne) {
  JobRequest request = Request(acme_);
  request.exclusive = false;
  const JobId job = Value(store().jobs().Submit(acme_.tenant, request)).job;
  Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kUnavailable, "away"}, false
  ));
  Submit(acme_);

  EXPECT_EQ(Value(store().jobs().RetryFailed(acme_.tenant, job)), 1);
  EXPECT_EQ(StatusOf(acme_, job), model::JobStatus::kRunning);
}

TEST_P(StoreConformance, RetriesTheFailedStepsOfAJobAndNoOther) {
  const JobId id = Submit(acme_);
  Unit root = Closing({ClaimOnly(acme_)});
  for (const char* page : {"1", "2", "3"}) {
    root.children.push_back({model::Stage::kExtract, page, "{}"});
  }
  Commit(root);
  const auto pages = ReadySteps(acme_);
  ASSERT_EQ(pages.size(), 3U);
  Commit(Closing(Claim(acme_, pages[0])));
  const auto failed = Claim(acme_, pages[1]);
  Value(store().ledger().Fail(
      acme_.tenant, failed, Error{ErrorKind::kUnavailable, "502 for an hour"}, false
  ));
  Commit(Closing(Claim(acme_, pages[2])));

  EXPECT_EQ(Value(store().jobs().RetryFailed(acme_.tenant, id)), 1);

  EXPECT_EQ(ReadySteps(acme_), std::vector{failed.at(0).id});
}

TEST_P(StoreConformance, SaysUntilWhenAJobWaitsAndWhy) {
  const JobId id = Submit(acme_);
  const model::Step step = ClaimOnly(acme_);
  EXPECT_FALSE(Value(store().jobs().Progress(acme_.tenant, id)).waiting_until);
  const EpochMs until = clock_.Now() + 5000;

  Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, until, false, "429 from jira")
  );

  const auto progress = Value(store().jobs().Progress(acme_.tenant, id));
  EXPECT_EQ(progress.waiting_until, until);
  EXPECT_EQ(progress.waiting_reason, "429 from jira");
}

TEST_P(StoreConformance, MeasuresAJobFromItsFirstClaimToItsEnd) {
  const JobId id = Submit(acme_);
  clock_.Advance(500);
  const model::Step step = ClaimOnly(acme_);
  clock_.Advance(1500);
  Commit(Closing({step}));
  clock_.Advance(9000);

  const auto receipt = Value(store().jobs().Progress(acme_.tenant, id)).receipt;
  EXPECT_DOUBLE_EQ(receipt.seconds, 1.5);
  EXPECT_EQ(receipt.status, model::JobStatus::kFinished);
}

TEST_P(StoreConformance, MovesTheWatermarkOnlyWhenThePassIsWhole) {
  const auto watermark = [&] {
    return Value(
        store().sync_windows().Watermark(acme_.tenant, acme_.integration, "jira_issues", "")
    );
  };
  EXPECT_FALSE(watermark());
  Unit first = Closing({SubmitAndClaim(acme_)});
  first.windows = {{"jira_issues", "", 0, 100}};
  first.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  Commit(first);
  EXPECT_FALSE(watermark()) << "the job still runs";
  Commit(Closing({ClaimOnly(acme_)}));
  EXPECT_EQ(watermark(), 100);

  Unit gap = Closing({SubmitAndClaim(acme_)});
  gap.windows = {{"jira_issues", "", 90, 200}};
  gap.gaps = {{"jira_issues", "page 3", "undecodable"}};
  EXPECT_EQ(Commit(gap).finished(), model::JobStatus::kPartial);
  EXPECT_EQ(watermark(), 100) << "a gap keeps it";

  Unit quarantine = Closing({SubmitAndClaim(acme_)});
  quarantine.windows = {{"jira_issues", "", 90, 300}};
  quarantine.dead_letters = {{.entity_type = "jira_issues", .fingerprint = "f", .message = "m"}};
  EXPECT_EQ(Commit(quarantine).finished(), model::JobStatus::kPartial);
  EXPECT_EQ(watermark(), 300) << "quarantine does not";
  EXPECT_FALSE(Value(
      store().sync_windows().Watermark(globex_.tenant, globex_.integration, "jira_issues", "")
  ));
}

TEST_P(StoreConformance, KeepsTheWatermarkAfterAJobWithItsOwnQuery) {
  JobRequest request = Request(acme_);
  request.options.query = "project = PAY";
  Value(store().jobs().Submit(acme_.tenant, request));
  Unit unit = Closing({ClaimOnly(acme_)});
  unit.windows = {{"jira_issues", "", 0, 100}};

  EXPECT_EQ(Commit(unit).finished(), model::JobStatus::kFinished);

  EXPECT_FALSE(
      Value(store().sync_windows().Watermark(acme_.tenant, acme_.integration, "jira_issues", ""))
  );
}

TEST_P(StoreConformance, AddsUpTheReceiptOfAllUnits) {
  const JobId id = Submit(acme_);
  Unit first = Closing({ClaimOnly(acme_)});
  first.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  first.census = {{"jira_issues", 2}};
  first.api_calls = {{"search", 1}};
  Commit(first);
  EXPECT_FALSE(Counts(acme_, id, "jira_fields").source);
  model::RowBatch batch;
  AddIssue(batch, {.id = "1"});
  Unit second = Closing({ClaimOnly(acme_)});
  second.rows = &batch;
  second.census = {{"jira_issues", 3}};
  second.api_calls = {{"search", 2}, {"issue", 1}};
  second.vectors = {{"jira_issues", 4}};
  second.dead_letters = {
      {.entity_type = "jira_issues", .external_id = "9", .fingerprint = "f", .message = "m"},
      {.entity_type = "jira_issues", .external_id = "9", .fingerprint = "f", .message = "m"},
      {.entity_type = "jira_issues", .fingerprint = "g", .message = "m", .counts_as_record = false},
  };
  Commit(second);

  const auto receipt = Value(store().jobs().Progress(acme_.tenant, id)).receipt;
  const auto& counts = receipt.entities.at("jira_issues");
  EXPECT_EQ(counts.source, 5);
  EXPECT_EQ(counts.records, 1);
  EXPECT_EQ(counts.inserted, 1);
  EXPECT_EQ(counts.vectors, 4);
  EXPECT_EQ(counts.quarantined, 1) << "one record, counted once; a child letter not at all";
  EXPECT_EQ(receipt.api_calls.at("search"), 3);
  EXPECT_EQ(receipt.api_calls.at("issue"), 1);
}

}  // namespace pulse::store::testing
