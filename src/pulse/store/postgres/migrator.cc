#include "pulse/store/postgres/migrator.h"

#include <algorithm>
#include <functional>
#include <thread>

#include "pulse/base/failpoint.h"
#include "pulse/base/hash.h"
#include "pulse/store/compatibility.h"
#include "pulse/store/postgres/domain_plan.h"
#include "pulse/store/postgres/journal.h"
#include "pulse/store/postgres/roles.h"
#include "pulse/store/postgres/schema.h"
#include "pulse/store/postgres/sql/migrations.h"
#include "pulse/store/postgres/sqlstate.h"
#include "pulse/store/script.h"

namespace pulse::store::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kDomain = 0;  ///< The number under which the journal keeps the domain tables.
// Any two numbers, the same in every version of the program.
constexpr Query kTryLock{"migrate.try_lock", "SELECT pg_try_advisory_lock(1886221427, 1)"};
constexpr Query kIndexState{
    "migrate.index_state",
    "SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass('public.' || $1)"
};
// Whether there are roles, and whether this login may become the owner.
constexpr Query kRoles{
    "migrate.roles",
    "SELECT to_regrole('pulse_migrate') IS NOT NULL,"
    " coalesce(pg_has_role(session_user, to_regrole('pulse_migrate'), 'MEMBER'), false)"
};

constexpr Query kJournalExists{
    "migrate.journal_exists", "SELECT to_regclass('public.schema_migrations') IS NOT NULL"
};
// Highest finished migration, the oldest program that is admitted, how many of ours are unfinished,
// and which description the domain follows. to_jsonb: an older journal lacks the column.
constexpr Query kVersion{
    "migrate.version",
    "SELECT coalesce(max(number) FILTER (WHERE applied_at IS NOT NULL), 0),"
    " coalesce(max((to_jsonb(m) ->> 'oldest_code')::integer), 0),"
    " count(*) FILTER (WHERE applied_at IS NULL AND number <= $1),"
    " coalesce(max(checksum) FILTER (WHERE number = 0), 0) FROM schema_migrations m"
};

// Programs before this schema know no `oldest code` and refuse whatever is newer than they are.
constexpr int kFirstThatReadsOldestCode = 2;

/// One migration as it will be run.
struct Step {
  int number = 0;
  std::string name;
  std::int64_t checksum = 0;
  int oldest_code = 0;
  std::vector<ScriptStatement> statements;
};

Step UpStep(const Migration& migration) {
  return {
      .number = migration.number,
      .name = std::string(migration.name),
      .checksum = ContentHash(migration.up),
      .oldest_code = OldestCode(migration),
      .statements = SplitScript(migration.up),
  };
}

Error Changed(int number, std::string_view name) {
  return Error{
      ErrorKind::kInvalid,
      "migration " + std::to_string(number) + " (" + std::string(name) +
          ") was changed after it ran on this database; restore it and write a new one"
  };
}

/// A connection that acts as the schema's owner.
class Owner {
 public:
  Owner(const MigratorOptions& options, std::unique_ptr<Connection> connection)
      : options_(options), connection_(std::move(connection)) {}

  Connection& connection() { return *connection_; }

