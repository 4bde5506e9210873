#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/api.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/simulator.h"
#include "pulse/source/github/github.h"

namespace pulse::source::github {
namespace {

using ::testing::IsEmpty;

/// The simulated GitHub, asked in this process.
class SimulatedTransport final : public Transport {
 public:
  SimulatedTransport(simulate::Api& api, const Connector& connector)
      : api_(api), connector_(connector) {}

  Result<Answer> Send(const Call& call) override {
    ++(call.method == "POST" ? queries : lists);
    http::Request request;
    request.method = call.method;
    request.target = call.path;
    request.body = call.body;
    request.headers = {{"Authorization", "Bearer t"}, {"Host", "127.0.0.1"}};
    const std::string_view target = request.target;
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
    http::Response response = api_.Handle(request);
    Answer answer{response.status, std::move(response.headers), std::move(response.body)};
    if (auto error = connector_.Judge(call, answer, 0).error) return std::move(*error);
    return answer;
  }
  std::string_view base_url() const override { return "http://127.0.0.1"; }

  int queries = 0;
  int lists = 0;

 private:
  simulate::Api& api_;
  const Connector& connector_;
};

/// What one pass over everything brought.
struct Pass {
  std::map<std::string, std::set<std::string>> keys;  ///< Table -> keys of its rows.
  std::map<std::string, std::int64_t> census;
  std::vector<model::Gap> gaps;
  std::vector<Problem> problems;
  std::int64_t points = 0;
  int queries = 0;
  int lists = 0;
};

class SimulatedGithub {
 public:
  explicit SimulatedGithub(std::vector<simulate::FaultOption> faults = {}) {
    options_.prs = kPrs;
    options_.seed = 7;
    options_.faults = std::move(faults);
    plan_ = *simulate::FaultPlan::Make(options_.seed, options_.faults);
    api_ = *simulate::NewGithubApi(options_, *plan_);
  }

  Pass Run(const std::string& api = "graphql") {
    SimulatedTransport transport(*api_, *connector_);
    Pass pass;
    const std::int64_t before = api_->points();
    std::deque<FetchRequest> open = {Request(api, "github_sync", "{}")};
    std::vector<store::Window> windows;
    for (; !open.empty(); open.pop_front()) {
      auto fetched = connector_->Fetch(open.front(), transport);
      if (!fetched) {
        EXPECT_EQ(fetched.error().kind(), ErrorKind::kUnavailable) << fetched.error().message();
        ++open.front().attempt;
        if (open.front().attempt < 5) open.push_back(open.front());
        continue;
      }
      for (const auto& step : fetched->next)
        open.push_back(Request(api, step.entity_type, step.params));
      for (const auto& [entity, count] : fetched->census) pass.census[entity] += count;
      std::ranges::move(fetched->windows, std::back_inserter(windows));
      std::ranges::move(fetched->gaps, std::back_inserter(pass.gaps));
      for (const store::NewRawPage& page : fetched->pages) Transform(page, pass);
    }
    for (const store::Window& window : windows)
      watermarks_[window.entity_type + window.scope] = window.to;
    pass.points = api_->points() - before;
    pass.queries = transport.queries;
    pass.lists = transport.lists;
    return pass;
  }

  static constexpr std::size_t kPrs = 500;

 private:
  FetchRequest Request(const std::string& api, std::string entity_type, std::string params) {
    FetchRequest request;
    request.integration.scope["api"] = api;
    request.entity_type = std::move(entity_type);
    request.params = std::move(params);
    request.now = options_.now + 3'600'000;
    request.watermark = [this](std::string_view entity, std::string_view scope) {
      const auto found = watermarks_.find(std::string(entity).append(scope));
      return Result<std::optional<EpochMs>>(
          found == watermarks_.end() ? std::nullopt : std::optional(found->second)
      );
    };
    return request;
  }

  void Transform(const store::NewRawPage& page, Pass& pass) {
    model::RowBatch rows;
    Transformed made = connector_->Transform(page.transform_entity, page.request, page.body, rows);
    EXPECT_FALSE(made.page_problem) << made.page_problem->message;
    std::ranges::move(made.problems, std::back_inserter(pass.problems));
    for (const model::Record& record : rows.records()) {
      for (const model::Row& row : rows.rows(record)) {
        std::string key;
        for (const model::Cell& cell : rows.cells(row).first(row.table->key_columns)) {
          const bool text = cell.kind() == model::Cell::Kind::kText;
          key.append(text ? std::string(cell.text()) : std::to_string(cell.integer())).append("|");
        }
        pass.keys[std::string(row.table->name)].insert(key);
      }
    }
  }

  simulate::SimulateOptions options_;
  std::unique_ptr<simulate::FaultPlan> plan_;
  std::unique_ptr<simulate::Api> api_;
  std::unique_ptr<Connector> connector_ = NewGithubConnector();
  std::map<std::string, EpochMs> watermarks_;
};

TEST(SimulatedGithubPass, BringsEverythingWithinItsBudgetAndThenAsksOnce) {
  SimulatedGithub github;

  const Pass first = github.Run();
  EXPECT_THAT(first.problems, IsEmpty());
  EXPECT_THAT(first.gaps, IsEmpty());
  EXPECT_EQ(first.keys.at("prs").size(), SimulatedGithub::kPrs);
  EXPECT_EQ(first.census.at("github_prs"), 500);
  EXPECT_EQ(
      first.keys.at("deployments").size(),
      static_cast<std::size_t>(first.census.at("github_deployments"))
  );
  // Per 1,000 pull requests at most 60 points and 40 lists; eight small repositories add up to
  // four queries and a list each that a large one would fill.
  EXPECT_LE(first.points, 500 * 60 / 1000 + 8 * 4);
  EXPECT_EQ(first.points, first.queries) << "every query costs the least a query can cost";
  EXPECT_LE(first.lists, 500 * 40 / 1000 + 8);

  const Pass second = github.Run();
  EXPECT_EQ(second.queries + second.lists, 1);
}

TEST(SimulatedGithubPass, FindsTheSameRowsOverBothApis) {
  SimulatedGithub one;
  SimulatedGithub other;
  const Pass graphql = one.Run("graphql");
  const Pass rest = other.Run("rest");
  for (const auto& [table, keys] : graphql.keys) {
    EXPECT_FALSE(keys.empty()) << table;
    EXPECT_EQ(rest.keys.at(table), keys) << table;
  }
}

TEST(SimulatedGithubPass, AccountsForEveryRecordWhenSomeAreBroken) {
  SimulatedGithub github({{"bad-record", 2}, {"partial-graphql", 5}});
  const Pass pass = github.Run();
  EXPECT_THAT(pass.gaps, IsEmpty());
  EXPECT_GT(pass.problems.size(), 3U);
  EXPECT_EQ(pass.keys.at("prs").size() + pass.problems.size(), SimulatedGithub::kPrs);
}

}  // namespace
}  // namespace pulse::source::github
