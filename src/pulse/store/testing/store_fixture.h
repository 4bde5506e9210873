#pragma once

/// \file
/// What the conformance suite needs to talk about: a backend under test, a clock that stands still,
/// two tenants with colliding data, and short ways to build units and read tables.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/base/clock.h"
#include "pulse/store/store.h"

namespace pulse::store::testing {

/// Time that moves when told to.
class ManualClock final : public Clock {
 public:
  EpochMs Now() const override { return now_; }
  void Advance(EpochMs by) { now_ += by; }

 private:
  EpochMs now_ = 1'700'000'000'000;
};

/// A fresh, migrated, empty store. Whatever it needs (a file, a schema) goes with it.
struct Backend {
  std::shared_ptr<void> keep;
  std::unique_ptr<Store> store;
};
struct BackendFactory {
  std::string name;
  std::function<Backend(const Clock&)> make;
};
inline std::string BackendName(const ::testing::TestParamInfo<BackendFactory>& backend) {
  return backend.param.name;
}
inline void PrintTo(const BackendFactory& factory, std::ostream* out) { *out << factory.name; }

template <class T>
T Value(Result<T> result, std::source_location where = std::source_location::current()) {
  if (!result) {
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << result.error().message();
    // Nothing sensible can follow; gtest reports the exception with the failure above.
    throw std::runtime_error(result.error().message());
  }
  return *std::move(result);
}
inline void Done(
    const Result<>& result, std::source_location where = std::source_location::current()
) {
  if (result) return;
  ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << result.error().message();
}
template <class T>
ErrorKind KindOf(const Result<T>& result) {
  if (result) {
    ADD_FAILURE() << "expected an error, got a value";
    return ErrorKind::kInternal;
  }
  return result.error().kind();
}

/// One issue with its comments, as a transform would bring it.
struct Issue {
  std::string id = "1001";
  std::string title = "Pay later";
  EpochMs version = 1000;
  std::vector<std::string> comments = {};  ///< Comment ids, which are their bodies too.
  bool comments_complete = true;
  bool with_description = true;  ///< False: the source left the field out.
  std::string key = "";          ///< Empty: PAY-<id>.
};

inline void AddIssue(model::RowBatch& batch, const Issue& issue) {
  batch.BeginRecord("jira_issues", issue.id, issue.version, 0);
  auto row = batch.AddRow(model::kWorkItems);
  row.Text(model::kWorkItems["external_id"], issue.id)
      .Text(model::kWorkItems["key"], issue.key.empty() ? "PAY-" + issue.id : issue.key)
      .Text(model::kWorkItems["title"], issue.title)
      .Text(model::kWorkItems["status"], "Open")
      .Integer(model::kWorkItems["source_updated_at"], issue.version);
  if (issue.with_description) row.Null(model::kWorkItems["description"]);
  for (const std::string& comment : issue.comments) {
    batch.AddRow(model::kComments)
        .Text(model::kComments["external_id"], comment)
        .Text(model::kComments["work_item_external_id"], issue.id)
        .Text(model::kComments["body"], comment);
  }
  batch.EndRecord(issue.comments_complete ? model::SetOf(model::kComments) : 0);
}

/// One history entry of an issue, as a changelog page brings it: without the issue.
inline void AddChange(
    model::RowBatch& batch,
    const std::string& issue,
    const std::string& history,
    std::string_view to
) {
  batch.BeginRecord("jira_issues", issue, 0, 0);
  batch.AddRow(model::kWorkItemChanges)
      .Text(model::kWorkItemChanges["work_item_external_id"], issue)
      .Text(model::kWorkItemChanges["history_id"], history)
      .Integer(model::kWorkItemChanges["item_position"], 0)
      .Text(model::kWorkItemChanges["field"], "status")
      .Text(model::kWorkItemChanges["to_string"], to);
  batch.EndRecord();
}

/// A pull request whose title names an issue.
inline void AddPr(
    model::RowBatch& batch, const std::string& id, std::int64_t number, const std::string& issue_key
) {
  batch.BeginRecord("github_prs", id, 1000, 0);
  batch.AddRow(model::kPrs)
      .Text(model::kPrs["external_id"], id)
      .Text(model::kPrs["repository_external_id"], "77")
      .Integer(model::kPrs["number"], number)
      .Text(model::kPrs["repository_name"], "acme/shop")
      .Text(model::kPrs["title"], issue_key + " fix")
      .Text(model::kPrs["body"], "why");
  batch.AddRow(model::kWorkItemPrs)
      .Text(model::kWorkItemPrs["repository_external_id"], "77")
      .Integer(model::kWorkItemPrs["pr_number"], number)
      .Text(model::kWorkItemPrs["work_item_key"], issue_key)
      .Text(model::kWorkItemPrs["evidence_source"], "title")
      .Text(model::kWorkItemPrs["evidence_ref"], "");
  batch.EndRecord(model::SetOf(model::kWorkItemPrs));
}

inline NewRawPage Page(const std::string& body, const std::string& request = R"({"page":1})") {
  return {
      .entity_type = "jira_issues",
      .request = request,
      .http_status = 200,
      .body = body,
      .fetched_at = 5,
      .record_count = 1,
      .transform_version = 1,
      .transform_entity = "jira_issues",
      .transform_params = "{}",
      .error_details = std::nullopt,
  };
}

/// One tenant with one integration.
struct World {
  TenantId tenant;
  IntegrationId integration;
};

class StoreConformance : public ::testing::TestWithParam<BackendFactory> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make(clock_);
    acme_ = MakeWorld("acme");
    globex_ = MakeWorld("globex");
    worker_ = Value(store().dispatch().NewWorker(kLease));
  }

  Store& store() { return *backend_.store; }

  static constexpr std::chrono::minutes kLease{10};  ///< No lease ends by itself in a test.
  Term term() { return Value(store().dispatch().Lead(worker_, kLease)).value(); }
  /// Every worker but `survivor` died.
  int RecoverOthersThan(WorkerId survivor) {
    Done(store().dispatch().EndOtherLeases(survivor));
    return Value(store().dispatch().RecoverLost(term()));
  }
  int RecoverAll() {
    Done(store().dispatch().RetireWorker(worker_));
    return RecoverOthersThan(Value(store().dispatch().NewWorker(kLease)));
  }

  World MakeWorld(const std::string& tenant_name) {
    const model::Tenant tenant = Value(store().catalog().CreateTenant(tenant_name));
    return {tenant.id, MakeIntegration(tenant.id, "jira-main")};
  }
  IntegrationId MakeIntegration(TenantId tenant, const std::string& name) {
    model::Integration integration;
    integration.tenant = tenant;
    integration.name = name;
    integration.provider = "jira";
    integration.base_url = "https://jira.example";
    return Value(store().catalog().PutIntegration(integration)).id;
  }

  JobRequest Request(const World& world) const {
    JobRequest request;
    request.integration = world.integration;
    request.job_type = "jira_sync";
    request.root = {model::Stage::kExtract, "jira_issues", "{}"};
    return request;
  }
  JobId Submit(const World& world) {
    return Value(store().jobs().Submit(world.tenant, Request(world))).job;
  }

  /// Ready steps of a tenant, by asking the dispatcher.
  std::vector<StepId> ReadySteps(const World& world) {
    std::vector<StepId> steps;
    const EpochMs now = clock_.Now();
    for (const auto& ready : Value(store().dispatch().TakeReady(term(), now, now + 1, 1000))) {
      if (ready.tenant == world.tenant) steps.push_back(ready.step);
    }
    return steps;
  }
  std::vector<model::Step> Claim(const World& world, StepId step, int max_batch = 1) {
    return Value(store().ledger().Claim(world.tenant, step, worker_, max_batch));
  }
  /// Claims the only ready step.
  model::Step ClaimOnly(const World& world) {
    const auto ready = ReadySteps(world);
    EXPECT_EQ(ready.size(), 1U);
    const auto claimed = Claim(world, ready.at(0));
    EXPECT_EQ(claimed.size(), 1U);
    return claimed.at(0);
  }
  model::Step SubmitAndClaim(const World& world) {
    Submit(world);
    return ClaimOnly(world);
  }

  static Unit Closing(const std::vector<model::Step>& steps) {
    Unit unit;
    unit.tenant = steps.front().tenant;
    unit.integration = steps.front().integration;
    unit.job = steps.front().job;
    for (const model::Step& step : steps) unit.done.push_back({step.id, step.epoch});
    return unit;
  }
  Committed Commit(const Unit& unit) { return Value(store().ledger().Commit(unit)); }

  /// A whole job of one step that loads `batch`.
  Committed Load(const World& world, const model::RowBatch& batch, int vectorize_batch = 0) {
    Unit unit = Closing({SubmitAndClaim(world)});
    unit.rows = &batch;
    unit.vectorize_batch = vectorize_batch;
    return Commit(unit);
  }
  Committed LoadIssues(const World& world, const std::vector<Issue>& issues, RawId raw = RawId{}) {
    model::RowBatch batch;
    batch.SetRaw(raw);
    for (const Issue& issue : issues) AddIssue(batch, issue);
    return Load(world, batch);
  }

  /// The answer to a query, as JSON.
  std::string Select(const World& world, std::string_view sql) {
    return Value(store().tables().Select(world.tenant, sql, 1000));
  }
  std::int64_t CountOf(const World& world, const std::string& table_and_filter) {
    const std::string json = Select(world, "SELECT count(*) AS n FROM " + table_and_filter);
    return std::stoll(json.substr(json.find(':') + 1));
  }
  model::EntityCounts Counts(const World& world, JobId job, const std::string& entity_type) {
    return Value(store().jobs().Progress(world.tenant, job)).receipt.entities[entity_type];
  }
  model::JobStatus StatusOf(const World& world, JobId job) {
    return Value(store().jobs().Get(world.tenant, job)).status;
  }

  ManualClock clock_;
  Backend backend_;
  World acme_;
  World globex_;
  WorkerId worker_;
};

}  // namespace pulse::store::testing
