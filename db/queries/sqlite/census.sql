-- The ids a job's census listed. The rows they are compared with are asked for by statements composed
-- from the table descriptions (domain_sql).

-- name: add
-- ?4 is a JSON array of texts.
INSERT OR IGNORE INTO job_census (tenant_id, job_id, entity_type, external_id)
SELECT ?1, ?2, ?3, value FROM json_each(?4)

-- name: forget
DELETE FROM job_census WHERE tenant_id = ?1 AND job_id = ?2

-- name: forget_older
-- What failed jobs kept for a retry that never came.
DELETE FROM job_census
WHERE tenant_id = ?1 AND job_id IN (
  SELECT id FROM etl_jobs WHERE tenant_id = ?1 AND integration_id = ?2 AND id < ?3
    AND status NOT IN ('queued', 'running'))
