-- Removing an integration: children before parents. Domain tables are emptied by generated SQL.
-- steps goes first: it waits for workers that are committing, and no commit passes its fence after it.

-- name: api_calls
DELETE FROM job_api_calls WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: entities
DELETE FROM job_entities WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: gaps
DELETE FROM job_gaps WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: windows
DELETE FROM job_windows WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: seen
DELETE FROM job_seen WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: census
DELETE FROM job_census WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: staged
DELETE FROM staged_rows WHERE tenant_id = $1
  AND job_id IN (SELECT id FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2)

-- name: steps
DELETE FROM etl_steps WHERE tenant_id = $1 AND integration_id = $2

-- name: bodies
DELETE FROM raw_bodies b USING raw_extraction_data r
WHERE r.tenant_id = $1 AND r.integration_id = $2
  AND b.tenant_id = $1 AND b.raw_id = r.id AND b.created_at = r.created_at

-- name: raws
DELETE FROM raw_extraction_data WHERE tenant_id = $1 AND integration_id = $2

-- name: dead_letters
DELETE FROM dead_letters WHERE tenant_id = $1 AND integration_id = $2

-- name: sync_windows
DELETE FROM sync_windows WHERE tenant_id = $1 AND integration_id = $2

-- name: schedule
DELETE FROM schedules WHERE tenant_id = $1 AND integration_id = $2

-- name: jobs
DELETE FROM etl_jobs WHERE tenant_id = $1 AND integration_id = $2

-- name: secret
DELETE FROM secrets WHERE tenant_id = $1 AND integration_id = $2

-- name: audit
INSERT INTO audit_log (tenant_id, at, actor, action, detail)
VALUES ($1, $3, 'store', 'integration.remove', 'integration ' || $2::bigint)

-- name: refusals
-- Pages that never were: they belong to no integration.
DELETE FROM raw_extraction_data WHERE tenant_id = $1

-- name: tenant
-- tenant: any, $1 is the one to remove
DELETE FROM tenants WHERE id = $1

-- name: audit_tenant
INSERT INTO audit_log (tenant_id, at, actor, action, detail)
VALUES ($1, $2, 'store', 'tenant.remove', '')
