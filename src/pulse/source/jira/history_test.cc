// Random histories: a site that people work on while it is read. Issues are touched, moved,
// deleted and brought back between any two calls, steps run in any order, pages are small. What no
// pass may do is lose an issue that was there all the time; and after a census the tables know
// exactly what the site has.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pulse/simulate/api.h"
#include "pulse/simulate/faults.h"
#include "pulse/simulate/simulator.h"
#include "pulse/source/jira/jira.h"

namespace pulse::source::jira {
namespace {

using ::testing::IsEmpty;
using Random = std::mt19937_64;

constexpr std::int64_t kIssues = 240;

struct Site {
  std::string name;
  std::string base;  ///< The simulator's Data Center stands under /dc.
  int ids_per_page = 40;
  int issues_per_page = 10;
};

class SimulatedSite final : public Transport {
 public:
  SimulatedSite(const Site& site, std::uint64_t seed, const Connector& connector)
      : site_(site), connector_(connector), random_(seed) {
    simulate::SimulateOptions options;
    options.seed = seed;
    options.issues = kIssues;
    plan_ = *simulate::FaultPlan::Make(seed, {});
    api_ = *simulate::NewJiraApi(options, *plan_);
    for (const auto& [id, updated] : Truth()) untouched_.insert(id);
    alive_.assign(untouched_.begin(), untouched_.end());
  }

  /// A call, and often somebody's work before it.
  Result<Answer> Send(const Call& call) override {
    while (busy && random_() % 3 == 0) Work();
    // A site whose pages are smaller than what is asked for.
    std::string body = call.body;
    Limit(body, R"("maxResults":5000)", site_.ids_per_page);
    if (call.endpoint.ends_with("/search/jql")) {
      Limit(body, R"("maxResults":100)", site_.issues_per_page);
    }
    http::Response response = Ask(call.method, site_.base + call.path, std::move(body));
    Answer answer{response.status, std::move(response.headers), std::move(response.body)};
    if (auto error = connector_.Judge(call, answer, 0).error) return std::move(*error);
    return answer;
  }
  std::string_view base_url() const override { return "http://127.0.0.1"; }

  /// Id -> updated, of everything there is now.
  std::map<std::string, std::string> Truth() {
    std::map<std::string, std::string> truth;
    const http::Response response =
        Ask("POST",
            "/dc/rest/api/2/search",
            R"({"jql":"created >= 0","startAt":0,"maxResults":1000,"fields":["updated"]})");
    const auto answer = nlohmann::json::parse(response.body);
    for (const auto& issue : answer.at("issues")) {
      truth[issue.at("id")] = issue.at("fields").at("updated");
    }
    return truth;
  }

  /// Ids of issues nobody laid a hand on.
  const std::set<std::string>& untouched() const { return untouched_; }

  bool busy = false;

 private:
  static void Limit(std::string& body, std::string_view asked, int allowed) {
    const std::size_t at = body.find(asked);
    if (at == std::string::npos) return;
    body.replace(at, asked.size(), R"("maxResults":)" + std::to_string(allowed));
  }

  http::Response Ask(std::string_view method, std::string_view path, std::string body) {
    http::Request request;
    request.method = method;
    request.target = path;
    request.body = std::move(body);
    request.headers = {{"Authorization", "Basic YUBiLmM6dG9rZW4="}};
    const std::string_view target = request.target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    return api_->Handle(request);
  }

  void Work() {
    if (alive_.size() < 30) return;
    const std::size_t at = random_() % alive_.size();
    const std::string id = alive_[at];
    nlohmann::json edit;
    switch (random_() % 6) {
      case 0:
      case 1:
        edit["touch"] = {id};
        break;
      case 2:
        edit["move"] = {{id, random_() % 2 == 0 ? "OPS" : "WEB"}};
        break;
      case 3:
      case 4:
        edit["delete"] = {id};
        gone_.push_back(id);
        alive_.erase(alive_.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        if (gone_.empty()) return;
        edit["restore"] = {gone_.back()};
        untouched_.erase(gone_.back());
        alive_.push_back(gone_.back());
        gone_.pop_back();
        break;
    }
    if (!edit.contains("restore")) untouched_.erase(id);
    const auto edited = api_->Edit(edit.dump());
    ASSERT_TRUE(edited) << edited.error().message() << edit;
  }

  const Site site_;
  const Connector& connector_;
  Random random_;
  std::unique_ptr<simulate::FaultPlan> plan_;
  std::unique_ptr<simulate::Api> api_;
  std::set<std::string> untouched_;
  std::vector<std::string> alive_;
  std::vector<std::string> gone_;
};

/// The tables, as far as this test goes: which issue is known, and as of when.
class Tables {
 public:
  std::map<std::string, std::string> rows;

