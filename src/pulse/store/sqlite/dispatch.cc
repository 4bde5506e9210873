#include "pulse/store/sqlite/dispatch.h"

#include <algorithm>

#include "pulse/store/crashes.h"
#include "pulse/store/sqlite/receipts.h"
#include "pulse/store/sqlite/sql/leases.h"
#include "pulse/store/sqlite/sql/steps.h"
#include "pulse/store/step_params.h"

namespace pulse::store::sqlite {
namespace {

/// Errors: kConflict (another leads by now, or nobody).
Result<> CheckOffice(Connection& db, Term term, EpochMs now) {
  PULSE_TRY(Statement row, db.Select(sql::leases::in_office, term, now));
  PULSE_TRY(const bool in_office, row.Next());
  if (in_office) return {};
  return Error{ErrorKind::kConflict, "term " + std::to_string(term.value()) + " is over"};
}

struct Backlog {
  TenantId tenant;
  model::Stage stage = model::Stage::kExtract;
  std::int64_t rung = 0;  ///< Not claimed yet.
};

Result<std::vector<Backlog>> ReadBacklogs(Connection& db, EpochMs not_rung_since) {
  std::vector<Backlog> backlogs;
  PULSE_TRY(Statement row, db.Select(sql::steps::backlogs, not_rung_since));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    if (const auto stage = model::StageNamed(row.Text(1))) {
      backlogs.push_back({row.As<TenantId>(0), *stage, row.Int(2)});
    }
    PULSE_TRY(more, row.Next());
  }
  return backlogs;
}

/// The tenants of one stage take turns; `first` is whose turn comes first.
using Lines = std::map<model::Stage, std::vector<std::vector<Dispatch::Ready>>>;

std::vector<Dispatch::Ready> Interleave(const Lines& lines, std::size_t first) {
  std::vector<Dispatch::Ready> mixed;
  for (const auto& [stage, tenants] : lines) {
    std::size_t longest = 0;
    for (const auto& line : tenants) longest = std::max(longest, line.size());
    for (std::size_t round = 0; round < longest; ++round) {
      for (std::size_t i = 0; i < tenants.size(); ++i) {
        const auto& line = tenants[(first + i) % tenants.size()];
        if (round < line.size()) mixed.push_back(line[round]);
      }
    }
  }
  return mixed;
}

struct Lost {
  model::Step step;
  int crashes = 0;  ///< This one included.
};

Result<std::vector<Lost>> FindLost(Connection& db, EpochMs now) {
  std::vector<Lost> lost;
  PULSE_TRY(Statement row, db.Select(sql::steps::find_lost, now));
  PULSE_TRY(bool more, row.Next());
  while (more) {
    lost.push_back({
        .step =
            {
                .id = row.As<StepId>(0),
                .tenant = row.As<TenantId>(1),
                .integration = row.As<IntegrationId>(2),
                .job = row.As<JobId>(3),
                .stage = model::StageNamed(row.Text(4)).value_or(model::Stage::kExtract),
                .entity_type = std::string(row.Text(5)),
                .params = std::string(row.Text(6)),
            },
        .crashes = static_cast<int>(row.Int(7)) + 1,
    });
    PULSE_TRY(more, row.Next());
  }
  return lost;
}

/// Closes a step that keeps killing its worker: the job goes on without it and says so.
Result<> Park(Connection& db, const model::Job& job, const Lost& lost, EpochMs now) {
  const model::Step& step = lost.step;
  const std::string message =
      "the worker died " + std::to_string(lost.crashes) + " times while running this step";
  PULSE_CHECK(db.Do(sql::steps::park, step.tenant, step.id, lost.crashes, message, now));
  const NewDeadLetter letter{
      .entity_type = step.entity_type,
      .stage = step.stage,
      .raw = FirstRaw(step.params),
      .external_id = "",
      .fingerprint = "step.crash",
      .message = message,
      .sample = "",
      .counts_as_record = false,
  };
  PULSE_TRY(const bool counted, AddDeadLetter(db, job, step.id, letter, now));
  static_cast<void>(counted);
  return AddGap(db, job, step.id, {step.entity_type, step.params, message});
}

Result<> Recover(Connection& db, const Lost& lost, EpochMs now) {
  const model::Step& step = lost.step;
  PULSE_TRY(const model::Job job, ReadJob(db, step.tenant, step.job));
  if (!job.cancel_requested && lost.crashes < kCrashesAllowed) {
    return db.Do(sql::steps::recover, step.tenant, step.id, lost.crashes);
  }
  if (job.cancel_requested) {
    PULSE_CHECK(db.Do(sql::steps::cancel_lost, step.tenant, step.id, now));
  } else {
    PULSE_CHECK(Park(db, job, lost, now));
  }
  PULSE_CHECK(AddOpenSteps(db, job, -1));
  PULSE_TRY(const auto finished, FinishIfDone(db, step.tenant, step.job, now));
  static_cast<void>(finished);
  return {};
}

}  // namespace

