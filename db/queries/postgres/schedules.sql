-- Schedules: when an integration is synced by itself.

-- name: put
INSERT INTO schedules AS s (tenant_id, integration_id, rule, options, paused, catch_up, next_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, integration_id) DO UPDATE SET rule = excluded.rule,
  options = excluded.options, paused = excluded.paused, catch_up = excluded.catch_up,
  next_at = excluded.next_at, last_at = excluded.last_at

-- name: remove
DELETE FROM schedules WHERE tenant_id = $1 AND integration_id = $2

-- name: list
SELECT tenant_id, integration_id, rule, options, paused, catch_up, next_at, last_at
FROM schedules WHERE tenant_id = $1 ORDER BY integration_id

-- name: due
-- tenant: any, the scheduler serves every tenant_id
SELECT tenant_id, integration_id, rule, options, paused, catch_up, next_at, last_at
FROM schedules WHERE NOT paused AND next_at <= $1 ORDER BY next_at, tenant_id, integration_id LIMIT $2

-- name: next_due
-- tenant: any, one clock for all
SELECT min(next_at) FROM schedules WHERE NOT paused

-- name: advance
-- Slots are milliseconds here; one that somebody set by hand has microseconds, and is advanced too.
UPDATE schedules SET next_at = $4, last_at = $3
WHERE tenant_id = $1 AND integration_id = $2 AND date_trunc('milliseconds', next_at) = $3
