#pragma once

/// \file
/// Part of store_conformance.h: claims, fences, retries, crashes, the dispatcher's view.

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

TEST_P(StoreConformance, ClaimsAStepOnce) {
  Submit(acme_);
  const StepId step = ReadySteps(acme_).at(0);

  const auto first = Claim(acme_, step);
  const auto second = Claim(acme_, step);

  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].epoch, 1);
  EXPECT_EQ(first[0].entity_type, "jira_issues");
  EXPECT_TRUE(second.empty());
}

TEST_P(StoreConformance, ClaimsNothingForAnotherTenant) {
  Submit(globex_);
  const StepId step = ReadySteps(globex_).at(0);

  EXPECT_TRUE(Claim(acme_, step).empty());
  EXPECT_EQ(Claim(globex_, step).size(), 1U);
}

TEST_P(StoreConformance, ClaimsStepsOfOneKindTogetherUpToTheBatch) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  for (int i = 0; i < 4; ++i)
    unit.children.push_back({model::Stage::kTransform, "jira_issues", "{}"});
  unit.children.push_back({model::Stage::kTransform, "jira_fields", "{}"});
  unit.children.push_back({model::Stage::kExtract, "jira_issues", "{}"});
  EXPECT_EQ(Commit(unit).new_steps, 6U);
  const auto ready = ReadySteps(acme_);
  ASSERT_EQ(ready.size(), 6U);
  std::vector<model::Step> batch;
  for (const StepId step : ready) {
    batch = Claim(acme_, step, 3);
    if (batch.front().stage == model::Stage::kTransform &&
        batch.front().entity_type == "jira_issues") {
      break;
    }
  }

  ASSERT_EQ(batch.size(), 3U);
  for (const model::Step& step : batch) {
    EXPECT_EQ(step.stage, model::Stage::kTransform);
    EXPECT_EQ(step.entity_type, "jira_issues");
    EXPECT_EQ(step.epoch, 1);
  }
}

TEST_P(StoreConformance, RefusesACommitOfAStepThatSomebodyElseOwnsByNow) {
  const model::Step stale = SubmitAndClaim(acme_);
  ASSERT_EQ(RecoverAll(), 1);
  const model::Step current = ClaimOnly(acme_);
  ASSERT_EQ(current.epoch, stale.epoch + 1);
  Unit late = Closing({stale});
  late.raw_pages = {Page("late")};
  model::RowBatch batch;
  AddIssue(batch, {});
  late.rows = &batch;

  EXPECT_EQ(KindOf(store().ledger().Commit(late)), ErrorKind::kConflict);

  EXPECT_EQ(CountOf(acme_, "raw_extraction_data"), 0);
  EXPECT_EQ(CountOf(acme_, "work_items"), 0);
  Unit now = Closing({current});
  now.rows = &batch;
  EXPECT_EQ(Commit(now).inserted, 1);
}

TEST_P(StoreConformance, RefusesTheWholeUnitWhenOneOfItsStepsMovedOn) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.children = {{model::Stage::kTransform, "a", "{}"}, {model::Stage::kTransform, "a", "{}"}};
  Commit(unit);
  auto batch = Claim(acme_, ReadySteps(acme_).at(0), 2);
  ASSERT_EQ(batch.size(), 2U);
  Value(store().ledger().Retry(acme_.tenant, {{batch[1].id, batch[1].epoch}}, 0, false, "x"));

  EXPECT_EQ(KindOf(store().ledger().Commit(Closing(batch))), ErrorKind::kConflict);

  batch.pop_back();
  EXPECT_TRUE(store().ledger().Commit(Closing(batch))) << "the first one was not closed";
}

TEST_P(StoreConformance, RefusesAUnitThatMixesTenantsOrIntegrations) {
  const model::Step step = SubmitAndClaim(acme_);
  Unit foreign_tenant = Closing({step});
  foreign_tenant.tenant = globex_.tenant;
  Unit foreign_integration = Closing({step});
  foreign_integration.integration = globex_.integration;
  model::RowBatch batch;
  AddIssue(batch, {});
  foreign_tenant.rows = &batch;
  foreign_integration.rows = &batch;

  EXPECT_FALSE(store().ledger().Commit(foreign_tenant));
  EXPECT_EQ(KindOf(store().ledger().Commit(foreign_integration)), ErrorKind::kNotFound);

  EXPECT_EQ(CountOf(acme_, "work_items"), 0);
  EXPECT_EQ(CountOf(globex_, "work_items"), 0);
  Unit honest = Closing({step});
  honest.rows = &batch;
  EXPECT_EQ(Commit(honest).inserted, 1);
}

