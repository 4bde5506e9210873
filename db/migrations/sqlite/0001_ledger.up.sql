-- The ledger: tenants, integrations, jobs, steps, raw pages, quarantine. Domain tables are not here:
-- their DDL is made from src/pulse/model/tables.h. Lock: the whole file, milliseconds on an empty one.
-- Times are epoch milliseconds. Ids that a stale worker may still hold are AUTOINCREMENT: never reused.

CREATE TABLE tenants (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE integrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  base_url TEXT NOT NULL,
  account TEXT NOT NULL DEFAULT '',
  scope TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL CHECK (state IN ('active', 'needs_attention')),
  state_reason TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, name),
  UNIQUE (tenant_id, id)
) STRICT;

CREATE TABLE secrets (
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  ciphertext BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE etl_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  job_type TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('queued', 'running', 'finished', 'partial', 'failed', 'cancelled')),
  priority INTEGER NOT NULL,
  options TEXT NOT NULL,
  idempotency_key TEXT,
  open_steps INTEGER NOT NULL CHECK (open_steps >= 0),
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT;
-- At most one job per integration is under way: the database says so, not a check before an insert.
CREATE UNIQUE INDEX uq_etl_jobs_active ON etl_jobs (tenant_id, integration_id)
  WHERE status IN ('queued', 'running');
CREATE UNIQUE INDEX uq_etl_jobs_idempotency ON etl_jobs (tenant_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_etl_jobs_integration ON etl_jobs (tenant_id, integration_id, id);

CREATE TABLE etl_steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES etl_jobs (id),
  stage TEXT NOT NULL CHECK (stage IN ('extract', 'transform', 'load', 'vectorize')),
  entity_type TEXT NOT NULL,
  params TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'failed', 'cancelled')),
  priority INTEGER NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  run_after INTEGER NOT NULL DEFAULT 0,
  rung_at INTEGER,
  worker_id INTEGER,
  error TEXT NOT NULL DEFAULT '',
  is_fatal INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  claimed_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX ix_etl_steps_ready ON etl_steps (tenant_id, stage, priority, id) WHERE state = 'ready';
CREATE INDEX ix_etl_steps_waiting ON etl_steps (run_after) WHERE state = 'ready' AND run_after > 0;
CREATE INDEX ix_etl_steps_running ON etl_steps (worker_id) WHERE state = 'running';
CREATE INDEX ix_etl_steps_job ON etl_steps (tenant_id, job_id, stage, state);

CREATE TABLE workers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE job_entities (
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES etl_jobs (id),
  entity_type TEXT NOT NULL,
  source INTEGER,
  records INTEGER NOT NULL,
  inserted INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  vectors INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, job_id, entity_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_api_calls (
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES etl_jobs (id),
  endpoint TEXT NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, job_id, endpoint)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_gaps (
  id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES etl_jobs (id),
  step_id INTEGER,
  entity_type TEXT NOT NULL,
  scope TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX ix_job_gaps_job ON job_gaps (tenant_id, job_id);

CREATE TABLE job_windows (
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES etl_jobs (id),
  entity_type TEXT NOT NULL,
  scope TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX ix_job_windows_job ON job_windows (tenant_id, job_id);

-- Rows a running job found unchanged, so that a record that comes twice is counted once. Rows it
-- wrote carry its job_id and need no entry.
CREATE TABLE job_seen (
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL,
  table_ordinal INTEGER NOT NULL,
  row_id INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, job_id, table_ordinal, row_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_windows (
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  scope TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, integration_id, entity_type, scope),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_extraction_data (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL REFERENCES tenants (id),
  integration_id INTEGER,
  entity_type TEXT NOT NULL,
  processing_status TEXT NOT NULL
    CHECK (processing_status IN ('pending', 'processing', 'completed', 'failed')),
  error_details TEXT,
  record_count INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  job_id INTEGER,
  step_id INTEGER,
  request TEXT NOT NULL DEFAULT '',
  request_hash INTEGER NOT NULL DEFAULT 0,
  content_hash TEXT NOT NULL DEFAULT '',
  http_status INTEGER,
  body_bytes INTEGER NOT NULL DEFAULT 0,
  fetched_at INTEGER,
  transform_version INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT;
-- request_hash covers the entity type; the newest page of a request is its highest id.
CREATE INDEX ix_raw_extraction_data_request
  ON raw_extraction_data (tenant_id, integration_id, request_hash);

CREATE TABLE raw_bodies (
  raw_id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE staged_rows (
  step_id INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  raws TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX ix_staged_rows_job ON staged_rows (tenant_id, job_id);

CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL,
  step_id INTEGER,
  raw_id INTEGER,
  entity_type TEXT NOT NULL,
  stage TEXT NOT NULL,
  raw_position INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  message TEXT NOT NULL,
  sample TEXT NOT NULL,
  counts_as_record INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'replayed', 'discarded')),
  state_reason TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT;
CREATE INDEX ix_dead_letters_open_raw ON dead_letters (tenant_id, raw_id) WHERE state = 'open';
CREATE INDEX ix_dead_letters_job ON dead_letters (tenant_id, job_id);

CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
