#include "pulse/control/orders.h"

#include <deque>

#include <sqlite3.h>

#include "pulse/control/test_pipeline.h"

namespace pulse::control {
namespace {

/// GitHub as far as orders go.
class OtherSource final : public source::Connector {
 public:
  std::string_view provider() const override { return "github"; }
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
  Result<source::Fetched> Fetch(const source::FetchRequest&, source::Transport&) const override {
    return source::Fetched{};
  }
  source::Transformed
  Transform(std::string_view, std::string_view, std::string_view, model::RowBatch&) const override {
    return {};
  }

 private:
  static constexpr std::array<std::string_view, 1> kEntities = {"github_prs"};
};

class OrdersTest : public PipelineTest {
 protected:
  OrdersTest() {
    connectors_.emplace("github", std::make_unique<OtherSource>());
    globex_ = MakeIntegration("globex");
  }

  struct Ask {
    TenantId tenant;
    IntegrationId integration;
    std::string entity_type = "jira_issues";
    std::string payload = R"({"jql":"project = TEST","batch_size":100})";
    std::string message_id = {};
  };
  Result<std::optional<model::Step>> Accept(
      const Ask& ask, std::optional<WorkerId> worker = std::nullopt
  ) {
    const queue::ForeignMessage message{
        .body = R"({"tenant_id":)" + std::to_string(ask.tenant.value()) + R"(,"entity_type":")" +
                ask.entity_type + R"(","integration_id":)" +
                std::to_string(ask.integration.value()) + R"(,"payload":)" + ask.payload + "}",
        .message_id = ask.message_id,
    };
    return orders_.Accept(message, [&](TenantId) { return worker; });
  }
  Ask OfAcme() const { return {.tenant = acme_.tenant, .integration = acme_.id}; }
  std::vector<model::Job> Jobs(TenantId tenant) {
    return Value(store().jobs().List(tenant, std::nullopt, 100));
  }
  std::string Refusals(TenantId tenant) {
    return Value(store().tables().Select(
        tenant,
        "SELECT entity_type, processing_status, integration_id, error_details"
        " FROM raw_extraction_data ORDER BY id",
        100
    ));
  }
  /// Lines of the audit trail, as nobody but the operator sees them.
  std::vector<std::string> Trail() {
    const auto database = std::static_pointer_cast<store::sqlite::TemporaryDatabase>(backend_.keep);
    sqlite3* db = nullptr;
    sqlite3_stmt* rows = nullptr;
    EXPECT_EQ(sqlite3_open(database->path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(
        sqlite3_prepare_v2(
            db,
            "SELECT tenant_id || ' ' || actor || ' ' || action FROM audit_log",
            -1,
            &rows,
            nullptr
        ),
        SQLITE_OK
    );
    std::vector<std::string> lines;
    while (sqlite3_step(rows) == SQLITE_ROW) {
      lines.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(rows, 0)));
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return lines;
  }

  model::Integration globex_;
  std::vector<std::string> log_;
  telemetry::Logger logger_{telemetry::Level::kInfo, clock_, [this](std::string_view line) {
                              log_.emplace_back(line);
                              return true;
                            }};
  Orders orders_{store(), connectors_, logger_};
};

TEST_F(OrdersTest, AnOrderBecomesAJobWithItsQuery) {
  Value(Accept(OfAcme()));

  const auto jobs = Jobs(acme_.tenant);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].integration, acme_.id);
  EXPECT_EQ(jobs[0].job_type, "jira_issues");
  EXPECT_EQ(jobs[0].options.query, "project = TEST");
  EXPECT_EQ(jobs[0].options.entities, std::vector<std::string>{"jira_issues"});
  EXPECT_EQ(jobs[0].priority, model::Priority::kScheduled);
  EXPECT_EQ(jobs[0].open_steps, 1);
  EXPECT_EQ(Refusals(acme_.tenant), "[]");
}

TEST_F(OrdersTest, WhoBeginsAtOnceHoldsTheFirstStepOfANewJobOnly) {
  Ask ask = OfAcme();
  ask.message_id = "m-1";
  const WorkerId worker = Value(store().dispatch().NewWorker(std::chrono::hours(1)));

  const auto step = Value(Accept(ask, worker));

  ASSERT_TRUE(step);
  EXPECT_EQ(step->tenant, acme_.tenant);
  EXPECT_EQ(step->options.query, "project = TEST");
  EXPECT_FALSE(Value(Accept(ask, worker))) << "the same message";
  ask.entity_type = "nonsense";
  EXPECT_FALSE(Value(Accept(ask, worker))) << "refused";
  EXPECT_EQ(Jobs(acme_.tenant).size(), 1U);
}

TEST_F(OrdersTest, TheSameMessageTwiceIsOneJobEvenWhenTheFirstIsDone) {
  Ask ask = OfAcme();
  ask.message_id = "m-1";
  Value(Accept(ask));
  Done(store().jobs().Cancel(acme_.tenant, Jobs(acme_.tenant)[0].id));

  Value(Accept(ask));
  EXPECT_EQ(Jobs(acme_.tenant).size(), 1U);

  ask.message_id = "m-2";
  Value(Accept(ask));
  EXPECT_EQ(Jobs(acme_.tenant).size(), 2U);
}

