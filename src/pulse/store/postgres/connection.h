#pragma once

/// \file
/// Connection: one PGconn with its prepared statements. Statements are queued, sent together and
/// answered in order (libpq's pipeline mode), so that a transaction costs as many round trips as
/// its data dependencies, not as many as its statements. Used by one thread at a time.

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/store/postgres/params.h"
#include "pulse/store/postgres/rows.h"
#include "pulse/store/query.h"

struct pg_conn;

namespace pulse::store::postgres {

/// What was asked of the server so far, by every connection that shares it. The composition root
/// shows these as etl_store_round_trips_total, etl_store_statements_total, etl_store_commits_total.
struct Traffic {
  std::atomic<std::int64_t> round_trips{0};
  std::atomic<std::int64_t> statements{0};
  std::atomic<std::int64_t> commits{0};
};

/// Roles of the cluster (roles.h); what a connection may do.
inline constexpr std::string_view kMigrateRole = "pulse_migrate";
inline constexpr std::string_view kAppRole = "pulse_app";
inline constexpr std::string_view kDispatchRole = "pulse_dispatch";
inline constexpr std::string_view kQueryRole = "pulse_query";

/// How the planner may answer statements.
enum class Plans : unsigned char {
  /// By index, row by row, one plan for all parameters. For the pipeline: each of its statements
  /// has
  /// the index it needs, and no plan may depend on statistics that were taken while a table was
  /// empty.
  kByIndex,
  kAny,  ///< As the planner likes: for people's queries and for reading whole tables.
};

struct ConnectionOptions {
  std::string url;  ///< postgresql://… or key=value pairs.
  /// SET ROLE of the session; empty: stays the login itself (the migrator's beginning).
  std::string_view role = kAppRole;
  std::string application_name = "pulse";
  Plans plans = Plans::kByIndex;
  std::chrono::seconds connect_timeout{5};
  std::chrono::milliseconds statement_timeout{30'000};
  std::chrono::milliseconds lock_timeout{5'000};
  std::chrono::milliseconds idle_in_transaction_timeout{60'000};
  /// How long sent data may stay unacknowledged before the connection counts as lost.
  std::chrono::milliseconds network_timeout{15'000};
  /// Must outlive the connection. Null: not counted.
  Traffic* traffic = nullptr;
};

class Connection {
 public:
  /// Errors: kUnavailable (not reachable), kUnauthorized (login refused), kInvalid (no such
  /// database; the login may not act as the role).
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Queues a statement: prepared at its first use and binary both ways. Nothing is known about it
  /// before Sync. The query's texts must outlive the connection; the parameters need not outlive
  /// this call.
  void Queue(const Query& query, std::span<const Param> params);
  template <class... Values>
  void Queue(const Query& query, const Values&... values) {
    if constexpr (sizeof...(Values) == 0) {
      Queue(query, std::span<const Param>());
    } else {
      const Param params[] = {Param(values)...};
      Queue(query, std::span<const Param>(params));
    }
  }

  /// Queues a statement that is not worth preparing, without parameters; its rows come as text.
  /// `name` outlives the Sync.
  void QueueText(std::string_view name, const std::string& text);

  /// Sends what is queued and appends its results to `results`, in order: one round trip. The
  /// first failure is returned; statements after it were not run, and outside of BEGIN … COMMIT the
  /// ones before it are undone too.
  Result<> Sync(std::vector<Rows>& results);

  /// One statement by itself. Outside of BEGIN … COMMIT it commits by itself.
  template <class... Values>
  Result<Rows> Run(const Query& query, const Values&... values) {
    Queue(query, values...);
    std::vector<Rows> results;
    PULSE_CHECK(Sync(results));
    return std::move(results.back());
  }

  /// Runs a text of one or more statements without parameters by the simple protocol.
  Result<> Execute(const std::string& script, std::string_view name);

  /// Connected, no transaction open, nothing queued.
  bool IsClean() const;
  bool IsConnected() const;
  /// Counts as lost from here on: the pool throws it away.
  void Abandon() { send_failed_ = true; }
  /// Looks, without asking the server, whether it has closed the connection meanwhile.
  bool IsStale();
  /// How many rows this process had written when the session's plans were made; see
  /// Transaction::ReplanAfter.
  std::int64_t planned_at = 0;
  /// SQLSTATE of the last failure; "" when the connection broke.
  const std::string& last_sqlstate() const { return last_sqlstate_; }
  int server_version() const;  ///< 150008
  pg_conn* handle() const { return connection_; }

 private:
  struct Queued {
    Query query;
    bool is_prepare = false;
  };

  Connection(pg_conn* connection, Traffic* traffic) : connection_(connection), traffic_(traffic) {}
  void Prepare(const Query& query, std::span<const Param> params);
  Result<> EnterPipeline();
  Result<> LeavePipeline();
  Error Broken(std::string_view doing);
  /// Reads one queued entry's result; notes the first error.
  void Collect(const Queued& entry, std::vector<Rows>& results, std::unique_ptr<Error>& failure);

  pg_conn* connection_;
  Traffic* traffic_;
  std::vector<Queued> queue_;
  std::unordered_set<std::string_view> prepared_;   ///< The server has them.
  std::unordered_set<std::string_view> preparing_;  ///< Queued, not confirmed yet.
  std::string last_sqlstate_;
  bool send_failed_ = false;
};

}  // namespace pulse::store::postgres
