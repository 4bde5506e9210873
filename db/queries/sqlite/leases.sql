-- Leases: which processes live, and which of them leads. No tenant has a part in it.

-- name: new_worker
-- tenant: any, a worker serves every tenant
INSERT INTO workers (started_at, lease_until) VALUES (?1, ?2)

-- name: extend
-- tenant: any, a worker serves every tenant
UPDATE workers SET lease_until = ?2 WHERE id = ?1

-- name: end_others
-- tenant: any, a worker serves every tenant
-- 0, not now: a clock that is set back afterwards must not bring them to life.
UPDATE workers SET lease_until = 0 WHERE id <> ?1

-- name: live_workers
-- tenant: any, a worker serves every tenant
SELECT count(*) FROM workers WHERE lease_until > ?1

-- name: forget_workers
-- tenant: any, a worker serves every tenant. One that still holds a step is kept until it is recovered.
DELETE FROM workers WHERE lease_until < ?1
  AND id NOT IN (SELECT worker_id FROM etl_steps WHERE state = 'running')
  AND id NOT IN (SELECT worker_id FROM leader)

-- name: unseat_others
-- tenant: any, the leader serves every tenant
UPDATE leader SET lease_until = 0 WHERE worker_id <> ?1

-- name: lead
-- tenant: any, the leader serves every tenant
-- Takes office when nobody holds it (a new term) or stays in it; no row while another leads.
INSERT INTO leader (id, term, worker_id, lease_until) VALUES (1, 1, ?1, ?2)
ON CONFLICT (id) DO UPDATE SET
  term = CASE WHEN worker_id = ?1 AND lease_until > ?3 THEN term ELSE term + 1 END,
  worker_id = ?1,
  lease_until = ?2
WHERE worker_id = ?1 OR lease_until <= ?3
RETURNING term

-- name: resign
-- tenant: any, the leader serves every tenant
UPDATE leader SET lease_until = 0 WHERE term = ?1 AND lease_until > ?2

-- name: in_office
-- tenant: any, the leader serves every tenant
SELECT 1 FROM leader WHERE term = ?1 AND lease_until > ?2