  /// Polls: a session waiting in pg_advisory_lock holds a snapshot, which CREATE INDEX CONCURRENTLY
  /// of the one at work would wait for in turn.
  Result<> LockOut() {
    const auto deadline = SteadyClock::now() + options_.migrator_wait;
    for (;;) {
      PULSE_TRY(const Rows got, connection_->Run(kTryLock));
      if (got[0].Bool(0)) break;
      if (SteadyClock::now() >= deadline) {
        return Error{ErrorKind::kUnavailable, "another migrator is at work on this database"};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    PULSE_FAILPOINT("m0_migrator_locked");
    return {};
  }

  /// Runs `work` in a transaction; again when a table was in use, until the wait is over.
  Result<> InTransaction(const std::function<Result<>()>& work) {
    const auto deadline = SteadyClock::now() + options_.table_wait;
    for (std::chrono::milliseconds pause{100};; pause = std::min(pause * 2, kLongestPause)) {
      PULSE_CHECK(connection_->Execute("BEGIN", "migrate.begin"));
      auto done = work();
      if (done) done = connection_->Execute("COMMIT", "migrate.commit");
      if (done) return {};
      const std::string state = connection_->last_sqlstate();
      if (!connection_->IsConnected()) return done;
      PULSE_CHECK(connection_->Execute("ROLLBACK", "migrate.rollback"));
      if (!IsLostRace(state) || SteadyClock::now() >= deadline) return done;
      std::this_thread::sleep_for(pause);
    }
  }

  /// Runs the statements that `finished` does not list and journals them.
  Result<> Run(const Step& step, const std::map<int, std::int64_t>& finished);
  /// Runs the way back. Its statements bear being run again: they say IF EXISTS, or are one
  /// transaction with the journal.
  Result<> RunDown(const Migration& migration);

 private:
  static constexpr std::chrono::milliseconds kLongestPause{2'000};

  Result<> RunTogether(const Step& step, std::size_t first, std::size_t last);
  Result<> RunConcurrently(const ScriptStatement& statement);
  Result<bool> DropWhenInvalid(const std::string& index);

  const MigratorOptions& options_;
  std::unique_ptr<Connection> connection_;
};

/// Statements [first, last) and their journal in one transaction.
Result<> Owner::RunTogether(const Step& step, std::size_t first, std::size_t last) {
  const auto work = [&]() -> Result<> {
    for (std::size_t i = first; i < last; ++i) {
      const std::string& text = step.statements[i].text;
      PULSE_CHECK(connection_->Execute(text, step.name));
      PULSE_FAILPOINT("m1_between_statements");
      PULSE_CHECK(RecordStatement(*connection_, step.number, static_cast<int>(i), ContentHash(text))
      );
    }
    PULSE_FAILPOINT("m2_before_record");
    return {};
  };
  PULSE_CHECK(InTransaction(work));
  PULSE_FAILPOINT("m4_recorded");
  return {};
}

/// True when the index is there and valid.
Result<bool> Owner::DropWhenInvalid(const std::string& index) {
  PULSE_TRY(const Rows state, connection_->Run(kIndexState, index));
  if (state.empty()) return false;
  if (state[0].Bool(0)) return true;
  PULSE_CHECK(
      connection_->Execute("DROP INDEX CONCURRENTLY IF EXISTS " + index, "migrate.drop_invalid")
  );
  return false;
}

Result<> Owner::RunConcurrently(const ScriptStatement& statement) {
  const std::string index = ConcurrentIndexName(statement.text);
  const auto deadline = SteadyClock::now() + options_.table_wait;
  for (;;) {
    if (!index.empty()) {
      PULSE_TRY(const bool is_valid, DropWhenInvalid(index));
      if (is_valid) return {};
    }
    PULSE_FAILPOINT("m3_concurrent_phase");
    auto built = connection_->Execute(statement.text, "migrate.concurrently");
    if (built && index.empty()) return {};
    // The build is believed when the catalog says it is valid, not before.
    if (built) {
      PULSE_TRY(const Rows state, connection_->Run(kIndexState, index));
      if (!state.empty() && state[0].Bool(0)) return {};
      return Error{ErrorKind::kInternal, "index " + index + " was built and is not valid"};
    }
    const bool again = IsLostRace(connection_->last_sqlstate()) && SteadyClock::now() < deadline;
    if (!again) return built;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

Result<> Owner::Run(const Step& step, const std::map<int, std::int64_t>& finished) {
  PULSE_CHECK(RecordBegun(*connection_, step.number, step.name, step.checksum, step.oldest_code));
  const std::vector<ScriptStatement>& statements = step.statements;
  for (std::size_t i = 0; i < statements.size();) {
    if (finished.contains(static_cast<int>(i))) {
      ++i;
    } else if (statements[i].concurrent) {
      PULSE_CHECK(RunConcurrently(statements[i]));
      PULSE_FAILPOINT("m2_before_record");
      const std::int64_t checksum = ContentHash(statements[i].text);
      PULSE_CHECK(RecordStatement(*connection_, step.number, static_cast<int>(i), checksum));
      PULSE_FAILPOINT("m4_recorded");
      ++i;
    } else {
      std::size_t last = i;
      while (last < statements.size() && !statements[last].concurrent &&
             !finished.contains(static_cast<int>(last))) {
        ++last;
      }
      PULSE_CHECK(RunTogether(step, i, last));
      i = last;
    }
  }
  return RecordDone(*connection_, step.number);
}

Result<> Owner::RunDown(const Migration& migration) {
  std::vector<ScriptStatement> together;
  for (ScriptStatement& statement : SplitScript(migration.down)) {
    if (statement.concurrent) {
      PULSE_CHECK(RunConcurrently(statement));
    } else {
      together.push_back(std::move(statement));
    }
  }
  return InTransaction([&]() -> Result<> {
    for (const ScriptStatement& statement : together) {
      PULSE_CHECK(connection_->Execute(statement.text, migration.name));
    }
    return Forget(*connection_, migration.number);
  });
}

class PostgresMigrator final : public Migrator {
 public:
  explicit PostgresMigrator(MigratorOptions options) : options_(std::move(options)) {
    if (options_.scripts.empty()) {
      options_.scripts.assign(std::begin(sql::kMigrations), std::end(sql::kMigrations));
    }
  }

  Result<SchemaState> Status() override;
  Result<std::vector<std::string>> Plan() override;
  Result<SchemaState> Up() override;
  Result<SchemaState> Down(int version) override;

 private:
  int Latest() const { return options_.scripts.back().number; }
  Result<std::unique_ptr<Connection>> OpenAsLogin() const;
  Result<Owner> BecomeOwner(std::unique_ptr<Connection> connection) const;
  /// Makes `connection` one that may read the journal: as the owner where its login may, else as
  /// the services, who need not be able to migrate. False: there is nothing yet, not even roles.
  static Result<bool> BecomeReader(Connection& connection);
  static constexpr auto kAhead =
      "the database was migrated by a newer pulse, which alone knows the way back";
  bool IsAhead(const Applied& applied) const {
    return !applied.empty() && applied.rbegin()->first > Latest();
  }
  /// The journal of a database that admits this program. Empty where there is nothing yet.
  Result<Applied> ReadChecked(Connection& connection) const;
  SchemaState StateOf(const Applied& applied) const;
  Result<> RunDomain(Owner& owner, const Applied& applied) const;
  static Result<> DropDomainTables(Owner& owner);

  MigratorOptions options_;
};

Result<std::unique_ptr<Connection>> PostgresMigrator::OpenAsLogin() const {
  return Connection::Open({
      .url = options_.url,
      .role = "",
      .application_name = "pulse migrate",
      .plans = Plans::kAny,
      .statement_timeout = std::chrono::milliseconds(0),  // An index takes as long as it takes.
      .lock_timeout = options_.lock_timeout,
  });
}

Result<Owner> PostgresMigrator::BecomeOwner(std::unique_ptr<Connection> connection) const {
  PULSE_CHECK(connection->Execute("SET ROLE pulse_migrate", "migrate.become_owner"));
  return Owner(options_, std::move(connection));
}

Result<bool> PostgresMigrator::BecomeReader(Connection& connection) {
  PULSE_TRY(const Rows roles, connection.Run(kRoles));
  if (!roles[0].Bool(0)) return false;
  const bool owner = roles[0].Bool(1);
  if (!owner) PULSE_CHECK(CheckRoles(connection, RoleUse::kServe));
  PULSE_CHECK(connection.Execute(
      owner ? "SET ROLE pulse_migrate" : "SET ROLE pulse_app", "migrate.become_reader"
  ));
  return true;
}

Result<Applied> PostgresMigrator::ReadChecked(Connection& connection) const {
  PULSE_TRY(Applied applied, ReadJournal(connection));
  if (!IsAhead(applied)) return applied;
  const SchemaState state = StateOf(applied);
  PULSE_CHECK(CheckMayRun(state.latest, state.version, state.oldest_supported));
  return applied;
}

SchemaState PostgresMigrator::StateOf(const Applied& applied) const {
  SchemaState state{.version = 0, .latest = Latest(), .oldest_supported = 0, .migrations = {}};
  for (const auto& [number, migration] : applied) {
    if (migration.applied_at) state.version = std::max(state.version, number);
    state.oldest_supported = std::max(state.oldest_supported, migration.oldest_code);
  }
  if (state.version > 0) {
    const int from_then_on = std::min(state.version, kFirstThatReadsOldestCode);
    state.oldest_supported = std::max(state.oldest_supported, from_then_on);
  }
  for (const Migration& script : options_.scripts) {
    MigrationState migration{.number = script.number, .name = std::string(script.name)};
    if (const auto found = applied.find(script.number); found != applied.end()) {
      migration.applied_at = found->second.applied_at.value_or(0);
      migration.statements_done = static_cast<int>(found->second.statements.size());
      migration.changed = found->second.checksum != ContentHash(script.up);
    }
    state.migrations.push_back(std::move(migration));
  }
  for (auto later = applied.upper_bound(Latest()); later != applied.end(); ++later) {
    state.migrations.push_back({
        .number = later->first,
        .name = later->second.name,
        .applied_at = later->second.applied_at.value_or(0),
        .statements_done = static_cast<int>(later->second.statements.size()),
    });
  }
  return state;
}

Result<SchemaState> PostgresMigrator::Status() {
  PULSE_TRY(auto connection, OpenAsLogin());
  PULSE_TRY(const bool is_made, BecomeReader(*connection));
  if (!is_made) return StateOf({});
  PULSE_TRY(const Applied applied, ReadChecked(*connection));
  return StateOf(applied);
}

Result<std::vector<std::string>> PostgresMigrator::Plan() {
  PULSE_TRY(auto connection, OpenAsLogin());
  std::vector<std::string> plan;
  Applied applied;
  PULSE_TRY(const bool is_made, BecomeReader(*connection));
  if (is_made) {
    PULSE_TRY(applied, ReadChecked(*connection));
    if (IsAhead(applied)) return plan;
  } else {
    plan.push_back(RoleScript("<login>", "<database>"));
  }
  PULSE_TRY(std::vector<ScriptStatement> domain, PlanDomain(*connection));
  for (const Migration& script : options_.scripts) {
    const AppliedMigration& state = applied[script.number];
    if (state.applied_at) continue;
    const Step step = UpStep(script);
    for (std::size_t i = 0; i < step.statements.size(); ++i) {
      if (!state.statements.contains(static_cast<int>(i))) plan.push_back(step.statements[i].text);
    }
  }
  const AppliedMigration& described = applied[kDomain];
  if (!described.applied_at || described.checksum != DescriptionHash()) {
    for (ScriptStatement& statement : domain) plan.push_back(std::move(statement.text));
  }
  return plan;
}

/// The domain tables need no journal of single statements: what is missing is read off the catalog.
Result<> PostgresMigrator::RunDomain(Owner& owner, const Applied& applied) const {
  const auto described = applied.find(kDomain);
  if (described != applied.end() && described->second.applied_at &&
      described->second.checksum == DescriptionHash()) {
    return {};
  }
  PULSE_CHECK(Forget(owner.connection(), kDomain));
  PULSE_TRY(std::vector<ScriptStatement> statements, PlanDomain(owner.connection()));
  return owner.Run(
      {.number = kDomain,
       .name = "domain",
       .checksum = DescriptionHash(),
       .oldest_code = 0,  // It only adds.
       .statements = std::move(statements)},
      {}
  );
}

Result<SchemaState> PostgresMigrator::Up() {
  PULSE_TRY(auto connection, OpenAsLogin());
  PULSE_CHECK(EnsureRoles(*connection));
  PULSE_TRY(Owner owner, BecomeOwner(std::move(connection)));
  PULSE_CHECK(owner.LockOut());
  PULSE_CHECK(CreateJournal(owner.connection()));
  PULSE_TRY(const Applied applied, ReadChecked(owner.connection()));
  if (IsAhead(applied)) return StateOf(applied);
  for (const Migration& script : options_.scripts) {
    const Step step = UpStep(script);
    const auto found = applied.find(script.number);
    if (found == applied.end()) {
      PULSE_CHECK(owner.Run(step, {}));
      continue;
    }
    if (found->second.checksum != step.checksum) return Changed(script.number, script.name);
    if (!found->second.applied_at) PULSE_CHECK(owner.Run(step, found->second.statements));
  }
  PULSE_CHECK(RunDomain(owner, applied));
  PULSE_CHECK(
      owner.connection().Execute("SELECT ensure_raw_body_partitions(2)", "migrate.partitions")
  );
  PULSE_TRY(const Applied now, ReadChecked(owner.connection()));
  return StateOf(now);
}

Result<> PostgresMigrator::DropDomainTables(Owner& owner) {
  return owner.InTransaction([&]() -> Result<> {
    for (const ScriptStatement& statement : DropDomain()) {
      PULSE_CHECK(owner.connection().Execute(statement.text, "migrate.drop_domain"));
    }
    return Forget(owner.connection(), kDomain);
  });
}

Result<SchemaState> PostgresMigrator::Down(int version) {
  PULSE_TRY(auto connection, OpenAsLogin());
  PULSE_CHECK(EnsureRoles(*connection));
  PULSE_TRY(Owner owner, BecomeOwner(std::move(connection)));
  PULSE_CHECK(owner.LockOut());
  PULSE_TRY(const Applied applied, ReadChecked(owner.connection()));
  if (applied.empty()) return StateOf(applied);
  if (IsAhead(applied)) return Error{ErrorKind::kInvalid, kAhead};
  if (version < 1) PULSE_CHECK(DropDomainTables(owner));
  for (auto script = options_.scripts.rbegin(); script != options_.scripts.rend(); ++script) {
    if (script->number <= version || !applied.contains(script->number)) continue;
    PULSE_CHECK(owner.RunDown(*script));
  }
  if (version < 1) {
    PULSE_CHECK(DropJournal(owner.connection()));
    return StateOf({});
  }
  PULSE_TRY(const Applied now, ReadChecked(owner.connection()));
  return StateOf(now);
}

}  // namespace

std::unique_ptr<Migrator> NewPostgresMigrator(MigratorOptions options) {
  return std::make_unique<PostgresMigrator>(std::move(options));
}

int LatestSchemaVersion() { return std::rbegin(sql::kMigrations)->number; }

Result<int> CheckSchema(Connection& connection) {
  const auto advise = [](const std::string& what, std::string_view fix) {
    return Error{ErrorKind::kInvalid, "database schema: " + what + "; " + std::string(fix)};
  };
  PULSE_TRY(const Rows exists, connection.Run(kJournalExists));
  if (!exists[0].Bool(0)) return advise("the database is empty", "run `pulse db migrate`");
  PULSE_TRY(const Rows version, connection.Run(kVersion, LatestSchemaVersion()));
  const int found = static_cast<int>(version[0].Int(0));
  PULSE_CHECK(CheckMayRun(LatestSchemaVersion(), found, static_cast<int>(version[0].Int(1))));
  if (version[0].Int(2) != 0) return advise("a migration is unfinished", "run `pulse db migrate`");
  if (version[0].Int(3) == DescriptionHash()) return found;
  PULSE_TRY(const std::vector<std::string> missing, MissingColumns(connection));
  if (missing.empty()) return found;  // Made by a program that knows more columns.
  return advise("column " + missing.front() + " is missing", "run `pulse db migrate`");
}

}  // namespace pulse::store::postgres
