// What a commit costs: raw pages of issues, each with four history entries, fetched and loaded
// through the ledger as the pipeline does it. Prints one JSON object per pass.
//
//   build/release/bench/store_merge [UNITS] [FOLDER]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <sys/resource.h>

#include "pulse/store/sqlite/migrations.h"
#include "pulse/store/sqlite/sqlite_store.h"

namespace pulse {
namespace {

constexpr int kIssuesPerUnit = 100;
constexpr int kChangesPerIssue = 4;

template <class T>
T Value(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().message() << "\n";
  std::exit(1);
}

void AddChanges(model::RowBatch& batch, const std::string& issue, int number, EpochMs at) {
  for (int i = 0; i < kChangesPerIssue; ++i) {
    batch.AddRow(model::kWorkItemChanges)
        .Text(model::kWorkItemChanges["work_item_external_id"], issue)
        .Text(model::kWorkItemChanges["history_id"], std::to_string(number * 10 + i))
        .Integer(model::kWorkItemChanges["item_position"], 0)
        .Integer(model::kWorkItemChanges["source_created_at"], at)
        .Text(model::kWorkItemChanges["author_external_id"], "5b10ac8d82e05b22cc7d4ef5")
        .Text(model::kWorkItemChanges["author_name"], "Mia Krystof")
        .Text(model::kWorkItemChanges["field"], "status")
        .Text(model::kWorkItemChanges["field_id"], "status")
        .Text(model::kWorkItemChanges["field_type"], "jira")
        .Text(model::kWorkItemChanges["from_value"], "10000")
        .Text(model::kWorkItemChanges["from_string"], "To Do")
        .Text(model::kWorkItemChanges["to_value"], "10001")
        .Text(model::kWorkItemChanges["to_string"], "In Progress");
  }
}

void AddIssue(model::RowBatch& batch, int number, EpochMs version) {
  const std::string id = std::to_string(1'000'000 + number);
  batch.BeginRecord("jira_issues", id, version, number % kIssuesPerUnit);
  batch.AddRow(model::kWorkItems)
      .Text(model::kWorkItems["external_id"], id)
      .Text(model::kWorkItems["key"], "PAY-" + std::to_string(number))
      .Text(model::kWorkItems["title"], "The payment page forgets the chosen currency")
      .Text(model::kWorkItems["status"], "In Progress")
      .Text(model::kWorkItems["status_id"], "10001")
      .Text(model::kWorkItems["status_category"], "indeterminate")
      .Text(model::kWorkItems["type"], "Story")
      .Text(model::kWorkItems["type_id"], "10002")
      .Text(model::kWorkItems["project_key"], "PAY")
      .Text(model::kWorkItems["project_external_id"], "10000")
      .Text(model::kWorkItems["description"], std::string(700, 'd'))
      .Text(model::kWorkItems["priority"], "Medium")
      .Text(model::kWorkItems["assignee_external_id"], "5b10ac8d82e05b22cc7d4ef5")
      .Text(model::kWorkItems["assignee_name"], "Mia Krystof")
      .Text(model::kWorkItems["labels"], R"(["checkout","currency"])")
      .Text(model::kWorkItems["custom_fields"], R"({"customfield_10016":3})")
      .Real(model::kWorkItems["story_points"], 3)
      .Integer(model::kWorkItems["source_created_at"], version - 1000)
      .Integer(model::kWorkItems["source_updated_at"], version)
      .Text(model::kWorkItems["url"], "https://jira.example/browse/PAY-" + std::to_string(number));
  AddChanges(batch, id, number, version);
  batch.EndRecord(model::SetOf(model::kWorkItemChanges) | model::SetOf(model::kComments));
}

store::Unit Closing(const model::Step& step) {
  store::Unit unit;
  unit.tenant = step.tenant;
  unit.integration = step.integration;
  unit.job = step.job;
  unit.done = {{step.id, step.epoch}};
  return unit;
}

/// A body that compresses about as an issue page does.
std::string Body(int unit_number, EpochMs version) {
  std::string body;
  for (int i = 0; body.size() < std::size_t{400'000}; ++i) {
    body += R"({"id":")" + std::to_string(unit_number * kIssuesPerUnit + i) +
            R"(","fields":{"updated":)" + std::to_string(version) +
            R"(,"summary":"The payment page forgets the chosen currency",)" + R"("hash":")" +
            std::to_string(i * 2'654'435'761U) + R"("}},)";
  }
  return body;
}

class Bench {
 public:
  Bench(store::Store& store, int units) : store_(store), units_(units) {
    const auto tenant = Value(store_.catalog().CreateTenant("bench"));
    model::Integration integration;
    integration.tenant = tenant.id;
    integration.name = "jira";
    integration.provider = "jira";
    integration_ = Value(store_.catalog().PutIntegration(integration));
    worker_ = Value(store_.dispatch().NewWorker(std::chrono::hours(1)));
    term_ = Value(store_.dispatch().Lead(worker_, std::chrono::hours(1))).value();
  }

