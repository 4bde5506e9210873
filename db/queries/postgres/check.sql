-- What `pulse db check` asks, as pulse_dispatch. Each row is one problem, in words.

-- name: open_steps
-- A job's counter against its steps.
SELECT 'job ' || j.id || ' of tenant ' || j.tenant_id || ' counts ' || j.open_steps
  || ' open steps and has ' || count(s.id)
FROM etl_jobs j
LEFT JOIN etl_steps s
  ON s.tenant_id = j.tenant_id AND s.job_id = j.id AND s.state IN ('ready', 'running')
GROUP BY j.tenant_id, j.id, j.open_steps HAVING j.open_steps <> count(s.id) LIMIT 100

-- name: orphan_steps
-- Open steps of jobs that have ended would never be looked at again.
SELECT 'step ' || s.id || ' of tenant ' || s.tenant_id || ' is ' || s.state || ' in a job that is '
  || j.status
FROM etl_steps s JOIN etl_jobs j ON j.tenant_id = s.tenant_id AND j.id = s.job_id
WHERE s.state IN ('ready', 'running') AND j.status NOT IN ('queued', 'running') LIMIT 100

-- name: invalid_indexes
-- tenant: any, the catalog
SELECT 'index ' || i.indexrelid::regclass::text || ' was never finished'
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace LIMIT 100