TEST_P(StoreConformance, RefusesAUnitWithoutSteps) {
  Unit unit;
  unit.tenant = acme_.tenant;
  EXPECT_EQ(KindOf(store().ledger().Commit(unit)), ErrorKind::kInvalid);
}

TEST_P(StoreConformance, FinishesTheJobInTheCommitThatClosesItsLastStep) {
  const JobId id = Submit(acme_);
  Unit root = Closing({ClaimOnly(acme_)});
  root.children = {{model::Stage::kExtract, "a", "{}"}, {model::Stage::kExtract, "a", "{}"}};
  EXPECT_FALSE(Commit(root).finished());
  EXPECT_EQ(Value(store().jobs().Get(acme_.tenant, id)).open_steps, 2);
  const auto pair = Claim(acme_, ReadySteps(acme_).at(0), 2);

  EXPECT_FALSE(Commit(Closing({pair[0]})).finished());
  EXPECT_EQ(Commit(Closing({pair[1]})).finished(), model::JobStatus::kFinished);

  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kFinished);
  EXPECT_EQ(Value(store().jobs().Get(acme_.tenant, id)).open_steps, 0);
}

TEST_P(StoreConformance, HandsTheOnlyStepOfAJobToTheWorkerThatMadeIt) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("body")};
  fetch.goes_on = GoesOn{worker_, {model::Stage::kTransform}};
  const Committed fetched = Commit(fetch);
  ASSERT_EQ(fetched.next.size(), 1U);
  const model::Step& next = fetched.next.front();
  EXPECT_EQ(next.stage, model::Stage::kTransform);
  EXPECT_EQ(next.entity_type, "jira_issues");
  EXPECT_THAT(next.params, ::testing::HasSubstr(std::to_string(fetched.raw_ids.at(0).value())));
  EXPECT_TRUE(ReadySteps(acme_).empty()) << "nobody is rung for it";
  EXPECT_TRUE(Claim(acme_, next.id).empty());
  EXPECT_EQ(Commit(Closing({next})).finished(), model::JobStatus::kFinished);
}

TEST_P(StoreConformance, LeavesThePagesOfAnOpenJobInTheHandsThatFetchedThem) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("one"), Page("other"), Page("two")};
  fetch.raw_pages[1].transform_entity = "jira_projects";
  fetch.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  fetch.goes_on = GoesOn{worker_, {model::Stage::kTransform}, /*with_pages=*/true};

  const Committed fetched = Commit(fetch);

  ASSERT_EQ(fetched.next.size(), 2U) << "those of one entity type";
  const auto raw = [&](std::size_t page) {
    return std::to_string(fetched.raw_ids.at(page).value());
  };
  EXPECT_THAT(fetched.next[0].params, ::testing::HasSubstr(raw(0)));
  EXPECT_THAT(fetched.next[1].params, ::testing::HasSubstr(raw(2)));
  EXPECT_EQ(ReadySteps(acme_).size(), 2U) << "the next fetch, and the page of another type";
  EXPECT_TRUE(Claim(acme_, fetched.next[1].id).empty());
  EXPECT_FALSE(Commit(Closing(fetched.next)).finished());
  for (const StepId step : ReadySteps(acme_)) Commit(Closing({Claim(acme_, step).at(0)}));
  EXPECT_EQ(StatusOf(acme_, fetched.next[0].job), model::JobStatus::kFinished);
}

TEST_P(StoreConformance, LeavesPagesToOthersUnlessAskedTo) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("one"), Page("two")};
  fetch.goes_on = GoesOn{worker_, {model::Stage::kTransform}};
  EXPECT_TRUE(Commit(fetch).next.empty());
  EXPECT_EQ(ReadySteps(acme_).size(), 2U);

  Unit not_run_here = Closing({SubmitAndClaim(globex_)});
  not_run_here.raw_pages = {Page("one"), Page("two")};
  not_run_here.goes_on = GoesOn{worker_, {model::Stage::kVectorize}, /*with_pages=*/true};
  EXPECT_TRUE(Commit(not_run_here).next.empty());
}

