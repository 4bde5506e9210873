#include "pulse/telemetry/metrics.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::telemetry {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

void TouchEverything(Metrics& metrics) {
  metrics.JobFinished(TenantId{1}, "jira_sync", model::JobStatus::kFinished, seconds{2});
  metrics.SetQueueSize(model::Stage::kExtract, 5);
  metrics.SetWorkers(2);
  metrics.SetLease(true, std::chrono::milliseconds{1500});
  metrics.SetStoreTraffic({.round_trips = 3, .statements = 9, .commits = 1});
  metrics.RecordsLoaded(TenantId{1}, "jira_issues", 10);
  metrics.StepsDone(model::Stage::kLoad, 3, std::chrono::milliseconds{20});
  metrics.Retried(ErrorKind::kTimeout);
  metrics.Quarantined("jira_issues", 1);
  metrics.ApiCalled("jira", "2xx");
}

/// "name type label,label" per metric, as tests/golden/metrics.txt has it.
std::string Inventory(const std::string& text) {
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string what;
    std::string name;
    words >> hash >> what >> name;
    if (hash == "#" && what == "TYPE") words >> types[name];
    if (hash == "#") continue;
    std::string metric = line.substr(0, line.find_first_of("{ "));
    for (const char* suffix : {"_bucket", "_sum", "_count"}) {
      const std::size_t at = metric.rfind(suffix);
      if (at != std::string::npos && types.contains(metric.substr(0, at))) metric.resize(at);
    }
    auto& seen = labels[metric];
    for (std::size_t end = line.find("=\""); end != std::string::npos;
         end = line.find("=\"", end + 1)) {
      const std::size_t begin = line.find_last_of("{,", end) + 1;
      seen.insert(line.substr(begin, end - begin));
    }
  }
  std::string inventory;
  for (const auto& [name, type] : types) {
    inventory.append(name).append(" ").append(type).append(" ");
    for (const auto& label : labels[name]) {
      if (label != "le") inventory.append(label).append(",");
    }
    inventory.back() = '\n';
  }
  return inventory;
}

TEST(Metrics, KeepTheNamesTypesAndLabelsThatOthersRelyOn) {
  Metrics metrics({.version = "1.2.3"});
  TouchEverything(metrics);

  std::ostringstream golden;
  golden << std::ifstream(PULSE_GOLDEN_DIR "/metrics.txt").rdbuf();

  EXPECT_EQ(Inventory(metrics.Render()), golden.str());
}

TEST(Metrics, ForgetWhatOnlyTheLeaderKnows) {
  Metrics metrics({.version = "1.2.3"});
  TouchEverything(metrics);
  ASSERT_THAT(metrics.Render(), HasSubstr("etl_queue_size{queue_name=\"etl.extract\"} 5"));
  ASSERT_THAT(metrics.Render(), HasSubstr("pulse_workers 2"));

  metrics.ForgetLeadersGauges();

  EXPECT_THAT(metrics.Render(), Not(HasSubstr("etl_queue_size{")));
  EXPECT_THAT(metrics.Render(), Not(HasSubstr("pulse_workers 2")));
  EXPECT_THAT(metrics.Render(), HasSubstr("pulse_leader 1"));
}