  void RunJob(
      const Connector& connector, SimulatedSite& site, model::JobOptions options, Random& random
  ) {
    job_ = {};
    std::vector<FetchRequest> open = {Request(options, "jira_issues", "{}")};
    std::vector<store::Window> windows;
    while (!open.empty()) {
      const std::size_t at = random() % open.size();
      FetchRequest request = std::move(open[at]);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      auto fetched = connector.Fetch(request, site);
      if (!fetched) {
        ASSERT_LT(++request.attempt, 3) << fetched.error().message();
        open.push_back(std::move(request));
        continue;
      }
      for (const auto& next : fetched->next) {
        open.push_back(Request(options, next.entity_type, next.params));
      }
      for (const auto& [entity, count] : fetched->census) job_.census += count;
      for (const auto& ids : fetched->census_ids) {
        job_.listed.insert(ids.external_ids.begin(), ids.external_ids.end());
      }
      for (const auto& page : fetched->pages) Load(connector, page);
      for (const auto& vanished : fetched->vanished) {
        if (!job_.written.contains(vanished.external_id)) rows.erase(vanished.external_id);
      }
      EXPECT_THAT(fetched->gaps, IsEmpty()) << fetched->gaps[0].scope << fetched->gaps[0].reason;
      std::ranges::move(fetched->windows, std::back_inserter(windows));
    }
    for (const store::Window& window : windows) watermark_ = window.to;
  }

  std::int64_t census() const { return job_.census; }
  std::size_t written() const { return job_.written.size(); }

 private:
  FetchRequest Request(
      const model::JobOptions& options, std::string entity_type, std::string params
  ) {
    FetchRequest request;
    request.options = options;
    request.entity_type = std::move(entity_type);
    request.params = std::move(params);
    request.now = SystemClock().Now();
    request.watermark = [this](auto, auto) { return Result<std::optional<EpochMs>>(watermark_); };
    request.absent = [this](auto, const std::vector<std::string>& ids) {
      std::vector<std::string> absent;
      for (const auto& id : ids) {
        if (!rows.contains(id)) absent.push_back(id);
      }
      return Result<std::vector<std::string>>(absent);
    };
    request.missing = [this](auto, int limit) {
      store::Missing missing;
      missing.known = static_cast<std::int64_t>(rows.size());
      for (const auto& [id, updated] : rows) {
        if (job_.listed.contains(id) || job_.written.contains(id)) continue;
        ++missing.missing;
        if (missing.rows.size() < static_cast<std::size_t>(limit)) missing.rows.push_back({id, ""});
      }
      return Result<store::Missing>(missing);
    };
    return request;
  }

  void Load(const Connector& connector, const store::NewRawPage& page) {
    model::RowBatch batch;
    const Transformed made =
        connector.Transform(page.transform_entity, page.request, page.body, batch);
    EXPECT_FALSE(made.page_problem) << made.page_problem->message;
    EXPECT_THAT(made.problems, IsEmpty());
    for (const model::Record& record : batch.records()) {
      for (const model::Row& row : batch.rows(record)) {
        if (row.table != &model::kWorkItems) continue;
        const auto json = nlohmann::json::parse(model::RowToJson(batch, row));
        std::string& updated = rows[json.at("external_id")];
        updated = std::max(updated, json.at("source_updated_at").get<std::string>());
        job_.written.insert(json.at("external_id"));
      }
    }
  }

  struct Job {
    std::int64_t census = 0;
    std::set<std::string> listed;
    std::set<std::string> written;
  };
  Job job_;
  std::optional<EpochMs> watermark_;
};

void LivesThrough(const Site& site, std::uint64_t seed) {
  SCOPED_TRACE(site.name + " seed " + std::to_string(seed));
  const auto connector = NewJiraConnector();
  SimulatedSite jira(site, seed, *connector);
  Tables tables;
  Random random(seed);

  jira.busy = true;
  tables.RunJob(*connector, jira, {.full = true}, random);
  jira.busy = false;
  for (const std::string& id : jira.untouched()) {
    EXPECT_TRUE(tables.rows.contains(id)) << "the full pass lost issue " << id;
  }
  EXPECT_EQ(tables.census(), static_cast<std::int64_t>(tables.written()))
      << "the receipt does not add up";

  tables.RunJob(*connector, jira, {.census = true, .accept_vanished = true}, random);
  std::map<std::string, std::string> truth;
  for (const auto& [id, updated] : jira.Truth()) {
    truth[id] = FormatInstant(*ParseInstant(updated));
  }
  EXPECT_EQ(tables.rows, truth);
}

/// Eight of each kind take a few seconds; PULSE_HISTORIES asks for more.
std::uint64_t HowMany() {
  const char* asked = std::getenv("PULSE_HISTORIES");  // NOLINT(concurrency-mt-unsafe): one thread.
  return asked == nullptr ? 8 : std::stoull(asked);
}

class JiraHistories : public ::testing::TestWithParam<Site> {};

TEST_P(JiraHistories, LoseNothingAndEndAsTheSiteIs) {
  for (std::uint64_t seed = 1; seed <= HowMany() && !HasFailure(); ++seed)
    LivesThrough(GetParam(), seed);
}

INSTANTIATE_TEST_SUITE_P(
    Jira,
    JiraHistories,
    ::testing::Values(
        Site{.name = "Pages", .base = "", .ids_per_page = 40, .issues_per_page = 20},
        Site{.name = "PagesThenBulk", .base = "", .ids_per_page = 40, .issues_per_page = 5},
        Site{.name = "DataCenter", .base = "/dc", .ids_per_page = 40, .issues_per_page = 100}
    ),
    [](const auto& site) { return site.param.name; }
);

}  // namespace
}  // namespace pulse::source::jira
