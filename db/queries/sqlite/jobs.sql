-- Jobs. The partial unique index uq_etl_jobs_active keeps one exclusive job under way per integration.

-- name: insert
INSERT INTO etl_jobs
  (tenant_id, integration_id, job_type, status, priority, options, idempotency_key, open_steps, created_at,
  exclusive)
VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?6, 1, ?7, ?8)

-- name: find_by_idempotency_key
SELECT id FROM etl_jobs WHERE tenant_id = ?1 AND idempotency_key = ?2

-- name: find_active
SELECT id, job_type, options FROM etl_jobs
WHERE tenant_id = ?1 AND integration_id = ?2 AND exclusive AND status IN ('queued', 'running')

-- name: find_equal_queued
-- For a request that is not exclusive: one that runs already may have read past what it asks for.
SELECT id FROM etl_jobs
WHERE tenant_id = ?1 AND integration_id = ?2 AND job_type = ?3 AND options = ?4
  AND NOT exclusive AND status = 'queued'

-- name: is_exclusive
SELECT exclusive FROM etl_jobs WHERE tenant_id = ?1 AND id = ?2

-- name: get
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at
FROM etl_jobs WHERE tenant_id = ?1 AND id = ?2

-- name: list
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at
FROM etl_jobs WHERE tenant_id = ?1 ORDER BY id DESC LIMIT ?2

-- name: list_of_integration
SELECT id, tenant_id, integration_id, job_type, status, priority, options, open_steps,
  cancel_requested, error, created_at, started_at, finished_at
FROM etl_jobs WHERE tenant_id = ?1 AND integration_id = ?2 ORDER BY id DESC LIMIT ?3

-- name: start
UPDATE etl_jobs SET status = 'running', started_at = ?3
WHERE tenant_id = ?1 AND id = ?2 AND status = 'queued'

-- name: add_open_steps
UPDATE etl_jobs SET open_steps = open_steps + ?3 WHERE tenant_id = ?1 AND id = ?2

-- name: request_cancel
UPDATE etl_jobs SET cancel_requested = 1
WHERE tenant_id = ?1 AND id = ?2 AND status IN ('queued', 'running')

-- name: finish
UPDATE etl_jobs SET status = ?3, error = ?4, finished_at = ?5 WHERE tenant_id = ?1 AND id = ?2

-- name: reopen
UPDATE etl_jobs
SET status = 'running', error = '', finished_at = NULL, cancel_requested = 0, open_steps = ?3
WHERE tenant_id = ?1 AND id = ?2

-- name: verdict
-- What the end of a job is decided from.
SELECT
  (SELECT count(*) FROM etl_steps WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'failed'),
  (SELECT count(*) FROM etl_steps
    WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'failed' AND is_fatal = 1),
  (SELECT error FROM etl_steps WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'failed'
    ORDER BY is_fatal DESC, id LIMIT 1),
  (SELECT coalesce(sum(records), 0) FROM job_entities WHERE tenant_id = ?1 AND job_id = ?2),
  (SELECT coalesce(sum(inserted + updated), 0) FROM job_entities WHERE tenant_id = ?1 AND job_id = ?2),
  (SELECT count(*) FROM dead_letters WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'open'),
  (SELECT count(*) FROM job_gaps WHERE tenant_id = ?1 AND job_id = ?2)

-- name: resolve_links
-- Issue keys found in pull requests become links once the issue is there; a moved key is corrected.
-- Several integrations may have the key: the smallest row id wins, so the result is always the same.
UPDATE work_item_prs SET work_item_id = (
  SELECT min(w.id) FROM work_items w WHERE w.tenant_id = ?1 AND w.key = work_item_prs.work_item_key)
WHERE tenant_id = ?1 AND work_item_id IS NOT (
  SELECT min(w.id) FROM work_items w WHERE w.tenant_id = ?1 AND w.key = work_item_prs.work_item_key)