TEST_P(StoreConformance, RecoversAStepThatWasHandedOnAndLost) {
  Unit fetch = Closing({SubmitAndClaim(acme_)});
  fetch.raw_pages = {Page("body")};
  fetch.goes_on = GoesOn{worker_, {model::Stage::kTransform}};
  const model::Step lost = Commit(fetch).next.at(0);

  EXPECT_EQ(RecoverAll(), 1);

  const model::Step again = ClaimOnly(acme_);
  EXPECT_EQ(again.id, lost.id);
  EXPECT_EQ(again.epoch, lost.epoch + 1);
  EXPECT_EQ(KindOf(store().ledger().Commit(Closing({lost}))), ErrorKind::kConflict);
}

TEST_P(StoreConformance, HandsNothingOnWhereOthersCouldHelpOrTheStageIsNotRun) {
  Unit two = Closing({SubmitAndClaim(acme_)});
  two.children = {{model::Stage::kTransform, "a", "{}"}, {model::Stage::kTransform, "b", "{}"}};
  two.goes_on = GoesOn{worker_, {model::Stage::kTransform, model::Stage::kVectorize}};
  EXPECT_TRUE(Commit(two).next.empty()) << "two can be done side by side";

  const auto ready = ReadySteps(acme_);
  ASSERT_EQ(ready.size(), 2U);
  Unit one_of_two = Closing({Claim(acme_, ready[0]).at(0)});
  one_of_two.children = {{model::Stage::kVectorize, "a", "{}"}};
  one_of_two.goes_on = two.goes_on;
  EXPECT_TRUE(Commit(one_of_two).next.empty()) << "the other one is open still";

  Unit of_other_stage = Closing({SubmitAndClaim(globex_)});
  of_other_stage.children = {{model::Stage::kExtract, "a", "{}"}};
  of_other_stage.goes_on = two.goes_on;
  EXPECT_TRUE(Commit(of_other_stage).next.empty());
}

TEST_P(StoreConformance, KnowsWhatAWorkerHolds) {
  const WorkerId other = Value(store().dispatch().NewWorker(kLease));
  const model::Step step = SubmitAndClaim(acme_);
  const EpochMs then = clock_.Now();
  clock_.Advance(1000);
  const model::Step later = SubmitAndClaim(globex_);

  const auto held = Value(store().dispatch().HeldBy(worker_, then));
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].tenant, acme_.tenant);
  EXPECT_EQ(held[0].step.id, step.id);
  EXPECT_EQ(held[0].step.epoch, step.epoch);
  EXPECT_EQ(Value(store().dispatch().HeldBy(worker_, clock_.Now())).size(), 2U);
  EXPECT_TRUE(Value(store().dispatch().HeldBy(other, clock_.Now())).empty());
  Commit(Closing({step}));
  Commit(Closing({later}));
  EXPECT_TRUE(Value(store().dispatch().HeldBy(worker_, clock_.Now())).empty());
}

TEST_P(StoreConformance, CountsAnAttemptOnlyWhenItWasOne) {
  model::Step step = SubmitAndClaim(acme_);
  EXPECT_EQ(
      Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, 0, false, "429")), 1
  );
  step = ClaimOnly(acme_);
  EXPECT_EQ(step.attempts, 0);
  Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, 0, true, "502"));
  step = ClaimOnly(acme_);
  EXPECT_EQ(step.attempts, 1);
}

TEST_P(StoreConformance, LeavesAStepAloneThatMovedOnBeforeItsRetry) {
  const model::Step stale = SubmitAndClaim(acme_);
  RecoverAll();
  const model::Step current = ClaimOnly(acme_);

  EXPECT_EQ(
      Value(store().ledger().Retry(acme_.tenant, {{stale.id, stale.epoch}}, 0, true, "late")), 0
  );

  EXPECT_TRUE(ReadySteps(acme_).empty()) << "it is still running";
  EXPECT_TRUE(store().ledger().Commit(Closing({current})));
}

