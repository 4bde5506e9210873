#pragma once

/// \file
/// For tests of this module: a store of its own, a source whose pages are numbers, and an
/// environment around them. Everything waits on events.

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

#include "pulse/base/signal.h"
#include "pulse/control/runner.h"
#include "pulse/embed/hashed/hashed_embedder.h"
#include "pulse/queue/ledger/ledger_queue.h"
#include "pulse/store/sqlite/test_store.h"

namespace pulse::control {

using store::testing::Done;
using store::testing::KindOf;
using store::testing::Value;

/// The database's time; the threads under test read it while the test moves it.
class MovableClock final : public Clock {
 public:
  EpochMs Now() const override { return now_; }
  void Set(EpochMs now) { now_ = now; }
  void Advance(EpochMs by) { now_ += by; }

 private:
  std::atomic<EpochMs> now_{1'700'000'000'000};
};

/// A door that can be shut: threads wait before it.
class Gate {
 public:
  void Shut() { shut_ = true; }
  void Open() {
    shut_ = false;
    shut_.notify_all();
  }
  void Pass() const { shut_.wait(true); }
  bool shut() const { return shut_; }

 private:
  std::atomic<bool> shut_{false};
};

/// Opens a gate at the end of a test, however it ends. Goes before those who may stand there.
class OpenAtEnd {
 public:
  explicit OpenAtEnd(Gate& gate) : gate_(gate) {}
  ~OpenAtEnd() { gate_.Open(); }
  OpenAtEnd(const OpenAtEnd&) = delete;
  OpenAtEnd& operator=(const OpenAtEnd&) = delete;

 private:
  Gate& gate_;
};

/// Makes `pages` pages out of a job, all at once; each becomes one issue. Thread-safe.
class NumberedSource final : public source::Connector {
 public:
  explicit NumberedSource(int pages) : pages_(pages) {}

  std::string_view provider() const override { return "jira"; }
  std::span<const std::string_view> entity_types() const override { return kEntities; }
  std::span<const source::ScopeKey> scope_keys() const override { return {}; }
  int transform_version() const override { return 1; }
  bool Reads(const model::Integration&, const store::Window&) const override { return true; }
  source::Verdict Judge(const source::Call&, const source::Answer&, EpochMs) const override {
    return {};
  }
  Result<source::Account> Check(const model::Integration&, source::Transport&) const override {
    return source::Account{};
  }
  Result<source::Fetched> Fetch(
      const source::FetchRequest& request, source::Transport& /*transport*/
  ) const override {
    source::Fetched fetched;
    if (request.entity_type != kEntities[0]) {
      if (on_root) on_root(request);
      for (int page = 0; page < pages_; ++page) {
        fetched.next.push_back(
            {model::Stage::kExtract, std::string(kEntities[0]), std::to_string(page)}
        );
      }
      return fetched;
    }
    ++fetches;
    if (on_fetch) on_fetch(request);
    fetched.pages.push_back({
        .entity_type = std::string(kEntities[0]),
        .request = request.params,
        .body = request.params,
        .record_count = 1,
        .transform_entity = std::string(kEntities[0]),
        .error_details = {},
    });
    return fetched;
  }
  source::Transformed Transform(
      std::string_view, std::string_view, std::string_view body, model::RowBatch& rows
  ) const override {
    store::testing::AddIssue(rows, {.id = std::string(body)});
    return {.record_count = 1, .problems = {}, .page_problem = {}};
  }

  mutable std::atomic<int> fetches{0};
  // Set before anything runs.
  std::function<void(const source::FetchRequest&)> on_root;
  std::function<void(const source::FetchRequest&)> on_fetch;

 private:
  static constexpr std::array<std::string_view, 1> kEntities = {"jira_issues"};
  int pages_;
};

/// Never asked.
class NoTransport final : public source::Transport {
 public:
  Result<source::Answer> Send(const source::Call&) override { return source::Answer{}; }
  std::string_view base_url() const override { return "https://jira.example"; }
};

class PipelineTest : public ::testing::Test {
 protected:
  explicit PipelineTest(int pages = 8)
      : backend_(store::sqlite::MakeSqliteBackend(clock_)),
        embedder_(embed::hashed::NewHashedEmbedder()),
        queue_(queue::ledger::NewLedgerQueue()) {
    auto source = std::make_unique<NumberedSource>(pages);
    source_ = source.get();
    connectors_.emplace("jira", std::move(source));
    acme_ = MakeIntegration("acme");
    subscription_ = store().changes().Subscribe([this] { changed_.Notify(); });
  }

  store::Store& store() { return *backend_.store; }

  model::Integration MakeIntegration(const std::string& tenant) {
    model::Integration integration;
    integration.tenant = Value(store().catalog().CreateTenant(tenant)).id;
    integration.name = "jira-main";
    integration.provider = "jira";
    integration.base_url = "https://jira.example";
    return Value(store().catalog().PutIntegration(integration));
  }

  pipeline::Environment EnvironmentOf(store::Store& seen) {
    return {
        .store = seen,
        .connectors = connectors_,
        .connect = [](const model::Integration&,
                      std::stop_token) -> Result<pipeline::Environment::Wire> {
          return pipeline::Environment::Wire{
              .transport = std::make_unique<NoTransport>(),
              .api_calls = [] { return std::map<std::string, std::int64_t>{}; }
          };
        },
        .vectors = nullptr,
        .embedder = *embedder_,
        .clock = clock_,
    };
  }

  /// One of several processes; its heart beats often enough for a test.
  static RunnerOptions OneOfSeveral() {
    RunnerOptions options{.extract_workers = 2, .transform_workers = 1};
    options.load_workers = 0;
    options.vectorize_workers = 0;
    options.heartbeat = {.every = std::chrono::milliseconds(5), .sole_owner = false};
    return options;
  }

  store::JobRequest Request(const model::Integration& integration) {
    store::JobRequest request;
    request.integration = integration.id;
    request.job_type = "jira_sync";
    request.root = {model::Stage::kExtract, "jira_sync", "{}"};
    return request;
  }
  JobId Submit(const model::Integration& integration) {
    const auto submitted = Value(store().jobs().Submit(integration.tenant, Request(integration)));
    store().changes().Announce();
    return submitted.job;
  }
  model::JobStatus StatusOf(const model::Integration& integration, JobId job) {
    return Value(store().jobs().Get(integration.tenant, job)).status;
  }

  /// Waits for changes of the ledger until `holds`; false when it did not within half a minute.
  bool Eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
      const std::uint64_t seen = changed_.version();
      if (holds()) return true;
      const auto now = std::chrono::steady_clock::now();
      if (now > deadline) return false;
      // Not everything a test waits for announces itself.
      changed_.WaitBeyond(seen, now + std::chrono::milliseconds(10), {});
    }
  }
  bool Ended(const model::Integration& integration, JobId job) {
    return Eventually([&] { return model::IsFinal(StatusOf(integration, job)); });
  }

  MovableClock clock_;
  store::testing::Backend backend_;
  std::unique_ptr<embed::Embedder> embedder_;
  std::unique_ptr<queue::Queue> queue_;
  source::Connectors connectors_;
  NumberedSource* source_ = nullptr;
  model::Integration acme_;
  pipeline::Observer observer_;
  Signal changed_;
  std::unique_ptr<store::Changes::Subscription> subscription_;
};

}  // namespace pulse::control
