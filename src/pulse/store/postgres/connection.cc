#include "pulse/store/postgres/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <libpq-fe.h>
#include <poll.h>

#include "pulse/store/postgres/sqlstate.h"

namespace pulse::store::postgres {
namespace {

std::string Milliseconds(std::chrono::milliseconds time) { return std::to_string(time.count()); }

/// What every session is set to. Plans of short statements gain nothing from JIT, which costs
/// tens of milliseconds when it starts.
std::string SessionSettings(const ConnectionOptions& options) {
  std::string script = "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET jit = off;";
  script += "SET search_path = public;";
  script += "SET statement_timeout = " + Milliseconds(options.statement_timeout) + ";";
  script += "SET lock_timeout = " + Milliseconds(options.lock_timeout) + ";";
  script += "SET idle_in_transaction_session_timeout = " +
            Milliseconds(options.idle_in_transaction_timeout) + ";";
  if (options.plans == Plans::kByIndex) {
    script +=
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
        "SET enable_sort = off; SET enable_bitmapscan = off;"
        "SET plan_cache_mode = force_generic_plan;";
  }
  if (!options.role.empty()) script.append("SET ROLE ").append(options.role).append(";");
  return script;
}

bool IsTlsRefusal(std::string_view message) {
  constexpr std::string_view kWords[] = {
      "server does not support SSL",
      "certificate verify failed",
      "server certificate for \"",
      "root certificate file",
      "alert certificate",
      "alert bad certificate",
      "alert unknown ca",
      "unsupported protocol",
  };
  return std::ranges::any_of(kWords, [&](std::string_view words) {
    return message.find(words) != message.npos;
  });
}

/// libpq gives no SQLSTATE for a refused login, only the server's words.
ErrorKind KindOfRefusal(std::string_view message) {
  const auto says = [&](std::string_view words) { return message.find(words) != message.npos; };
  if (says("password authentication failed") || says("no password supplied") ||
      says("no pg_hba.conf entry") || says("authentication failed") ||
      (says("role \"") && says("\" does not exist"))) {
    return ErrorKind::kUnauthorized;
  }
  if (says("database \"") && says("\" does not exist")) return ErrorKind::kInvalid;
  // Of both sides' settings, which waiting does not change; a connection cut in the middle of a
  // handshake is none of these.
  if (IsTlsRefusal(message)) return ErrorKind::kInvalid;
  if (says("invalid URI") || says("invalid connection option") || says("missing \"=\"") ||
      says("invalid integer value") || says("invalid sslmode")) {
    return ErrorKind::kInvalid;
  }
  return ErrorKind::kUnavailable;
}

/// Where to look; the message before it has what was tried, without the password.
std::string_view AdviceOn(ErrorKind kind, std::string_view message) {
  if (IsTlsRefusal(message)) {
    return "; fix: sslmode and sslrootcert in database_url, or the server's certificate";
  }
  if (message.find(", no encryption") != message.npos) {
    return "; fix: sslmode=verify-full in database_url, or the server's pg_hba.conf";
  }
  if (kind == ErrorKind::kUnauthorized) {
    return "; fix: user and password in database_url, or the server's pg_hba.conf";
  }
  return kind == ErrorKind::kInvalid ? "; fix: database_url" : "";
}

void Discard(void* /*context*/, const PGresult* /*notice*/) {}

pg_conn* Connect(const ConnectionOptions& options) {
  const std::string connect_timeout = std::to_string(options.connect_timeout.count());
  const std::string network_timeout = Milliseconds(options.network_timeout);
  // Later ones win, so the caller's text cannot change the encoding. Keepalives notice a host that
  // is gone while we only wait for its answer; tcp_user_timeout one that takes no more data.
  constexpr std::size_t kSettings = 9;
  const std::array<const char*, kSettings> names = {
      "dbname",
      "connect_timeout",
      "tcp_user_timeout",
      "keepalives_idle",
      "keepalives_interval",
      "keepalives_count",
      "application_name",
      "client_encoding",
      nullptr
  };
  const std::array<const char*, kSettings> values = {
      options.url.c_str(),
      connect_timeout.c_str(),
      network_timeout.c_str(),
      "10",
      "5",
      "3",
      options.application_name.c_str(),
      "UTF8",
      nullptr
  };
  return PQconnectdbParams(names.data(), values.data(), /*expand_dbname=*/1);
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  pg_conn* handle = Connect(options);
  std::unique_ptr<Connection> connection(new Connection(handle, options.traffic));
  if (PQstatus(handle) != CONNECTION_OK) {
    Error error = ConnectionError(handle, "connect to PostgreSQL");
    const ErrorKind kind = KindOfRefusal(error.message());
    return Error{kind, error.message() + std::string(AdviceOn(kind, error.message()))};
  }
  PQsetNoticeReceiver(handle, Discard, nullptr);
  if (auto set = connection->Execute(SessionSettings(options), "session.settings"); !set) {
    const std::string& state = connection->last_sqlstate();
    if (state != "42501" && state != "22023" && state != "42704") return std::move(set).error();
    return Error{
        ErrorKind::kInvalid,
        "the database login may not act as role " + std::string(options.role) + " (" +
            set.error().message() + "); run `pulse db migrate`, which makes the roles or says how"
    };
  }
  return connection;
}

Connection::~Connection() { PQfinish(connection_); }

int Connection::server_version() const { return PQserverVersion(connection_); }

bool Connection::IsConnected() const {
  return PQstatus(connection_) == CONNECTION_OK && !send_failed_;
}

bool Connection::IsClean() const {
  return IsConnected() && queue_.empty() && PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

bool Connection::IsStale() {
  pollfd descriptor{.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
  if (::poll(&descriptor, 1, 0) <= 0) return false;
  // Something came though nothing was asked: a notice of shutdown, or the end.
  return PQconsumeInput(connection_) == 0 || PQstatus(connection_) != CONNECTION_OK ||
         (descriptor.revents & (POLLHUP | POLLERR)) != 0;
}

Error Connection::Broken(std::string_view doing) {
  last_sqlstate_.clear();
  send_failed_ = true;
  queue_.clear();
  preparing_.clear();
  return ConnectionError(connection_, doing);
}

Result<> Connection::EnterPipeline() {
  if (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) return {};
  if (PQenterPipelineMode(connection_) == 1) return {};
  return Broken("enter pipeline mode");
}

Result<> Connection::LeavePipeline() {
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF) return {};
  if (PQexitPipelineMode(connection_) == 1) return {};
  return Broken("leave pipeline mode");
}

void Connection::Prepare(const Query& query, std::span<const Param> params) {
  if (prepared_.contains(query.name) || preparing_.contains(query.name)) return;
  std::vector<Oid> types;
  types.reserve(params.size());
  for (const Param& param : params) types.push_back(param.type());
  const std::string name(query.name);
  const std::string text(query.text);
  const int sent = PQsendPrepare(
      connection_, name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()
  );
  if (sent != 1) send_failed_ = true;
  preparing_.insert(query.name);
  queue_.push_back({query, /*is_prepare=*/true});
}

void Connection::Queue(const Query& query, std::span<const Param> params) {
  if (send_failed_) return;
  if (!EnterPipeline()) return;
  Prepare(query, params);
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<std::string> repaired;
  repaired.reserve(params.size());  // Its texts are pointed at: it must not move them.
  for (const Param& param : params) {
    const bool sound = !param.is_text() || IsStorable(param.text());
    if (!sound) repaired.push_back(Storable(param.text()));
    values.push_back(sound ? param.data() : repaired.back().data());
    lengths.push_back(sound ? param.size() : static_cast<int>(repaired.back().size()));
  }
  const std::vector<int> formats(params.size(), 1);
  const std::string name(query.name);
  const int sent = PQsendQueryPrepared(
      connection_,
      name.c_str(),
      static_cast<int>(values.size()),
      values.data(),
      lengths.data(),
      formats.data(),
      /*resultFormat=*/1
  );
  if (sent != 1) send_failed_ = true;
  queue_.push_back({query, /*is_prepare=*/false});
  if (traffic_ != nullptr) traffic_->statements.fetch_add(1, std::memory_order_relaxed);
}

void Connection::QueueText(std::string_view name, const std::string& text) {
  if (send_failed_) return;
  if (!EnterPipeline()) return;
  const int sent = PQsendQueryParams(
      connection_, text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, /*resultFormat=*/0
  );
  if (sent != 1) send_failed_ = true;
  queue_.push_back({Query{name, {}}, /*is_prepare=*/false});
  if (traffic_ != nullptr) traffic_->statements.fetch_add(1, std::memory_order_relaxed);
}

void Connection::Collect(
    const Queued& entry, std::vector<Rows>& results, std::unique_ptr<Error>& failure
) {
  Rows rows(PQgetResult(connection_));
  const ExecStatusType status =
      rows.get() == nullptr ? PGRES_FATAL_ERROR : PQresultStatus(rows.get());
  const bool worked = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (!worked && failure == nullptr && rows.get() != nullptr && status != PGRES_PIPELINE_ABORTED) {
    last_sqlstate_ = SqlStateOf(rows.get());
    failure = std::make_unique<Error>(ResultError(rows.get(), entry.query.name));
    // A migration changed what the statement returns: this connection's plans are of no use.
    if (last_sqlstate_ == "0A000") send_failed_ = true;
  }
  if (entry.is_prepare) {
    preparing_.erase(entry.query.name);
    if (worked) prepared_.insert(entry.query.name);
  } else {
    results.push_back(std::move(rows));
  }
  // A null result ends each statement's.
  while (PQstatus(connection_) == CONNECTION_OK) {
    if (const Rows more(PQgetResult(connection_)); more.get() == nullptr) break;
  }
}

Result<> Connection::Sync(std::vector<Rows>& results) {
  if (!send_failed_ && queue_.empty()) return {};
  if (send_failed_ || PQpipelineSync(connection_) != 1) return Broken("send to PostgreSQL");
  if (traffic_ != nullptr) traffic_->round_trips.fetch_add(1, std::memory_order_relaxed);
  const std::vector<Queued> queue = std::move(queue_);
  queue_.clear();
  std::unique_ptr<Error> failure;
  for (const Queued& entry : queue) {
    Collect(entry, results, failure);
    if (PQstatus(connection_) != CONNECTION_OK) {
      Error broken = Broken(entry.query.name);
      return failure != nullptr ? *std::move(failure) : std::move(broken);
    }
  }
  const Rows sync(PQgetResult(connection_));
  if (sync.get() == nullptr || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) {
    return Broken("read the end of a pipeline");
  }
  if (failure != nullptr) return *std::move(failure);
  return {};
}

Result<> Connection::Execute(const std::string& script, std::string_view name) {
  PULSE_CHECK(LeavePipeline());
  if (traffic_ != nullptr) traffic_->round_trips.fetch_add(1, std::memory_order_relaxed);
  const Rows done(PQexec(connection_, script.c_str()));
  if (done.get() == nullptr) return Broken(name);
  const ExecStatusType status = PQresultStatus(done.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
    return {};
  }
  last_sqlstate_ = SqlStateOf(done.get());
  return ResultError(done.get(), name);
}

}  // namespace pulse::store::postgres