TEST_F(OrdersTest, WithoutAMessageIdOnlyAnEqualQueuedJobIsJoined) {
  Value(Accept(OfAcme()));
  Value(Accept(OfAcme()));
  EXPECT_EQ(Jobs(acme_.tenant).size(), 1U);

  Ask other = OfAcme();
  other.payload = R"({"jql":"project = OTHER"})";
  Value(Accept(other));
  EXPECT_EQ(Jobs(acme_.tenant).size(), 2U);
}

TEST_F(OrdersTest, AnOrderRunsBesideASync) {
  Submit(acme_);

  Value(Accept(OfAcme()));

  EXPECT_EQ(Jobs(acme_.tenant).size(), 2U);
}

TEST_F(OrdersTest, AnUnknownEntityTypeLeavesAFailedRow) {
  Ask ask = OfAcme();
  ask.entity_type = "jira_dreams";

  Value(Accept(ask));

  EXPECT_TRUE(Jobs(acme_.tenant).empty());
  const std::string rows = Refusals(acme_.tenant);
  EXPECT_NE(rows.find(R"("entity_type":"jira_dreams")"), std::string::npos) << rows;
  EXPECT_NE(rows.find(R"("processing_status":"failed")"), std::string::npos) << rows;
  EXPECT_NE(rows.find(R"("integration_id":null)"), std::string::npos) << rows;
  EXPECT_NE(rows.find("unknown_entity_type"), std::string::npos) << rows;
  EXPECT_NE(rows.find("project = TEST"), std::string::npos) << rows;
}

TEST_F(OrdersTest, AnotherTenantsIntegrationIsNotFoundAndOnlyTheAskerIsTold) {
  ASSERT_NE(acme_.id, globex_.id);
  Ask ask = OfAcme();
  ask.integration = globex_.id;

  Value(Accept(ask));

  EXPECT_TRUE(Jobs(acme_.tenant).empty());
  EXPECT_TRUE(Jobs(globex_.tenant).empty());
  EXPECT_NE(Refusals(acme_.tenant).find("integration_not_found"), std::string::npos);
  EXPECT_EQ(Refusals(globex_.tenant), "[]");
}

TEST_F(OrdersTest, AnIntegrationThatDoesNotExistLooksTheSame) {
  Ask ask = OfAcme();
  ask.integration = IntegrationId(999);

  Value(Accept(ask));

  const std::string rows = Refusals(acme_.tenant);
  EXPECT_NE(rows.find("integration_not_found"), std::string::npos) << rows;
  EXPECT_NE(rows.find("999"), std::string::npos) << rows;
}

TEST_F(OrdersTest, AnEntityTypeOfAnotherProviderIsRefused) {
  Ask ask = OfAcme();
  ask.entity_type = "github_prs";

  Value(Accept(ask));

  EXPECT_TRUE(Jobs(acme_.tenant).empty());
  EXPECT_NE(Refusals(acme_.tenant).find("entity_type_of_another_provider"), std::string::npos);
}

TEST_F(OrdersTest, AFilterThatIsNotUnderstoodNeverTurnsIntoEverything) {
  globex_.provider = "github";
  Value(store().catalog().PutIntegration(globex_));
  Ask ask{.tenant = globex_.tenant, .integration = globex_.id, .entity_type = "github_prs"};

  Value(Accept(ask));
  EXPECT_TRUE(Jobs(globex_.tenant).empty());
  EXPECT_NE(Refusals(globex_.tenant).find("payload.jql_invalid"), std::string::npos);

  ask.payload = R"({"query":"repo:acme/shop"})";
  Value(Accept(ask));
  ASSERT_EQ(Jobs(globex_.tenant).size(), 1U);
  EXPECT_EQ(Jobs(globex_.tenant)[0].options.query, "repo:acme/shop");

  Ask both = OfAcme();
  both.payload = R"({"jql":"a = b","query":"c = d"})";
  Value(Accept(both));
  EXPECT_TRUE(Jobs(acme_.tenant).empty());
}

TEST_F(OrdersTest, AnUnknownTenantIsTheOperatorsConcern) {
  Ask ask = OfAcme();
  ask.tenant = TenantId(4711);
  ASSERT_TRUE(Trail().empty());

  Value(Accept(ask));

  EXPECT_EQ(Trail(), std::vector<std::string>{"4711 queue order.refuse"});
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find(R"("tenant_id":4711)"), std::string::npos) << log_[0];
  EXPECT_EQ(Refusals(acme_.tenant), "[]");
}

TEST_F(OrdersTest, WhatIsNoOrderIsInvalid) {
  EXPECT_EQ(KindOf(orders_.Accept({.body = "hello", .message_id = ""}, {})), ErrorKind::kInvalid);
}