  /// One sync of every issue at `version`; batches are built outside the clock.
  void Pass(const char* name, EpochMs version) {
    store::JobRequest request;
    request.integration = integration_.id;
    request.job_type = "jira_sync";
    request.root = {model::Stage::kExtract, "jira_issues", "{}"};
    Value(store_.jobs().Submit(integration_.tenant, request));
    std::chrono::nanoseconds fetch{};
    std::chrono::nanoseconds load{};
    for (int i = 0; i < units_; ++i) RunUnit(i, version, fetch, load);
    const double issues = static_cast<double>(units_) * kIssuesPerUnit;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "{\"name\":\"store_merge.%s\",\"issues\":%.0f,\"fetch_us_per_issue\":%.2f,"
        "\"load_us_per_issue\":%.2f,\"us_per_issue\":%.2f,\"rss_mb\":%ld}\n",
        name,
        issues,
        static_cast<double>(fetch.count()) / 1000 / issues,
        static_cast<double>(load.count()) / 1000 / issues,
        static_cast<double>((fetch + load).count()) / 1000 / issues,
        usage.ru_maxrss / 1024
    );
  }

 private:
  model::Step ClaimNext() {
    const auto ready = Value(store_.dispatch().TakeReady(term_, 1, 2, 1));
    for (const auto& step : ready) {
      const auto claimed = Value(store_.ledger().Claim(step.tenant, step.step, worker_, 1));
      if (!claimed.empty()) return claimed.front();
    }
    std::cerr << "nothing to claim\n";
    std::exit(1);
  }

  void RunUnit(
      int number, EpochMs version, std::chrono::nanoseconds& fetch, std::chrono::nanoseconds& load
  ) {
    using Clock = std::chrono::steady_clock;
    store::NewRawPage page;
    page.entity_type = "jira_issues";
    page.request = R"({"page":)" + std::to_string(number) + "}";
    page.body = Body(number, version);
    page.transform_entity = "jira_issues";
    model::RowBatch batch;

    const auto fetching = Clock::now();
    store::Unit fetched = Closing(ClaimNext());
    fetched.raw_pages.push_back(std::move(page));
    const auto raw = Value(store_.ledger().Commit(fetched)).raw_ids.front();
    const auto fetched_at = Clock::now();
    fetch += fetched_at - fetching;

    batch.SetRaw(raw);
    for (int i = 0; i < kIssuesPerUnit; ++i) AddIssue(batch, number * kIssuesPerUnit + i, version);
    const auto loading = Clock::now();
    store::Unit loaded = Closing(ClaimNext());
    loaded.rows = &batch;
    loaded.vectorize_batch = 0;
    loaded.settled.push_back({.id = raw, .record_count = kIssuesPerUnit, .transform_version = 1});
    if (number + 1 < units_) {
      loaded.children.push_back({model::Stage::kExtract, "jira_issues", "{}"});
    }
    Value(store_.ledger().Commit(loaded));
    load += Clock::now() - loading;
  }

  store::Store& store_;
  int units_;
  model::Integration integration_;
  WorkerId worker_;
  Term term_;
};

}  // namespace
}  // namespace pulse

int main(int argc, char** argv) {
  const int units = argc > 1 ? std::atoi(argv[1]) : 200;
  const std::filesystem::path parent =
      argc > 2 ? std::filesystem::path(argv[2]) : std::filesystem::temp_directory_path();
  std::string folder = (parent / "pulse-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const std::string path = folder + "/pulse.db";
  pulse::Value(pulse::store::sqlite::MigrateSqlite(path));
  {
    const auto store = pulse::Value(pulse::store::sqlite::OpenSqliteStore({.path = path}));
    pulse::Bench bench(*store, units);
    bench.Pass("insert", 1'700'000'000'000);
    bench.Pass("update", 1'700'000'100'000);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
