#pragma once

/// \file
/// Simulator: Jira (Cloud and Data Center) and GitHub in one process, for the demo, the tests, the
/// benchmarks and people who write connectors.
///
/// What it serves is a function of the seed (world.h) or of payload files, and never changes while
/// it runs. It counts every call and tells the counts at /_simulate/stats, so "calls per 1,000
/// records" is read off the source. Endpoints, query subset, faults: docs/reference/simulator.md.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate {

/// `--fault NAME:PERCENT`. The names are listed in faults.h.
struct FaultOption {
  std::string name;
  double percent = 0;  ///< 0 .. 100, of calls (transport faults) or of records (content faults).
};

struct SimulateOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one.
  bool tls = false;        ///< Also serve https, with a certificate made at start.
  std::string tls_address = "127.0.0.1";
  std::uint16_t tls_port = 0;

  std::uint64_t seed = 1;
  std::int64_t issues = 1000;
  std::int64_t prs = 1000;
  EpochMs now = kDefaultWorldNow;  ///< The world's clock: nothing served is newer.

  /// JSON lines; each line is a payload as the vendor sent it, or an object that has it under
  /// "payload". A provider with any file serves its files instead of the generated world.
  std::vector<std::string> jira_issue_files;
  std::vector<std::string> jira_field_files;
  std::vector<std::string> github_pr_files;
  std::vector<std::string> github_review_files;
  std::vector<std::string> github_pr_commit_files;
  std::vector<std::string> github_issue_comment_files;
  std::vector<std::string> github_review_comment_files;

  std::chrono::milliseconds latency{0};  ///< Before every answer.
  int rate_limit_per_second = 0;         ///< Token bucket per credential; 0: none.
  /// GitHub's budget per credential, for REST and for GraphQL each; 0: none, for benchmarks.
  std::int64_t github_points_per_hour = 5000;
  std::vector<FaultOption> faults;
  int threads = 1;
};

/// A running simulator. Thread-safe.
class Simulator {
 public:
  virtual ~Simulator() = default;  ///< Stops.
  virtual std::uint16_t port() const = 0;
  virtual std::uint16_t tls_port() const = 0;  ///< 0 without TLS.
  /// The self-signed certificate clients must trust (PEM); empty without TLS.
  virtual const std::string& tls_certificate() const = 0;
  /// {"calls":{"GET /rest/api/3/search/jql":12,…},"points":n,"faults":{…},"records":{…}}
  virtual std::string StatsJson() const = 0;
  virtual void Stop() = 0;  ///< Idempotent.
};

/// Listens when it returns. Errors: kConflict (port taken); kInvalid (bad address, unknown fault,
/// percent outside 0..100, unreadable or malformed file: the message names file and line).
Result<std::unique_ptr<Simulator>> StartSimulator(SimulateOptions options);

}  // namespace pulse::simulate
