-- Steps: the unit of work. docs/states.md lists the legal transitions. Whoever makes a step ready
-- looks at the job's cancel_requested afterwards, under the job's row lock; steps are locked before
-- jobs, everywhere.

-- name: claim
-- Step $2 and up to $6 more of its job, stage and entity type, for worker $3 at $4. Steps that have
-- crashed $5 times are claimed alone. What others hold locked is theirs: skipped, not waited for.
WITH first AS (
  SELECT id, job_id, stage, entity_type, crashes FROM etl_steps
  -- Not plainly "state = 'ready'": that would offer the planner the backlog's indexes for a look-up
  -- by key.
  WHERE tenant_id = $1 AND id = $2 AND (state = 'ready') IS TRUE AND run_after <= $4
  FOR UPDATE SKIP LOCKED
), company AS (
  SELECT c.id FROM first f CROSS JOIN LATERAL (
    SELECT s.id FROM etl_steps s
    WHERE s.tenant_id = $1 AND s.job_id = f.job_id AND s.stage = f.stage
      AND s.entity_type = f.entity_type AND s.state = 'ready' AND s.id <> f.id
      AND s.run_after <= $4 AND s.crashes < $5 AND f.crashes < $5
    ORDER BY s.priority, s.id LIMIT $6
    FOR UPDATE SKIP LOCKED) c
), claimed AS (
  UPDATE etl_steps s SET state = 'running', epoch = s.epoch + 1, worker_id = $3, claimed_at = $4
  FROM (SELECT id FROM first UNION ALL SELECT id FROM company) p
  WHERE s.tenant_id = $1 AND s.id = p.id
  RETURNING s.id, s.integration_id, s.job_id, s.stage, s.entity_type, s.params, s.epoch, s.attempts,
    s.priority
), started AS (
  UPDATE etl_jobs SET status = 'running', started_at = coalesce(started_at, $4)
  WHERE tenant_id = $1 AND (status = 'queued') IS TRUE AND id = (SELECT job_id FROM claimed LIMIT 1)
)
SELECT id, integration_id, job_id, stage, entity_type, params, epoch, attempts, priority,
  (SELECT options FROM etl_jobs j WHERE j.tenant_id = $1 AND j.id = claimed.job_id)
FROM claimed ORDER BY id <> $2, priority, id

-- name: close
-- The fence: a step that moved on since it was claimed matches nothing. $3, $4: ids and epochs.
UPDATE etl_steps s SET state = 'done', finished_at = $5, worker_id = NULL, error = ''
FROM unnest($3::bigint[], $4::bigint[]) AS u(id, epoch)
WHERE s.tenant_id = $1 AND s.id = ANY($3::bigint[]) AND s.id = u.id AND s.job_id = $2
  AND s.epoch = u.epoch AND s.state = 'running'

-- name: held
-- How many of these steps ($3, $4: ids and epochs) are closed as done by their own epoch.
SELECT count(*) FROM etl_steps s
JOIN unnest($3::bigint[], $4::bigint[]) AS u(id, epoch) ON s.id = u.id AND s.epoch = u.epoch
WHERE s.tenant_id = $1 AND s.id = ANY($3::bigint[]) AND s.job_id = $2 AND s.state = 'done'

-- name: put_back
-- $2, $3: ids and epochs; $5: whether it counts as an attempt.
UPDATE etl_steps s SET state = 'ready', run_after = $4, attempts = s.attempts + $5::int, error = $6,
  worker_id = NULL, rung_at = NULL
FROM unnest($2::bigint[], $3::bigint[]) AS u(id, epoch)
WHERE s.tenant_id = $1 AND s.id = ANY($2::bigint[]) AND s.id = u.id AND s.epoch = u.epoch
  AND s.state = 'running'
RETURNING s.job_id

-- name: fail
-- $3, $4: ids and epochs.
UPDATE etl_steps s SET state = 'failed', error = $5, is_fatal = $6, finished_at = $7,
  attempts = s.attempts + 1, worker_id = NULL
FROM unnest($3::bigint[], $4::bigint[]) AS u(id, epoch)
WHERE s.tenant_id = $1 AND s.id = ANY($3::bigint[]) AND s.id = u.id AND s.job_id = $2
  AND s.epoch = u.epoch AND s.state = 'running'

-- name: insert
-- $5, $6, $7: stages, entity types, params.
INSERT INTO etl_steps (tenant_id, integration_id, job_id, priority, created_at, stage, entity_type,
  params, state)