TEST_P(StoreConformance, OffersAWaitingStepWhenItsTimeHasCome) {
  const model::Step step = SubmitAndClaim(acme_);
  const EpochMs due = clock_.Now() + 1000;
  Value(store().ledger().Retry(acme_.tenant, {{step.id, step.epoch}}, due, false, "429"));

  EXPECT_TRUE(ReadySteps(acme_).empty());
  EXPECT_TRUE(Claim(acme_, step.id).empty());
  EXPECT_EQ(Value(store().dispatch().NextDue(clock_.Now())), due);
  clock_.Advance(1000);
  EXPECT_FALSE(Value(store().dispatch().NextDue(clock_.Now())));
  EXPECT_EQ(Claim(acme_, step.id).size(), 1U);
}

TEST_P(StoreConformance, RingsAStepAgainOnlyAfterAWhile) {
  Submit(acme_);
  const EpochMs now = clock_.Now();
  ASSERT_EQ(Value(store().dispatch().TakeReady(term(), now, now - 10'000, 10)).size(), 1U);

  EXPECT_TRUE(Value(store().dispatch().TakeReady(term(), now + 1, now - 9'999, 10)).empty());
  EXPECT_EQ(Value(store().dispatch().TakeReady(term(), now + 10'001, now + 1, 10)).size(), 1U);
}

TEST_P(StoreConformance, TakesAFewOfEveryTenantAndStageByPriorityThenAge) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  for (int i = 0; i < 5; ++i) unit.children.push_back({model::Stage::kExtract, "a", "{}"});
  unit.children.push_back({model::Stage::kTransform, "a", "{}"});
  Commit(unit);
  Submit(globex_);
  const EpochMs now = clock_.Now();

  const auto ready = Value(store().dispatch().TakeReady(term(), now, now + 1, 2));

  std::map<std::pair<TenantId, model::Stage>, std::vector<StepId>> by_queue;
  for (const auto& step : ready) by_queue[{step.tenant, step.stage}].push_back(step.step);
  const auto& extracts = by_queue[{acme_.tenant, model::Stage::kExtract}];
  ASSERT_EQ(extracts.size(), 2U);
  EXPECT_LT(extracts[0], extracts[1]);
  EXPECT_EQ((by_queue[{acme_.tenant, model::Stage::kTransform}].size()), 1U);
  EXPECT_EQ((by_queue[{globex_.tenant, model::Stage::kExtract}].size()), 1U);
}

TEST_P(StoreConformance, OffersInteractiveWorkBeforeABackfill) {
  JobRequest backfill = Request(acme_);
  backfill.priority = model::Priority::kBackfill;
  Value(store().jobs().Submit(acme_.tenant, backfill));
  JobRequest urgent = Request(acme_);
  urgent.integration = MakeIntegration(acme_.tenant, "jira-other");
  const JobId urgent_job = Value(store().jobs().Submit(acme_.tenant, urgent)).job;
  const EpochMs now = clock_.Now();

  const auto ready = Value(store().dispatch().TakeReady(term(), now, now + 1, 1));

  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(Claim(acme_, ready[0].step).at(0).job, urgent_job);
}

TEST_P(StoreConformance, CountsReadyStepsByStage) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.children = {{model::Stage::kExtract, "a", "{}"}, {model::Stage::kLoad, "a", "{}"}};
  Commit(unit);
  Submit(globex_);

  const auto ready = Value(store().dispatch().ReadyByStage());

  EXPECT_EQ(ready.at(model::Stage::kExtract), 2);
  EXPECT_EQ(ready.at(model::Stage::kLoad), 1);
  EXPECT_EQ(ready.at(model::Stage::kVectorize), 0);
}

TEST_P(StoreConformance, GivesEveryWorkerAnIdentityOfItsOwn) {
  EXPECT_NE(Value(store().dispatch().NewWorker(kLease)), worker_);
}

TEST_P(StoreConformance, TakesStepsFromDeadWorkersOnly) {
  const model::Step step = SubmitAndClaim(acme_);

  EXPECT_EQ(RecoverOthersThan(worker_), 0);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  EXPECT_EQ(RecoverAll(), 1);

  const model::Step again = ClaimOnly(acme_);
  EXPECT_EQ(again.id, step.id);
  EXPECT_EQ(again.attempts, 0) << "a crash is not the step's fault";
}

TEST_P(StoreConformance, ClaimsAStepAloneAfterThreeCrashesInCompany) {
  Unit unit = Closing({SubmitAndClaim(acme_)});
  unit.children = {{model::Stage::kTransform, "a", "{}"}, {model::Stage::kTransform, "a", "{}"}};
  Commit(unit);
  for (int crash = 0; crash < 3; ++crash) {
    ASSERT_EQ(Claim(acme_, ReadySteps(acme_).at(0), 2).size(), 2U) << crash;
    RecoverAll();
  }

  EXPECT_EQ(Claim(acme_, ReadySteps(acme_).at(0), 2).size(), 1U);
}

TEST_P(StoreConformance, ParksAStepThatCrashesAloneToo) {
  const JobId id = Submit(acme_);
  const StepId step = ReadySteps(acme_).at(0);
  for (int crash = 0; crash < 5; ++crash) {
    ASSERT_EQ(Claim(acme_, step).size(), 1U) << crash;
    RecoverAll();
    ASSERT_EQ(StatusOf(acme_, id), model::JobStatus::kRunning) << crash;
  }
  ASSERT_EQ(Claim(acme_, step).size(), 1U);
  RecoverAll();

  EXPECT_EQ(StatusOf(acme_, id), model::JobStatus::kFailed);
  EXPECT_TRUE(ReadySteps(acme_).empty());
  const auto letters = Value(store().dead_letters().List(acme_.tenant, {}));
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].letter.fingerprint, "step.crash");
  EXPECT_EQ(Value(store().jobs().Progress(acme_.tenant, id)).receipt.gaps.size(), 1U);
}

TEST_P(StoreConformance, EndsPartialWhenAStepFailedButSomethingWasLoaded) {
  const JobId id = Submit(acme_);
  Unit root = Closing({ClaimOnly(acme_)});
  model::RowBatch batch;
  AddIssue(batch, {});
  root.rows = &batch;
  root.children = {{model::Stage::kExtract, "jira_issues", R"({"page":2})"}};
  Commit(root);

  const auto failed = Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kUnavailable, "502 for an hour"}, false
  ));

  EXPECT_EQ(failed.finished(), model::JobStatus::kPartial);
  const auto progress = Value(store().jobs().Progress(acme_.tenant, id));
  EXPECT_EQ(progress.job.error, "502 for an hour");
  ASSERT_EQ(progress.receipt.gaps.size(), 1U);
  EXPECT_THAT(progress.receipt.gaps[0].scope, ::testing::HasSubstr("page"));
}

TEST_P(StoreConformance, EndsFailedOnAFatalErrorWhateverWasLoaded) {
  Submit(acme_);
  Unit root = Closing({ClaimOnly(acme_)});
  model::RowBatch batch;
  AddIssue(batch, {});
  root.rows = &batch;
  root.children = {{model::Stage::kExtract, "jira_issues", "{}"}};
  Commit(root);

  const auto failed = Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kUnauthorized, "401"}, true
  ));

  EXPECT_EQ(failed.finished(), model::JobStatus::kFailed);
}

