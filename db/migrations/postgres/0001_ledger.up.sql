-- The ledger: tenants, integrations, jobs, steps, raw pages, quarantine. Domain tables are not here:
-- their DDL is made from src/pulse/model/tables.h. Lock: new tables only, milliseconds; one
-- transaction. Runs as pulse_migrate, which owns everything; the roles exist before (roles.h).
--
-- Every key and foreign key starts with tenant_id: unique violations and foreign-key checks do not
-- know row-level security, so a key without it would tell one tenant about another's rows.

CREATE TABLE tenants (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  raw_retention_days integer CHECK (raw_retention_days > 0)
);

CREATE TABLE integrations (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL REFERENCES tenants (id),
  name text NOT NULL,
  provider text NOT NULL,
  base_url text NOT NULL,
  account text NOT NULL DEFAULT '',
  scope text NOT NULL DEFAULT '{}',
  state text NOT NULL CHECK (state IN ('active', 'needs_attention')),
  state_reason text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
);

CREATE TABLE secrets (
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  key_id text NOT NULL,
  ciphertext bytea NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
);

-- open_steps changes with every commit of the job and is in no index: room for HOT updates.
CREATE TABLE etl_jobs (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  open_steps bigint NOT NULL CHECK (open_steps >= 0),
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  priority smallint NOT NULL,
  exclusive boolean NOT NULL DEFAULT true,
  cancel_requested boolean NOT NULL DEFAULT false,
  job_type text NOT NULL,
  status text NOT NULL
    CHECK (status IN ('queued', 'running', 'finished', 'partial', 'failed', 'cancelled')),
  options text NOT NULL,
  idempotency_key text,
  error text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) WITH (fillfactor = 70);
-- At most one exclusive job per integration is under way: the database says so, not a check before
-- an insert.
CREATE UNIQUE INDEX uq_etl_jobs_active ON etl_jobs (tenant_id, integration_id)
  WHERE exclusive AND status IN ('queued', 'running');
CREATE UNIQUE INDEX uq_etl_jobs_idempotency ON etl_jobs (tenant_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
-- Requests that are not exclusive look for an equal one that waits.
CREATE INDEX ix_etl_jobs_queued ON etl_jobs (tenant_id, integration_id, job_type)
  WHERE status = 'queued';
CREATE INDEX ix_etl_jobs_integration ON etl_jobs (tenant_id, integration_id, id);
-- What an equal request for a job beside the exclusive one is attached to.
CREATE INDEX ix_etl_jobs_beside ON etl_jobs (tenant_id, integration_id, id)
  WHERE NOT exclusive AND status = 'queued';

-- run_after: the epoch means "at once". staged_rows: rows that wait in staged_rows for this load
-- step; staging is unlogged, so the count here is the truth about what should be there.
CREATE TABLE etl_steps (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  job_id bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  worker_id bigint,
  staged_rows bigint,
  run_after timestamptz NOT NULL DEFAULT 'epoch',
  rung_at timestamptz,
  created_at timestamptz NOT NULL,
  claimed_at timestamptz,
  finished_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  crashes integer NOT NULL DEFAULT 0,
  priority smallint NOT NULL,
  is_fatal boolean NOT NULL DEFAULT false,
  stage text NOT NULL CHECK (stage IN ('extract', 'transform', 'load', 'vectorize')),
  state text NOT NULL CHECK (state IN ('ready', 'running', 'done', 'failed', 'cancelled')),
  entity_type text NOT NULL,
  params text NOT NULL,
  error text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, job_id) REFERENCES etl_jobs (tenant_id, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
-- The dispatcher's order; also how it hops from tenant to tenant.
CREATE INDEX ix_etl_steps_ready ON etl_steps (tenant_id, stage, priority, id) WHERE state = 'ready';
-- What is rung and not claimed: a tenant's share of the window.
CREATE INDEX ix_etl_steps_rung ON etl_steps (tenant_id, stage, rung_at)
  WHERE state = 'ready' AND rung_at IS NOT NULL;
CREATE INDEX ix_etl_steps_waiting ON etl_steps (run_after)
  WHERE state = 'ready' AND run_after > 'epoch';
CREATE INDEX ix_etl_steps_running ON etl_steps (worker_id) WHERE state = 'running';
-- The company of a claimed step.
CREATE INDEX ix_etl_steps_company ON etl_steps (tenant_id, job_id, stage, entity_type, priority, id)
  WHERE state = 'ready';
CREATE INDEX ix_etl_steps_job ON etl_steps (tenant_id, job_id, state, stage);

CREATE TABLE workers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL
);

CREATE TABLE leader (
  id smallint PRIMARY KEY CHECK (id = 1),
  term bigint NOT NULL,
  worker_id bigint NOT NULL,
  lease_until timestamptz NOT NULL
);

CREATE TABLE job_entities (
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  entity_type text NOT NULL,
  source bigint,
  records bigint NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  unchanged bigint NOT NULL,
  deleted bigint NOT NULL,
  quarantined bigint NOT NULL,
  vectors bigint NOT NULL,
  PRIMARY KEY (tenant_id, job_id, entity_type),
  FOREIGN KEY (tenant_id, job_id) REFERENCES etl_jobs (tenant_id, id)
) WITH (fillfactor = 70);

CREATE TABLE job_api_calls (
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  endpoint text NOT NULL,
  calls bigint NOT NULL,
  PRIMARY KEY (tenant_id, job_id, endpoint),
  FOREIGN KEY (tenant_id, job_id) REFERENCES etl_jobs (tenant_id, id)
) WITH (fillfactor = 70);

CREATE TABLE job_gaps (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  step_id bigint,
  entity_type text NOT NULL,
  scope text NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, job_id) REFERENCES etl_jobs (tenant_id, id)
);
CREATE INDEX ix_job_gaps_job ON job_gaps (tenant_id, job_id);

