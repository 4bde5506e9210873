-- Advisory locks of the transaction.

-- name: integration
-- tenant: any, $1 names an integration of the transaction's tenant_id
SELECT pg_advisory_xact_lock($1)

-- name: links_shared
-- tenant: any, $1 names the transaction's tenant_id
SELECT pg_advisory_xact_lock_shared($1)
