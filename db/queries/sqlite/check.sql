-- What `pulse db check` asks. Each row is one problem, in words.

-- name: integrity
-- tenant: any, damage to the file is everybody's.
PRAGMA integrity_check(100);

-- name: foreign_keys
-- tenant: any, damage to the file is everybody's.
SELECT 'table ' || "table" || ' row ' || coalesce(rowid, 0) || ' points to a missing row of ' || parent
FROM pragma_foreign_key_check LIMIT 100;

-- name: open_steps
-- A job's counter against its steps.
SELECT 'job ' || job.id || ' of tenant ' || job.tenant_id || ' counts ' || job.open_steps || ' open steps and has '
  || count(step.id)
FROM etl_jobs AS job
LEFT JOIN etl_steps AS step
  ON step.tenant_id = job.tenant_id AND step.job_id = job.id AND step.state IN ('ready', 'running')
GROUP BY job.id HAVING job.open_steps <> count(step.id) LIMIT 100;

-- name: bodies
-- A page whose bytes are gone can never be transformed again.
SELECT 'raw page ' || page.id || ' of tenant ' || page.tenant_id || ' has no body'
FROM raw_extraction_data AS page LEFT JOIN raw_bodies AS body ON body.raw_id = page.id
WHERE page.body_bytes > 0 AND body.raw_id IS NULL LIMIT 100;