CREATE TABLE job_windows (
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  entity_type text NOT NULL,
  scope text NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  FOREIGN KEY (tenant_id, job_id) REFERENCES etl_jobs (tenant_id, id)
);
CREATE INDEX ix_job_windows_job ON job_windows (tenant_id, job_id);

-- Rows a running job found unchanged, so that a record that comes twice is counted once. Rows it
-- wrote carry its job_id and need no entry. Emptied when the job ends.
CREATE TABLE job_seen (
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  table_ordinal integer NOT NULL,
  row_id bigint NOT NULL,
  PRIMARY KEY (tenant_id, job_id, table_ordinal, row_id)
);

-- What a census listed. Emptied when the job ends.
CREATE TABLE job_census (
  tenant_id bigint NOT NULL,
  job_id bigint NOT NULL,
  entity_type text NOT NULL,
  external_id text NOT NULL,
  PRIMARY KEY (tenant_id, job_id, entity_type, external_id)
);

-- Disjoint; windows that touch are one row.
CREATE TABLE sync_windows (
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  entity_type text NOT NULL,
  scope text NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL CHECK (to_ms > from_ms),
  PRIMARY KEY (tenant_id, integration_id, entity_type, scope, from_ms),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
);

CREATE TABLE schedules (
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  rule text NOT NULL,
  options text NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  catch_up boolean NOT NULL DEFAULT true,
  next_at timestamptz NOT NULL,
  last_at timestamptz,
  PRIMARY KEY (tenant_id, integration_id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
);
CREATE INDEX ix_schedules_due ON schedules (next_at) WHERE NOT paused;

CREATE TABLE raw_extraction_data (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL REFERENCES tenants (id),
  integration_id bigint,
  job_id bigint,
  step_id bigint,
  request_hash bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  fetched_at timestamptz,
  record_count integer NOT NULL DEFAULT 0,
  http_status integer,
  body_bytes integer NOT NULL DEFAULT 0,
  transform_version integer NOT NULL DEFAULT 0,
  entity_type text NOT NULL,
  processing_status text NOT NULL
    CHECK (processing_status IN ('pending', 'processing', 'completed', 'failed')),
  error_details text,
  request text NOT NULL DEFAULT '',
  content_hash text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) WITH (fillfactor = 90);
-- request_hash covers the entity type; the newest page of a request is its highest id.
CREATE INDEX ix_raw_extraction_data_request
  ON raw_extraction_data (tenant_id, integration_id, request_hash, id);
-- What retention asks.
CREATE INDEX ix_raw_extraction_data_age ON raw_extraction_data (tenant_id, created_at);

-- The compressed bytes (zstd, so TOAST does not try again), by month of arrival. created_at equals
-- the page's: a join on all three columns touches one partition. What no month was made for goes
-- to the default partition, so nothing is ever refused.
CREATE TABLE raw_bodies (
  tenant_id bigint NOT NULL,
  raw_id bigint NOT NULL,
  created_at timestamptz NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (tenant_id, raw_id, created_at)
) PARTITION BY RANGE (created_at);
ALTER TABLE raw_bodies ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE raw_bodies_default PARTITION OF raw_bodies DEFAULT;

CREATE UNLOGGED TABLE staged_rows (
  tenant_id bigint NOT NULL,
  step_id bigint NOT NULL,
  job_id bigint NOT NULL,
  row_count bigint NOT NULL,
  entity_type text NOT NULL,
  raws text NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (tenant_id, step_id)
);
ALTER TABLE staged_rows ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX ix_staged_rows_job ON staged_rows (tenant_id, job_id);

CREATE TABLE dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY,
  tenant_id bigint NOT NULL,
  integration_id bigint NOT NULL,
  job_id bigint NOT NULL,
  step_id bigint,
  raw_id bigint,
  created_at timestamptz NOT NULL,
  settled_at timestamptz,
  raw_position integer NOT NULL,
  counts_as_record boolean NOT NULL,
  entity_type text NOT NULL,
  stage text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'replayed', 'discarded')),
  external_id text NOT NULL,
  fingerprint text NOT NULL,
  message text NOT NULL,
  sample text NOT NULL,
  state_reason text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
);
CREATE INDEX ix_dead_letters_open_raw ON dead_letters (tenant_id, raw_id) WHERE state = 'open';
CREATE INDEX ix_dead_letters_job ON dead_letters (tenant_id, job_id);

