-- Jobs. The partial unique index uq_etl_jobs_active keeps one exclusive job under way per integration.

-- name: insert
-- A job with its first step; in the hands of worker $12, if there is one. No row when another one
-- took its place meanwhile: look again.
WITH job AS (
  INSERT INTO etl_jobs (tenant_id, integration_id, job_type, priority, options, idempotency_key,
    exclusive, open_steps, created_at, status, started_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8,
    CASE WHEN $12::bigint IS NULL THEN 'queued' ELSE 'running' END,
    CASE WHEN $12::bigint IS NOT NULL THEN $8::timestamptz END)
  ON CONFLICT DO NOTHING
  RETURNING id, tenant_id, integration_id, priority, created_at, started_at
), root AS (
  INSERT INTO etl_steps (tenant_id, integration_id, job_id, stage, entity_type, params, priority,
    created_at, worker_id, state, epoch, claimed_at)
  SELECT tenant_id, integration_id, id, $9, $10, $11, priority, created_at, $12,
    CASE WHEN $12::bigint IS NULL THEN 'ready' ELSE 'running' END,
    CASE WHEN $12::bigint IS NULL THEN 0 ELSE 1 END, started_at FROM job
  RETURNING id, job_id
)
SELECT job_id, id FROM root

-- name: integration
SELECT 1 FROM integrations WHERE tenant_id = $1 AND id = $2

-- name: find_by_idempotency_key
SELECT id FROM etl_jobs WHERE tenant_id = $1 AND idempotency_key = $2

-- name: find_active
-- The exclusive job under way.
SELECT id, job_type, options FROM etl_jobs
WHERE tenant_id = $1 AND integration_id = $2 AND exclusive AND status IN ('queued', 'running')

-- name: find_equal
-- A job beside the exclusive one that asks for the same and has not begun.
SELECT id FROM etl_jobs
WHERE tenant_id = $1 AND integration_id = $2 AND NOT exclusive AND status = 'queued'
  AND NOT cancel_requested AND job_type = $3 AND md5(options) = md5($4) AND options = $4
ORDER BY id LIMIT 1

-- name: get
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at, exclusive
FROM etl_jobs WHERE tenant_id = $1 AND id = $2

-- name: get_locked
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at, exclusive
FROM etl_jobs WHERE tenant_id = $1 AND id = $2 FOR UPDATE

-- name: list
-- $2 null: of every integration.
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at, exclusive
FROM etl_jobs WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2

-- name: list_of_integration
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at, exclusive
FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2 ORDER BY id DESC LIMIT $3

-- name: add_open_steps
-- Counts children in and closed steps out. The one to whom this returns 0 ends the job.
UPDATE etl_jobs SET open_steps = open_steps + $3 WHERE tenant_id = $1 AND id = $2
RETURNING open_steps, cancel_requested

-- name: cancelled_among
-- Those of $2 that are being cancelled; locked, so that a cancellation comes before or after.
SELECT id, cancel_requested FROM etl_jobs WHERE tenant_id = $1 AND id = ANY($2::bigint[])
ORDER BY id FOR UPDATE

-- name: request_cancel
UPDATE etl_jobs SET cancel_requested = true
WHERE tenant_id = $1 AND id = $2 AND status IN ('queued', 'running')

-- name: finish
UPDATE etl_jobs SET status = $3, error = $4, finished_at = $5 WHERE tenant_id = $1 AND id = $2

-- name: reopen
UPDATE etl_jobs SET status = 'running', error = '', finished_at = NULL, cancel_requested = false,
  open_steps = $3
WHERE tenant_id = $1 AND id = $2

-- name: verdict
-- What the end of a job is decided from.
SELECT
  (SELECT count(*) FROM etl_steps WHERE tenant_id = $1 AND job_id = $2 AND state = 'failed'),
  (SELECT count(*) FROM etl_steps
    WHERE tenant_id = $1 AND job_id = $2 AND state = 'failed' AND is_fatal),
  (SELECT error FROM etl_steps WHERE tenant_id = $1 AND job_id = $2 AND state = 'failed'
    ORDER BY is_fatal DESC, id LIMIT 1),
  (SELECT coalesce(sum(records), 0)::bigint FROM job_entities WHERE tenant_id = $1 AND job_id = $2),
  (SELECT coalesce(sum(inserted + updated), 0)::bigint FROM job_entities
    WHERE tenant_id = $1 AND job_id = $2),
  (SELECT count(*) FROM dead_letters WHERE tenant_id = $1 AND job_id = $2 AND state = 'open'),
  (SELECT count(*) FROM job_gaps WHERE tenant_id = $1 AND job_id = $2),
  EXISTS (SELECT 1 FROM job_windows WHERE tenant_id = $1 AND job_id = $2)

-- name: resolve_links
-- Issue keys found in pull requests become links once the issue is there; a moved key is corrected.
-- Looks at links that name one of the keys $2 or point at one of the issues $3. Several
-- integrations may have a key: the smallest row id wins, so the result is always the same. Two
-- looks and not one with OR: that needs a bitmap of both indexes, or reads all links.
UPDATE work_item_prs l SET work_item_id = w.id
FROM (
  SELECT a.id AS link_id, (SELECT min(i.id) FROM work_items i
    WHERE i.tenant_id = $1 AND i.key = a.work_item_key) AS id
  FROM (
    SELECT k.id, k.work_item_key FROM work_item_prs k
    WHERE k.tenant_id = $1 AND k.work_item_key = ANY($2::text[])
    UNION
    SELECT p.id, p.work_item_key FROM work_item_prs p
    WHERE p.tenant_id = $1 AND p.work_item_id = ANY($3::bigint[])
  ) a
) w
WHERE l.tenant_id = $1 AND l.id = w.link_id AND l.work_item_id IS DISTINCT FROM w.id