Result<std::vector<Dispatch::Ready>> SqliteDispatch::TakeReady(
    Term term, EpochMs now, EpochMs not_rung_since, int window
) {
  // Chosen in a snapshot, without the write lock: an idle look writes nothing, and only the leader
  // rings, so what is chosen can at most be claimed or cancelled before it is marked.
  PULSE_TRY(const Lines lines, database_.Read([&](Connection& db) -> Result<Lines> {
    PULSE_CHECK(CheckOffice(db, term, database_.now()));
    PULSE_TRY(const auto backlogs, ReadBacklogs(db, not_rung_since));
    Lines chosen;
    for (const Backlog& backlog : backlogs) {
      if (backlog.rung >= window) continue;
      const auto room = window - backlog.rung;
      std::vector<Ready> line;
      PULSE_TRY(
          Statement row,
          db.Select(
              sql::steps::take_ready, backlog.tenant, Name(backlog.stage), now, not_rung_since, room
          )
      );
      PULSE_TRY(bool more, row.Next());
      while (more) {
        line.push_back({backlog.tenant, row.As<StepId>(0), backlog.stage});
        PULSE_TRY(more, row.Next());
      }
      if (!line.empty()) chosen[backlog.stage].push_back(std::move(line));
    }
    return chosen;
  }));
  if (lines.empty()) return std::vector<Ready>{};
  const std::vector<Ready> mixed = Interleave(lines, turn_++);
  return database_.Write(
      [&](Connection& db) -> Result<std::vector<Ready>> {
        PULSE_CHECK(CheckOffice(db, term, database_.now()));
        std::vector<Ready> rung;
        rung.reserve(mixed.size());
        for (const Ready& step : mixed) {
          PULSE_TRY(const int marked, db.Run(sql::steps::mark_rung, step.tenant, step.step, now));
          if (marked == 1) rung.push_back(step);
        }
        return rung;
      },
      Durability::kOrdered
  );
}

Result<std::optional<EpochMs>> SqliteDispatch::NextDue(EpochMs now) {
  return database_.Read([&](Connection& db) -> Result<std::optional<EpochMs>> {
    PULSE_TRY(Statement row, db.Select(sql::steps::next_due, now));
    PULSE_TRY(const bool found, row.Next());
    return found ? row.OptionalInt(0) : std::nullopt;
  });
}

Result<std::vector<Dispatch::Held>> SqliteDispatch::HeldBy(WorkerId worker, EpochMs claimed_until) {
  return database_.Read([&](Connection& db) -> Result<std::vector<Held>> {
    PULSE_TRY(Statement row, db.Select(sql::steps::held_by, worker, claimed_until));
    std::vector<Held> held;
    PULSE_TRY(bool more, row.Next());
    while (more) {
      held.push_back({row.As<TenantId>(0), {row.As<StepId>(1), row.Int(2)}});
      PULSE_TRY(more, row.Next());
    }
    return held;
  });
}

Result<int> SqliteDispatch::RecoverLost(Term term) {
  const EpochMs now = database_.now();
  // Mostly nobody died: look before taking the write lock.
  PULSE_TRY(const bool any, database_.Read([&](Connection& db) -> Result<bool> {
    PULSE_CHECK(CheckOffice(db, term, now));
    PULSE_TRY(const auto lost, FindLost(db, now));
    return !lost.empty();
  }));
  if (!any) return 0;
  return database_.Write([&](Connection& db) -> Result<int> {
    PULSE_CHECK(CheckOffice(db, term, now));
    PULSE_TRY(const std::vector<Lost> all, FindLost(db, now));
    for (const Lost& lost : all) PULSE_CHECK(Recover(db, lost, now));
    return static_cast<int>(all.size());
  });
}