TEST_P(StoreConformance, RefusesToFailAStepThatMovedOn) {
  const model::Step stale = SubmitAndClaim(acme_);
  RecoverAll();
  const model::Step current = ClaimOnly(acme_);

  const auto failed =
      store().ledger().Fail(acme_.tenant, {stale}, Error{ErrorKind::kInternal, "late"}, true);

  EXPECT_EQ(KindOf(failed), ErrorKind::kConflict);
  EXPECT_EQ(Commit(Closing({current})).finished(), model::JobStatus::kFinished);
}

TEST_P(StoreConformance, MarksThePagesOfAFailedTransformUntilItIsRetried) {
  const JobId id = Submit(acme_);
  Unit unit = Closing({ClaimOnly(acme_)});
  unit.raw_pages = {Page("body")};
  Commit(unit);
  ASSERT_EQ(CountOf(acme_, "raw_extraction_data WHERE processing_status = 'pending'"), 1);

  Value(store().ledger().Fail(
      acme_.tenant, {ClaimOnly(acme_)}, Error{ErrorKind::kInternal, "boom \"quoted\""}, false
  ));

  EXPECT_EQ(
      CountOf(
          acme_,
          "raw_extraction_data WHERE processing_status = 'failed' AND "
          "error_details LIKE '%boom%'"
      ),
      1
  );
  Value(store().jobs().RetryFailed(acme_.tenant, id));
  EXPECT_EQ(CountOf(acme_, "raw_extraction_data WHERE processing_status = 'pending'"), 1);
}

}  // namespace pulse::store::testing
