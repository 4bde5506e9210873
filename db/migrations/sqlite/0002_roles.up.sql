-- What several processes need: leases, one leader, schedules, jobs that run beside others.
-- Lock: the whole file, milliseconds (the ready steps are indexed once). Old code must not run on it.

ALTER TABLE workers ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;

-- One row: who dispatches, schedules and sweeps. Every change of office is a higher term.
CREATE TABLE leader (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  term INTEGER NOT NULL,
  worker_id INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE schedules (
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  options TEXT NOT NULL,
  paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
  catch_up INTEGER NOT NULL CHECK (catch_up IN (0, 1)),
  next_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_schedules_due ON schedules (next_at) WHERE paused = 0;

ALTER TABLE etl_jobs ADD COLUMN exclusive INTEGER NOT NULL DEFAULT 1 CHECK (exclusive IN (0, 1));
DROP INDEX uq_etl_jobs_active;
-- At most one exclusive job per integration is under way; the others run beside it.
CREATE UNIQUE INDEX uq_etl_jobs_active ON etl_jobs (tenant_id, integration_id)
  WHERE exclusive AND status IN ('queued', 'running');
-- Non-exclusive requests look for an equal one that waits.
CREATE INDEX ix_etl_jobs_queued ON etl_jobs (tenant_id, integration_id, job_type)
  WHERE status = 'queued';

-- The dispatcher's window: how many steps are rung and not yet claimed.
CREATE INDEX ix_etl_steps_rung ON etl_steps (tenant_id, stage, rung_at)
  WHERE state = 'ready' AND rung_at IS NOT NULL;
