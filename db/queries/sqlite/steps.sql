-- Steps: the unit of work. docs/states.md lists the legal transitions.

-- name: insert
INSERT INTO etl_steps
  (tenant_id, integration_id, job_id, stage, entity_type, params, state, priority, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ready', ?7, ?8)

-- name: find_claimable
SELECT id, integration_id, job_id, stage, entity_type, params, epoch, attempts, priority, crashes
FROM etl_steps WHERE tenant_id = ?1 AND id = ?2 AND state = 'ready' AND run_after <= ?3

-- name: find_company
-- Ready steps of the same job, stage and entity type; those that crashed their worker stay alone.
SELECT id, integration_id, job_id, stage, entity_type, params, epoch, attempts, priority, crashes
FROM etl_steps
WHERE tenant_id = ?1 AND stage = ?2 AND state = 'ready' AND job_id = ?3 AND entity_type = ?4
  AND id <> ?5 AND run_after <= ?6 AND crashes < ?7
ORDER BY priority, id LIMIT ?8

-- name: claim
UPDATE etl_steps SET state = 'running', epoch = epoch + 1, worker_id = ?3, claimed_at = ?4
WHERE tenant_id = ?1 AND id = ?2 AND state = 'ready'

-- name: close
-- The fence: a step that moved on since it was claimed matches nothing.
UPDATE etl_steps SET state = 'done', finished_at = ?5, worker_id = NULL, error = ''
WHERE tenant_id = ?1 AND id = ?2 AND job_id = ?3 AND epoch = ?4 AND state = 'running'

-- name: put_back
UPDATE etl_steps
SET state = 'ready', run_after = ?4, attempts = attempts + ?5, error = ?6, worker_id = NULL, rung_at = NULL
WHERE tenant_id = ?1 AND id = ?2 AND epoch = ?3 AND state = 'running'
RETURNING job_id

-- name: fail
UPDATE etl_steps
SET state = 'failed', error = ?5, is_fatal = ?6, finished_at = ?7, attempts = attempts + 1, worker_id = NULL
WHERE tenant_id = ?1 AND id = ?2 AND job_id = ?3 AND epoch = ?4 AND state = 'running'

-- name: cancel_ready
UPDATE etl_steps SET state = 'cancelled', finished_at = ?3
WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'ready'

-- name: list_failed
SELECT id, params FROM etl_steps WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'failed' ORDER BY id

-- name: reopen
UPDATE etl_steps
SET state = 'ready', attempts = 0, crashes = 0, run_after = 0, rung_at = NULL, is_fatal = 0,
  finished_at = NULL
WHERE tenant_id = ?1 AND id = ?2 AND state = 'failed'

-- name: progress
SELECT stage, state, count(*) FROM etl_steps
WHERE tenant_id = ?1 AND job_id = ?2 GROUP BY stage, state

-- name: waiting
-- The earliest time of a job whose open steps all wait, and why.
SELECT min(run_after), error FROM etl_steps WHERE tenant_id = ?1 AND job_id = ?2 AND state = 'ready'
HAVING min(run_after) > ?3

-- name: backlogs
-- tenant: any, the dispatcher is fair between tenants and sees no payload (tenant_id is selected)
-- Every tenant and stage with ready steps, and how many of those are rung (after ?1) and not claimed.
-- Jumps from tenant to tenant in the index: 100,000 ready steps of one cost no more than one.
WITH RECURSIVE
busy (tenant_id) AS (
  SELECT min(tenant_id) FROM etl_steps INDEXED BY ix_etl_steps_ready WHERE state = 'ready'
  UNION ALL
  SELECT (SELECT min(s.tenant_id) FROM etl_steps s INDEXED BY ix_etl_steps_ready
    WHERE s.state = 'ready' AND s.tenant_id > busy.tenant_id)
  FROM busy WHERE busy.tenant_id IS NOT NULL),
stages (stage) AS (VALUES ('extract'), ('transform'), ('load'), ('vectorize'))
SELECT busy.tenant_id, stages.stage,
  (SELECT count(*) FROM etl_steps s INDEXED BY ix_etl_steps_rung
    WHERE s.tenant_id = busy.tenant_id AND s.stage = stages.stage
    AND s.state = 'ready' AND s.rung_at IS NOT NULL AND s.rung_at > ?1)
FROM busy CROSS JOIN stages
WHERE busy.tenant_id IS NOT NULL AND EXISTS (SELECT 1 FROM etl_steps s INDEXED BY ix_etl_steps_ready
  WHERE s.tenant_id = busy.tenant_id AND s.stage = stages.stage AND s.state = 'ready')

-- name: take_ready
SELECT id FROM etl_steps INDEXED BY ix_etl_steps_ready
WHERE tenant_id = ?1 AND stage = ?2 AND state = 'ready' AND run_after <= ?3
  AND (rung_at IS NULL OR rung_at <= ?4)
ORDER BY priority, id LIMIT ?5

-- name: mark_rung
UPDATE etl_steps SET rung_at = ?3 WHERE tenant_id = ?1 AND id = ?2 AND state = 'ready'

-- name: next_due
-- tenant: any, one clock for all
SELECT min(run_after) FROM etl_steps WHERE state = 'ready' AND run_after > 0 AND run_after > ?1

-- name: ready_by_stage
-- tenant: any, the queue gauges have no tenant
SELECT stage, count(*) FROM etl_steps WHERE state = 'ready' GROUP BY stage

-- name: held_by
-- tenant: any, a worker holds steps of several
SELECT tenant_id, id, epoch FROM etl_steps INDEXED BY ix_etl_steps_running
WHERE state = 'running' AND worker_id = ?1 AND claimed_at <= ?2 LIMIT 1000

-- name: find_lost
-- tenant: any, a dead worker held steps of several
SELECT id, tenant_id, integration_id, job_id, stage, entity_type, params, crashes
FROM etl_steps INDEXED BY ix_etl_steps_running
WHERE state = 'running' AND NOT EXISTS (
  SELECT 1 FROM workers w WHERE w.id = etl_steps.worker_id AND w.lease_until > ?1)
ORDER BY id

-- name: recover
UPDATE etl_steps SET state = 'ready', crashes = ?3, worker_id = NULL, rung_at = NULL
WHERE tenant_id = ?1 AND id = ?2 AND state = 'running'

-- name: park
UPDATE etl_steps SET state = 'failed', crashes = ?3, error = ?4, worker_id = NULL, finished_at = ?5
WHERE tenant_id = ?1 AND id = ?2 AND state = 'running'

-- name: cancel_lost
UPDATE etl_steps SET state = 'cancelled', worker_id = NULL, finished_at = ?3
WHERE tenant_id = ?1 AND id = ?2