SELECT $1, $2, $3, $4, $8, u.stage, u.entity_type, u.params, 'ready'
FROM unnest($5::text[], $6::text[], $7::text[]) AS u(stage, entity_type, params)

-- name: insert_claimed
-- Steps in the hands of worker $8 from their birth; $7: their params. Ids in the order of $7.
INSERT INTO etl_steps (tenant_id, integration_id, job_id, priority, stage, entity_type, params,
  state, epoch, worker_id, created_at, claimed_at)
SELECT $1, $2, $3, $4, $5, $6, u.params, 'running', 1, $8, $9, $9
FROM unnest($7::text[]) WITH ORDINALITY AS u(params, place) ORDER BY u.place
RETURNING id

-- name: born_claimed
-- Of the steps that insert_claimed gave to worker $3 with the params $4: the ids, by place in $4, of
-- those that are the worker's still.
SELECT s.id, u.place FROM etl_steps s
JOIN unnest($4::text[]) WITH ORDINALITY AS u(params, place) ON s.params = u.params
WHERE s.tenant_id = $1 AND s.job_id = $2 AND s.state = 'running' AND s.worker_id = $3
  AND s.epoch = 1
ORDER BY u.place

-- name: new_ids
-- tenant: any, a sequence has no tenant (tenant_id comes with the rows)
SELECT nextval('etl_steps_id_seq') FROM generate_series(1, $1)

-- name: insert_loads
-- Load steps with the ids their staging is stored under. $5..$8: ids, entity types, params, rows.
INSERT INTO etl_steps (tenant_id, integration_id, job_id, priority, created_at, id, stage,
  entity_type, params, staged_rows, state) OVERRIDING SYSTEM VALUE
SELECT $1, $2, $3, $4, $9, u.id, 'load', u.entity_type, u.params, u.staged_rows, 'ready'
FROM unnest($5::bigint[], $6::text[], $7::text[], $8::bigint[])
  AS u(id, entity_type, params, staged_rows)

-- name: cancel_ready
UPDATE etl_steps SET state = 'cancelled', finished_at = $3
WHERE tenant_id = $1 AND job_id = $2 AND state = 'ready'

-- name: list_failed
SELECT id, params FROM etl_steps WHERE tenant_id = $1 AND job_id = $2 AND state = 'failed' ORDER BY id
FOR UPDATE

-- name: reopen
UPDATE etl_steps SET state = 'ready', attempts = 0, crashes = 0, run_after = 'epoch', rung_at = NULL,
  is_fatal = false, finished_at = NULL
WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND state = 'failed'

-- name: progress
SELECT stage, state, count(*) FROM etl_steps
WHERE tenant_id = $1 AND job_id = $2 GROUP BY stage, state

-- name: waiting
-- The earliest time of a job whose open steps all wait, and why.
SELECT run_after, error FROM etl_steps WHERE tenant_id = $1 AND job_id = $2 AND state = 'ready'
ORDER BY run_after LIMIT 1

-- name: lost_of_job
-- Lost steps of one job, locked: those of $3 that are still running at these epochs ($4).
SELECT s.id, s.stage, s.entity_type, s.params, s.crashes FROM etl_steps s
JOIN unnest($3::bigint[], $4::bigint[]) AS u(id, epoch) ON s.id = u.id AND s.epoch = u.epoch
WHERE s.tenant_id = $1 AND s.id = ANY($3::bigint[]) AND s.job_id = $2 AND s.state = 'running'
ORDER BY s.id FOR UPDATE OF s

-- name: park
-- $2, $3, $4: ids, crashes and errors.
UPDATE etl_steps s SET state = 'failed', crashes = u.crashes, error = u.error, worker_id = NULL,
  finished_at = $5
FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS u(id, crashes, error)
WHERE s.tenant_id = $1 AND s.id = ANY($2::bigint[]) AND s.id = u.id AND s.state = 'running'

-- name: recover
UPDATE etl_steps s SET state = 'ready', crashes = s.crashes + 1, worker_id = NULL, rung_at = NULL
WHERE s.tenant_id = $1 AND s.id = ANY($2::bigint[]) AND s.state = 'running'

-- name: cancel_lost
UPDATE etl_steps SET state = 'cancelled', worker_id = NULL, finished_at = $3
WHERE tenant_id = $1 AND id = ANY($2::bigint[]) AND state = 'running'
