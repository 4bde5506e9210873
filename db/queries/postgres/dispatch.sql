-- The leader's side: every tenant's steps, no payload, no parameter. Runs as pulse_dispatch. Leases
-- and terms go by the database's clock; a call of a leader whose term is over does nothing.

-- name: new_worker
-- tenant: any, a worker serves every tenant
INSERT INTO workers (lease_until) VALUES (clock_timestamp() + $1 * interval '1 millisecond') RETURNING id

-- name: hold_worker
-- tenant: any, a session lock that falls free when the process dies
SELECT pg_advisory_lock($1::int, $2::int)

-- name: release_worker
-- tenant: any, as hold_worker
SELECT pg_advisory_unlock($1::int, $2::int)

-- name: renew_worker
-- tenant: any, a worker serves every tenant
UPDATE workers SET lease_until = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1

-- name: retire_worker
-- tenant: any, a worker serves every tenant
UPDATE workers SET lease_until = least(lease_until, clock_timestamp()) WHERE id = $1

-- name: end_other_leases
-- tenant: any, a worker serves every tenant
UPDATE workers SET lease_until = clock_timestamp() WHERE id <> $1 AND lease_until > clock_timestamp()

-- name: live_workers
-- tenant: any, a worker serves every tenant. One whose session lock ($1 is its class) is free is
-- dead, whatever its lease says.
SELECT count(*) FROM workers
WHERE lease_until > clock_timestamp() AND NOT pg_try_advisory_xact_lock($1::int, id::int)

-- name: make_room
-- tenant: any, the partitions hold everybody's raw pages
SELECT ensure_raw_body_partitions(2)

-- name: forget_workers
-- tenant: any, a worker serves every tenant. One that still holds a step is kept until it is recovered.
DELETE FROM workers w WHERE lease_until < clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT 1 FROM etl_steps s WHERE s.state = 'running' AND s.worker_id = w.id)
  AND NOT EXISTS (SELECT 1 FROM leader l WHERE l.worker_id = w.id)

-- name: lead
-- tenant: any, one leader for all. Stays for the same term when it is the leader still; takes over,
-- for a new term, when nobody is: the lease has ended, or the leader's session lock ($3 is its
-- class) is free since its process died.
INSERT INTO leader AS l (id, term, worker_id, lease_until)
VALUES (1, 1, $1, clock_timestamp() + $2 * interval '1 millisecond')
ON CONFLICT (id) DO UPDATE SET
  term = l.term + CASE WHEN l.worker_id = $1 AND l.lease_until > clock_timestamp() THEN 0 ELSE 1 END,
  worker_id = $1, lease_until = excluded.lease_until
WHERE l.worker_id = $1 OR l.lease_until <= clock_timestamp()
  OR pg_try_advisory_xact_lock($3::int, l.worker_id::int)
RETURNING term

-- name: unseat_others
-- tenant: any, one leader for all
UPDATE leader SET lease_until = clock_timestamp() WHERE worker_id <> $1

-- name: resign
-- tenant: any, one leader for all
UPDATE leader SET lease_until = clock_timestamp()
WHERE id = 1 AND term = $1 AND lease_until > clock_timestamp()

-- name: in_office
-- tenant: any, one leader for all
SELECT 1 FROM leader WHERE id = 1 AND term = $1 AND lease_until > clock_timestamp()

-- name: take_ready
-- Up to $4 steps of each tenant and stage rung since $3 and not claimed; rings as many more. One
-- hop in the index per (tenant_id, stage) that has anything ready, whatever the backlog.
WITH RECURSIVE queues AS (
  (SELECT tenant_id, stage FROM etl_steps WHERE state = 'ready' ORDER BY tenant_id, stage LIMIT 1)
  UNION ALL
  SELECT n.tenant_id, n.stage FROM queues q CROSS JOIN LATERAL (
    SELECT s.tenant_id, s.stage FROM etl_steps s
    WHERE s.state = 'ready' AND (s.tenant_id, s.stage) > (q.tenant_id, q.stage)
    ORDER BY s.tenant_id, s.stage LIMIT 1) n
), picked AS (
  SELECT q.tenant_id, p.id, p.place FROM queues q
  CROSS JOIN LATERAL (
    SELECT count(*) AS waiting FROM (
      SELECT 1 FROM etl_steps s
      WHERE s.tenant_id = q.tenant_id AND s.stage = q.stage AND s.state = 'ready' AND s.rung_at > $3
      LIMIT $4) r) rung
  CROSS JOIN LATERAL (
    SELECT c.id, row_number() OVER (ORDER BY c.priority, c.id) AS place FROM (
      SELECT s.id, s.priority FROM etl_steps s
      WHERE s.tenant_id = q.tenant_id AND s.stage = q.stage AND s.state = 'ready'
        AND s.run_after <= $2 AND (s.rung_at IS NULL OR s.rung_at <= $3)
      ORDER BY s.priority, s.id LIMIT greatest($4 - rung.waiting, 0)) c) p
  WHERE EXISTS (SELECT 1 FROM leader
    WHERE id = 1 AND term = $1 AND lease_until > clock_timestamp())
), rung AS (
  UPDATE etl_steps s SET rung_at = $2 FROM picked p
  -- Not "= 'ready'": that would offer the planner the backlog's indexes for a look-up by key.
  WHERE s.tenant_id = p.tenant_id AND s.id = p.id AND s.state <> 'running'
  RETURNING s.tenant_id, s.id, s.stage, p.place
)
SELECT tenant_id, id, stage FROM rung ORDER BY place, tenant_id, stage

-- name: next_due
-- tenant: any, one clock for all
SELECT min(run_after) FROM etl_steps WHERE state = 'ready' AND run_after > 'epoch' AND run_after > $1

-- name: ready_by_stage
-- tenant: any, the queue gauges have no tenant
SELECT stage, count(*) FROM etl_steps WHERE state = 'ready' GROUP BY stage

-- name: held_by
-- tenant: any, a worker holds steps of several
SELECT tenant_id, id, epoch FROM etl_steps
WHERE state = 'running' AND worker_id = $1 AND claimed_at <= $2 LIMIT 1000

-- name: find_lost
-- tenant: any, a dead worker held steps of several. Dead is whose lease has ended or whose session
-- lock ($2 is its class) is free; the lock taken to see that goes with the transaction.
SELECT s.id, s.tenant_id, s.job_id, s.epoch FROM etl_steps s
WHERE s.state = 'running' AND s.worker_id IN (
    SELECT h.worker_id FROM (
      SELECT DISTINCT worker_id FROM etl_steps WHERE state = 'running' AND worker_id IS NOT NULL
    ) h LEFT JOIN workers w ON w.id = h.worker_id
    WHERE w.id IS NULL OR w.lease_until <= clock_timestamp()
      OR pg_try_advisory_xact_lock($2::int, h.worker_id::int))
  AND EXISTS (SELECT 1 FROM leader WHERE id = 1 AND term = $1 AND lease_until > clock_timestamp())
ORDER BY s.tenant_id, s.job_id, s.id
