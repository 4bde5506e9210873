-- Advisory locks of the transaction.

-- name: rows
-- The lock $3 of an integration's rows: shared when the $4 steps of the caller are all that job $2
-- has open, since then nobody else counts for it. Returns whether it is shared.
SELECT open_steps = $4, CASE WHEN open_steps = $4
  THEN pg_advisory_xact_lock_shared($3) IS NULL ELSE pg_advisory_xact_lock($3) IS NULL END
FROM etl_jobs WHERE tenant_id = $1 AND id = $2

-- name: keys
-- tenant: any, $1 are hashes of keys of the transaction's tenant_id, in order
SELECT count(pg_advisory_xact_lock(key) IS NULL) FROM unnest($1::bigint[]) AS u(key)

-- name: integration
-- tenant: any, $1 names an integration of the transaction's tenant_id
SELECT pg_advisory_xact_lock($1)

-- name: links_shared
-- tenant: any, $1 names the transaction's tenant_id
SELECT pg_advisory_xact_lock_shared($1)