Result<WorkerId> SqliteDispatch::NewWorker(std::chrono::milliseconds lease) {
  const EpochMs now = database_.now();
  return database_.Write(
      [&](Connection& db) -> Result<WorkerId> {
        PULSE_CHECK(db.Do(sql::leases::new_worker, now, now + lease.count()));
        return WorkerId{db.last_id()};
      },
      Durability::kOrdered
  );
}

Result<> SqliteDispatch::RenewWorker(WorkerId worker, std::chrono::milliseconds lease) {
  const EpochMs until = database_.now() + lease.count();
  return database_.Write(
      [&](Connection& db) -> Result<> {
        PULSE_TRY(const int extended, db.Run(sql::leases::extend, worker, until));
        if (extended == 1) return {};
        return Error{ErrorKind::kNotFound, "no worker " + std::to_string(worker.value())};
      },
      Durability::kOrdered
  );
}

Result<> SqliteDispatch::RetireWorker(WorkerId worker) {
  return RenewWorker(worker, std::chrono::milliseconds(0));
}

Result<> SqliteDispatch::EndOtherLeases(WorkerId survivor) {
  return database_.Write(
      [&](Connection& db) -> Result<> {
        PULSE_CHECK(db.Do(sql::leases::end_others, survivor));
        return db.Do(sql::leases::unseat_others, survivor);
      },
      Durability::kOrdered
  );
}

Result<int> SqliteDispatch::LiveWorkers() {
  return database_.Read([this](Connection& db) -> Result<int> {
    PULSE_TRY(Statement row, db.Select(sql::leases::live_workers, database_.now()));
    PULSE_TRY([[maybe_unused]] const bool found, row.Next());
    return static_cast<int>(row.Int(0));
  });
}

Result<> SqliteDispatch::KeepHouse() {
  constexpr EpochMs kDay = 86'400'000;
  return database_.Write(
      [&](Connection& db) -> Result<> {
        return db.Do(sql::leases::forget_workers, database_.now() - kDay);
      },
      Durability::kOrdered
  );
}

Result<std::optional<Term>> SqliteDispatch::Lead(WorkerId worker, std::chrono::milliseconds lease) {
  const EpochMs now = database_.now();
  return database_.Write(
      [&](Connection& db) -> Result<std::optional<Term>> {
        PULSE_TRY(Statement row, db.Select(sql::leases::lead, worker, now + lease.count(), now));
        PULSE_TRY(const bool leads, row.Next());
        if (!leads) return std::optional<Term>();
        const auto term = row.As<Term>(0);
        PULSE_TRY(const bool more, row.Next());  // To the end: a statement half run is not done.
        static_cast<void>(more);
        return std::optional(term);
      },
      Durability::kOrdered
  );
}

Result<> SqliteDispatch::Resign(Term term) {
  const EpochMs now = database_.now();
  return database_.Write(
      [&](Connection& db) -> Result<> {
        PULSE_CHECK(CheckOffice(db, term, now));
        return db.Do(sql::leases::resign, term, now);
      },
      Durability::kOrdered
  );
}

Result<std::map<model::Stage, std::int64_t>> SqliteDispatch::ReadyByStage() {
  return database_.Read([](Connection& db) -> Result<std::map<model::Stage, std::int64_t>> {
    std::map<model::Stage, std::int64_t> ready;
    for (const model::Stage stage : model::kStages) ready[stage] = 0;
    PULSE_TRY(Statement row, db.Select(sql::steps::ready_by_stage));
    PULSE_TRY(bool more, row.Next());
    while (more) {
      if (const auto stage = model::StageNamed(row.Text(0))) ready[*stage] = row.Int(1);
      PULSE_TRY(more, row.Next());
    }
    return ready;
  });
}

}  // namespace pulse::store::sqlite