-- Append-only: no role that works here may change or remove a line.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id bigint,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  detail text NOT NULL
);
CREATE INDEX ix_audit_log_tenant ON audit_log (tenant_id, id);

-- Row-level security, forced: it binds the owner too. The setting is '' after a transaction that
-- used it and NULL before the first one; both see nothing. As a subquery it is read once a
-- statement.
DO $$
DECLARE
  name text;
  tenant CONSTANT text := '(SELECT nullif(current_setting(''app.tenant_id'', true), '''')::bigint)';
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'integrations', 'secrets', 'etl_jobs', 'etl_steps', 'job_entities', 'job_api_calls', 'job_gaps',
    'job_windows', 'job_seen', 'job_census', 'sync_windows', 'schedules', 'raw_extraction_data',
    'raw_bodies', 'raw_bodies_default', 'staged_rows', 'dead_letters', 'audit_log'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO pulse_app, pulse_query USING (tenant_id = %s) '
      'WITH CHECK (tenant_id = %s)', name, tenant, tenant);
    IF name = 'audit_log' THEN
      EXECUTE format('GRANT SELECT, INSERT ON %I TO pulse_app', name);
    ELSE
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO pulse_app', name);
    END IF;
  END LOOP;
  EXECUTE 'ALTER TABLE tenants ENABLE ROW LEVEL SECURITY';
  EXECUTE 'ALTER TABLE tenants FORCE ROW LEVEL SECURITY';
  EXECUTE format('CREATE POLICY tenant ON tenants TO pulse_app, pulse_query USING (id = %s) '
    'WITH CHECK (id = %s)', tenant, tenant);
END $$;
GRANT SELECT, UPDATE (raw_retention_days), DELETE ON tenants TO pulse_app;
GRANT SELECT ON workers, leader TO pulse_app;
-- Ids that a commit takes before it inserts: parameters and staging name them.
GRANT USAGE ON SEQUENCE etl_steps_id_seq, raw_extraction_data_id_seq TO pulse_app;

-- The platform's role: every tenant's ledger rows, by column; no payload, no secret, no parameter.
CREATE POLICY platform ON tenants TO pulse_dispatch USING (true) WITH CHECK (true);
CREATE POLICY platform ON integrations TO pulse_dispatch USING (true) WITH CHECK (true);
CREATE POLICY platform ON secrets TO pulse_dispatch USING (true) WITH CHECK (true);
CREATE POLICY platform ON etl_jobs TO pulse_dispatch USING (true) WITH CHECK (true);
CREATE POLICY platform ON etl_steps TO pulse_dispatch USING (true) WITH CHECK (true);
CREATE POLICY platform ON schedules TO pulse_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT (name, created_at) ON tenants TO pulse_dispatch;
GRANT SELECT (id, tenant_id, name, provider, state) ON integrations TO pulse_dispatch;
GRANT SELECT (tenant_id, integration_id, key_id) ON secrets TO pulse_dispatch;
GRANT SELECT (id, tenant_id, integration_id, open_steps, created_at, started_at, finished_at,
  priority, exclusive, cancel_requested, job_type, status) ON etl_jobs TO pulse_dispatch;
GRANT SELECT (id, tenant_id, integration_id, job_id, epoch, worker_id, run_after, rung_at, created_at,
    claimed_at, finished_at, attempts, crashes, priority, stage, state, entity_type),
  UPDATE (state, epoch, crashes, run_after, rung_at, worker_id) ON etl_steps TO pulse_dispatch;
GRANT SELECT, UPDATE (next_at, last_at) ON schedules TO pulse_dispatch;
GRANT SELECT, INSERT, UPDATE, DELETE ON workers, leader TO pulse_dispatch;

-- What `pulse data query` offers besides the domain tables.
GRANT SELECT ON tenants, integrations, etl_jobs, raw_extraction_data, dead_letters TO pulse_query;

-- Makes the monthly partitions from this month to `ahead` months on. Runs as the owner, since the
-- service's roles may not create tables; it takes a number and nothing else. A month whose bodies
-- are in the default partition already is left there. Returns how many it made.
CREATE FUNCTION ensure_raw_body_partitions(ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
  first_day timestamptz;
  next_day timestamptz;
  name text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('raw_body_partitions', 0));
  FOR month IN 0 .. least(greatest(ahead, 0), 24) LOOP
    first_day := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month))
      AT TIME ZONE 'UTC';
    next_day := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month + 1))
      AT TIME ZONE 'UTC';
    name := 'raw_bodies_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
    BEGIN
      -- Made apart and attached: that blocks nobody who writes to another month.
      EXECUTE format('CREATE TABLE public.%I (LIKE public.raw_bodies INCLUDING ALL)', name);
      EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
      EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
      EXECUTE format('CREATE POLICY tenant ON public.%I TO pulse_app, pulse_query USING (tenant_id = '
        '(SELECT nullif(current_setting(''app.tenant_id'', true), '''')::bigint)) WITH CHECK (tenant_id = '
        '(SELECT nullif(current_setting(''app.tenant_id'', true), '''')::bigint))', name);
      EXECUTE format('ALTER TABLE public.raw_bodies ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        name, first_day, next_day);
      made := made + 1;
    EXCEPTION WHEN check_violation THEN
      NULL;
    END;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION ensure_raw_body_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_raw_body_partitions(integer) TO pulse_app, pulse_dispatch;
SELECT ensure_raw_body_partitions(2);
