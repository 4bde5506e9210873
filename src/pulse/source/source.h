#pragma once

/// \file
/// Source: the seam to Jira, GitHub and whatever comes next. A connector knows three things: how to
/// check an integration, how to fetch one extract step, and how to turn a raw page into rows. It
/// keeps no state; what it must remember travels in step params and raw requests. Thread-safe.
///
/// Backends: jira/, github/. Both pass testing/connector_conformance.h.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/clock.h"
#include "pulse/base/error.h"
#include "pulse/model/integration.h"
#include "pulse/model/job.h"
#include "pulse/model/receipt.h"
#include "pulse/model/row_batch.h"
#include "pulse/store/ledger.h"
#include "pulse/store/unit.h"

namespace pulse::source {

/// One request to the source, relative to the integration's base URL.
struct Call {
  std::string method = "GET";
  std::string
      endpoint;  ///< Constant name for counting: "POST /rest/api/3/issue/bulkfetch", no ids.
  /// Percent-encoded, with its query. "/rest/…" is appended to the base URL; "origin:/api/graphql"
  /// replaces the base URL's own path (GitHub Enterprise Server: REST under /api/v3).
  std::string path;
  std::string body;  ///< JSON, for POST.
  double cost = 1;   ///< Tokens it takes from the integration's budget.
  /// What the source counts it against, where that is more than one endpoint ("graphql"); empty:
  /// its endpoint.
  std::string quota{};
};

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Sends calls for one integration: base URL, credentials, budget, breaker, deadlines, counting and
/// rate-limit reading are behind it. Connectors never see a credential.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Any answer the dialect does not call an error. Errors: what the dialect makes of the status
  /// (below), kUnavailable, kTimeout, kRateLimited (retry_after set), kCancelled, kInvalid.
  virtual Result<Answer> Send(const Call& call) = 0;
  /// Requests to another base under the same credentials, e.g. REST beside GraphQL.
  virtual std::string_view base_url() const = 0;
};

/// Which calls have to wait: all of the integration, or those that count against the same quota.
enum class Stops : unsigned char { kIntegration, kQuota };

/// How a provider says no. Pure.
struct Verdict {
  /// kUnauthorized, kRateLimited (retry_after where the answer tells), kNotFound, …
  std::optional<Error> error;
  Stops error_stops = Stops::kIntegration;  ///< Until the error's retry_after.
  /// Budget left until `resets_at`, when the answer tells: lets the transport slow down in time.
  std::optional<double> remaining;
  std::optional<EpochMs> resets_at;
  Stops spent_stops = Stops::kIntegration;  ///< Once nothing remains.
};

/// What an extract step was asked to do.
struct FetchRequest {
  model::Integration integration;
  model::JobOptions options;
  std::string entity_type;
  std::string params;  ///< JSON object this connector made; "{}" for a job's root step.
  int attempt = 0;     ///< 0, 1, 2: at 2 an undecodable page is handed over as failed, with a gap.
  EpochMs now = 0;
  /// Reads a watermark: everything up to it is loaded.
  std::function<
      Result<std::optional<EpochMs>>(std::string_view entity_type, std::string_view scope)>
      watermark;
  /// Reads what this job's census did not list, at most `limit` ids; to be asked once every page of
  /// the census is committed: by the step that the last page makes.
  std::function<Result<store::Missing>(std::string_view entity_type, int limit)> missing;
  /// Which of these ids have no living row here: they are to be fetched, however old they are.
  std::function<Result<std::vector<std::string>>(
      std::string_view entity_type, const std::vector<std::string>& external_ids
  )>
      absent;
};

/// What it brought. The pipeline commits all of it with the step.
struct Fetched {
  std::vector<store::NewRawPage> pages;
  std::vector<model::NewStep> next;
  std::map<std::string, std::int64_t> census;  ///< Entity type → distinct primary records in scope.
  std::vector<store::Window> windows;
  std::vector<model::Gap> gaps;
  std::vector<store::CensusIds> census_ids;  ///< Ids that are there, of the whole integration.
  std::vector<store::Vanished> vanished;     ///< Asked for by id, and not there.
};

/// What Check found, for people.
struct Account {
  std::string name;                   ///< Whom the credential belongs to.
  std::string server;                 ///< Product and version, e.g. "Jira Cloud 1001.0.0".
  std::vector<std::string> reach;     ///< Projects or repositories it can see, at most 20.
  std::vector<std::string> warnings;  ///< Missing scopes and the like, one line each, with the fix.
};

/// A record a transform could not understand.
struct Problem {
  std::int32_t position = -1;
  std::string external_id;
  std::string code;     ///< Constant, e.g. "jira_issue.created.not_a_time": the fingerprint's base.
  std::string message;  ///< One line.
  std::string sample;   ///< The record as it came, cut to 2 KiB, made valid UTF-8.
  bool counts_as_record = true;
};

struct Transformed {
  int record_count = 0;  ///< Primary records seen in the page, good and bad.
  std::vector<Problem> problems;
  /// Set when the page as a whole is no page of this entity: it turns `failed`.
  std::optional<Problem> page_problem;
};

struct ScopeKey {
  std::string_view name;  ///< e.g. "project"
  std::string_view doc;
};

class Connector {
 public:
  virtual ~Connector() = default;

  virtual std::string_view provider() const = 0;  ///< "jira"
  virtual std::span<const std::string_view> entity_types() const = 0;
  virtual std::span<const ScopeKey> scope_keys() const = 0;
  /// Goes up whenever the same raw page would give other rows: unchanged pages are then re-read.
  virtual int transform_version() const = 0;
  /// Whether a sync of the integration, as it is configured now, adds to this window's scope. A
  /// window of an earlier configuration is history, and its holes are nobody's.
  virtual bool Reads(const model::Integration& integration, const store::Window& window) const = 0;
  virtual Verdict Judge(const Call& call, const Answer& answer, EpochMs now) const = 0;

  /// Asks the source who we are. Errors say in one line what was tried and what to do.
  virtual Result<Account> Check(const model::Integration& integration, Transport& transport)
      const = 0;

  /// One page, one id sweep, one bulk fetch (a bounded number of calls). No partial result: an
  /// error means nothing of this step happened.
  virtual Result<Fetched> Fetch(const FetchRequest& request, Transport& transport) const = 0;

  /// Pure: the same body and request give the same rows. Adds records to `rows`; records it cannot
  /// understand become problems and the rest goes on. Never throws, whatever the bytes.
  virtual Transformed Transform(
      std::string_view entity_type,
      std::string_view request,
      std::string_view body,
      model::RowBatch& rows
  ) const = 0;
};

/// The connectors this program has, by provider.
using Connectors = std::map<std::string, std::unique_ptr<Connector>, std::less<>>;

/// The connector an entity type belongs to ("jira_issues" → jira); null for an unknown one.
const Connector* ConnectorFor(const Connectors& connectors, std::string_view entity_type);

}  // namespace pulse::source