TEST(Metrics, RenderWhatWasCounted) {
  Metrics metrics({.version = "1.2.3"});
  TouchEverything(metrics);
  TouchEverything(metrics);

  const std::string text = metrics.Render();

  for (const char* line :
       {"etl_jobs_total{job_type=\"jira_sync\",status=\"finished\",tenant_id=\"1\"} 2\n",
        "etl_job_duration_seconds_bucket{job_type=\"jira_sync\",tenant_id=\"1\",le=\"1\"} 0\n",
        "etl_job_duration_seconds_bucket{job_type=\"jira_sync\",tenant_id=\"1\",le=\"2.5\"} 2\n",
        "etl_job_duration_seconds_bucket{job_type=\"jira_sync\",tenant_id=\"1\",le=\"21600\"} 2\n",
        "etl_job_duration_seconds_sum{job_type=\"jira_sync\",tenant_id=\"1\"} 4\n",
        "etl_queue_size{queue_name=\"etl.extract\"} 5\n",
        "etl_queue_size{queue_name=\"etl.vectorize\"} 0\n",
        "etl_records_total{entity_type=\"jira_issues\"} 20\n",
        "pulse_steps_total{stage=\"load\"} 6\n",
        "pulse_step_duration_seconds_count{stage=\"load\"} 2\n",
        "pulse_retries_total{kind=\"timeout\"} 2\n",
        "pulse_quarantined_total{entity_type=\"jira_issues\"} 2\n",
        "pulse_api_calls_total{outcome=\"2xx\",provider=\"jira\"} 2\n",
        "pulse_build_info{version=\"1.2.3\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, GiveFurtherTenantsOneSharedLabel) {
  Metrics metrics({.tenant_label_cap = 2});
  for (int tenant = 1; tenant <= 500; ++tenant) {
    metrics.JobFinished(TenantId{tenant}, "jira_sync", model::JobStatus::kFinished, seconds{1});
    metrics.RecordsLoaded(TenantId{tenant}, "jira_issues", 1);
  }
  metrics.JobFinished(TenantId{2}, "jira_sync", model::JobStatus::kFinished, seconds{1});

  const std::string text = metrics.Render();

  EXPECT_THAT(text, HasSubstr("status=\"finished\",tenant_id=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("status=\"finished\",tenant_id=\"2\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("status=\"finished\",tenant_id=\"other\"} 498\n"));
  EXPECT_THAT(
      text, HasSubstr("etl_processing_rate{entity_type=\"jira_issues\",tenant_id=\"other\"} 8.3")
  );
  EXPECT_THAT(text, Not(HasSubstr("tenant_id=\"3\"")));
}

TEST(Metrics, BoundTheSeriesThatForeignNamesCanMake) {
  Metrics metrics({});
  for (int i = 0; i < 1000; ++i) metrics.Quarantined("type_" + std::to_string(i), 1);

  const std::string text = metrics.Render();

  EXPECT_THAT(text, HasSubstr("entity_type=\"type_199\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("entity_type=\"other\"} 800\n"));
  EXPECT_THAT(text, Not(HasSubstr("type_200")));
}

TEST(Metrics, ComputeTheRateOfTheLastMinuteFromTheRecords) {
  steady_clock::time_point now{seconds{100000}};
  Metrics metrics({.now = [&now] { return now; }});
  const auto rate = [&metrics] {
    const std::string text = metrics.Render();
    const std::string name = "etl_processing_rate{entity_type=\"jira_issues\",tenant_id=\"1\"} ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size()));
  };

  EXPECT_EQ(rate(), -1.0);
  metrics.RecordsLoaded(TenantId{1}, "jira_issues", 600);
  EXPECT_EQ(rate(), 10.0);
  now += seconds{30};
  metrics.RecordsLoaded(TenantId{1}, "jira_issues", 1200);
  EXPECT_EQ(rate(), 30.0);
  now += seconds{30};
  EXPECT_EQ(rate(), 20.0);
  now += seconds{30};
  EXPECT_EQ(rate(), 0.0);
}

TEST(Metrics, EscapeWhatALabelHolds) {
  Metrics metrics({});
  metrics.Quarantined("a\"b\\c\nd", 1);

  EXPECT_THAT(metrics.Render(), HasSubstr("{entity_type=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Metrics, CountFromManyThreads) {
  Metrics metrics({});
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&metrics] {
        for (int call = 0; call < 500; ++call) TouchEverything(metrics);
      });
    }
    for (int scrape = 0; scrape < 10; ++scrape) metrics.Render();
  }

  EXPECT_THAT(
      metrics.Render(), HasSubstr("etl_records_total{entity_type=\"jira_issues\"} 20000\n")
  );
}

TEST(NameOfErrorKind, FitsEveryKind) {
  EXPECT_EQ(Name(ErrorKind::kInvalid), "invalid");
  EXPECT_EQ(Name(ErrorKind::kRateLimited), "rate_limited");
  EXPECT_EQ(Name(ErrorKind::kInternal), "internal");
}

}  // namespace
}  // namespace pulse::telemetry