/// What became of the messages a worker was given.
struct Fate {
  int acked = 0;
  std::vector<std::string> refused;
  int left = 0;
};

class GivenDelivery final : public queue::Delivery {
 public:
  GivenDelivery(std::string body, Fate& fate)
      : content_(queue::ForeignMessage{.body = std::move(body), .message_id = ""}), fate_(fate) {}
  ~GivenDelivery() override { fate_.left += settled_ ? 0 : 1; }
  GivenDelivery(const GivenDelivery&) = delete;
  GivenDelivery& operator=(const GivenDelivery&) = delete;
  const std::variant<queue::Ring, queue::ForeignMessage>& content() const noexcept override {
    return content_;
  }
  Result<> Ack() override {
    settled_ = true;
    ++fate_.acked;
    return {};
  }
  Result<> Refuse(std::string_view reason) override {
    settled_ = true;
    fate_.refused.emplace_back(reason);
    return {};
  }

 private:
  std::variant<queue::Ring, queue::ForeignMessage> content_;
  Fate& fate_;
  bool settled_ = false;
};

class OneMessage final : public queue::Consumer {
 public:
  explicit OneMessage(Fate& fate) : fate_(fate) {}
  Result<std::unique_ptr<queue::Delivery>> Next(std::stop_token) override {
    return std::unique_ptr<queue::Delivery>(std::make_unique<GivenDelivery>("{}", fate_));
  }

 private:
  Fate& fate_;
};

class Permitted final : public pipeline::ClaimPermit {
 public:
  Result<> Await(const std::stop_token&) override { return {}; }
};

class WorkerOrdersTest : public PipelineTest {
 protected:
  /// Lets a worker handle one message whose order is answered with `answer`.
  using Answer = Result<std::optional<model::Step>>;
  Result<> Handle(
      std::function<Answer(const queue::ForeignMessage&, const pipeline::Begins&)> answer
  ) {
    auto environment = EnvironmentOf(store());
    environment.accept_order = std::move(answer);
    Permitted permit;
    pipeline::Stages stages;
    stages.emplace(model::Stage::kExtract, pipeline::NewExtractStage(environment));
    pipeline::Worker worker(
        environment,
        std::make_unique<OneMessage>(fate_),
        stages,
        model::Stage::kExtract,
        WorkerId(1),
        permit,
        observer_
    );
    return worker.RunOnce({});
  }

  Fate fate_;
};

TEST_F(WorkerOrdersTest, AnAcceptedOrderIsAcked) {
  Done(Handle([](const queue::ForeignMessage&, const pipeline::Begins&) { return Answer(); }));

  EXPECT_EQ(fate_.acked, 1);
  EXPECT_TRUE(fate_.refused.empty());
}

TEST_F(WorkerOrdersTest, AnOrderOfTheOnlyTenantIsBegunAtOnce) {
  store::JobRequest request = Request(acme_);
  request.root.entity_type = "jira_issues";
  request.exclusive = false;
  std::optional<store::Submitted> submitted;
  Done(Handle([&](const queue::ForeignMessage&, const pipeline::Begins& begins) -> Answer {
    request.claimed_by = begins(acme_.tenant);
    submitted = Value(store().jobs().Submit(acme_.tenant, request));
    return submitted->root;
  }));

  EXPECT_EQ(fate_.acked, 1);
  EXPECT_EQ(source_->fetches, 1);
  const auto progress = Value(store().jobs().Progress(acme_.tenant, submitted->job));
  ASSERT_FALSE(progress.stages.empty());
  EXPECT_EQ(progress.stages[0].stage, model::Stage::kExtract);
  EXPECT_EQ(progress.stages[0].done, 1);
}

TEST_F(WorkerOrdersTest, WhatIsNoOrderIsSetAside) {
  Done(Handle([](const queue::ForeignMessage&, const pipeline::Begins&) -> Answer {
    return Error{ErrorKind::kInvalid, "not an order: no JSON object"};
  }));

  EXPECT_EQ(fate_.acked, 0);
  EXPECT_EQ(fate_.refused, std::vector<std::string>{"not an order: no JSON object"});
}

TEST_F(WorkerOrdersTest, WhileTheDatabaseIsAwayAnOrderStaysInItsQueue) {
  const auto handled = Handle([](const queue::ForeignMessage&, const pipeline::Begins&) -> Answer {
    return Error{ErrorKind::kUnavailable, "database gone"};
  });

  EXPECT_EQ(KindOf(handled), ErrorKind::kUnavailable);
  EXPECT_EQ(fate_.acked, 0);
  EXPECT_TRUE(fate_.refused.empty());
  EXPECT_EQ(fate_.left, 1);
}

TEST_F(WorkerOrdersTest, WhoTakesNoOrdersSetsThemAside) {
  Done(Handle(nullptr));

  EXPECT_EQ(fate_.refused.size(), 1U);
}

}  // namespace
}  // namespace pulse::control
