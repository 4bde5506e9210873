-- What a job did: counters, calls, gaps, proposed windows, the rows it has seen, the ids it listed.

-- name: add_counts
-- $3..: entity types and their counters; a source count may be null.
INSERT INTO job_entities AS e (tenant_id, job_id, entity_type, source, records, inserted, updated,
  unchanged, deleted, quarantined, vectors)
SELECT $1, $2, u.entity_type, u.source, u.records, u.inserted, u.updated, u.unchanged, u.deleted,
  u.quarantined, u.vectors
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
  $9::bigint[], $10::bigint[], $11::bigint[])
  AS u(entity_type, source, records, inserted, updated, unchanged, deleted, quarantined, vectors)
ON CONFLICT (tenant_id, job_id, entity_type) DO UPDATE SET
  source = CASE WHEN excluded.source IS NULL THEN e.source
                ELSE coalesce(e.source, 0) + excluded.source END,
  records = e.records + excluded.records,
  inserted = e.inserted + excluded.inserted,
  updated = e.updated + excluded.updated,
  unchanged = e.unchanged + excluded.unchanged,
  deleted = e.deleted + excluded.deleted,
  quarantined = e.quarantined + excluded.quarantined,
  vectors = e.vectors + excluded.vectors

-- name: counts
SELECT entity_type, source, records, inserted, updated, unchanged, deleted, quarantined, vectors
FROM job_entities WHERE tenant_id = $1 AND job_id = $2 ORDER BY entity_type COLLATE "C"

-- name: add_api_calls
-- $3, $4: endpoints and calls.
INSERT INTO job_api_calls AS c (tenant_id, job_id, endpoint, calls)
SELECT $1, $2, u.endpoint, u.calls FROM unnest($3::text[], $4::bigint[]) AS u(endpoint, calls)
ON CONFLICT (tenant_id, job_id, endpoint) DO UPDATE SET calls = c.calls + excluded.calls

-- name: api_calls
SELECT endpoint, calls FROM job_api_calls WHERE tenant_id = $1 AND job_id = $2

-- name: add_gaps
-- $3..: steps (null: no step may close it), entity types, scopes, reasons.
INSERT INTO job_gaps (tenant_id, job_id, step_id, entity_type, scope, reason)
SELECT $1, $2, u.step_id, u.entity_type, u.scope, u.reason
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[])
  AS u(step_id, entity_type, scope, reason)

-- name: gaps
SELECT entity_type, scope, reason FROM job_gaps WHERE tenant_id = $1 AND job_id = $2 ORDER BY id

-- name: close_gaps
DELETE FROM job_gaps WHERE tenant_id = $1 AND job_id = $2 AND step_id = ANY($3::bigint[])

-- name: mark_seen
-- $3, $4: ordinals of tables and row ids.
INSERT INTO job_seen (tenant_id, job_id, table_ordinal, row_id)
SELECT $1, $2, u.table_ordinal, u.row_id FROM unnest($3::bigint[], $4::bigint[])
  AS u(table_ordinal, row_id)
ON CONFLICT DO NOTHING

-- name: unmark_seen
DELETE FROM job_seen s USING unnest($3::bigint[], $4::bigint[]) AS u(table_ordinal, row_id)
WHERE s.tenant_id = $1 AND s.job_id = $2 AND s.table_ordinal = u.table_ordinal AND s.row_id = u.row_id

-- name: forget_seen
DELETE FROM job_seen WHERE tenant_id = $1 AND job_id = $2

-- name: add_census
INSERT INTO job_census (tenant_id, job_id, entity_type, external_id)
SELECT $1, $2, $3, u.external_id FROM unnest($4::text[]) AS u(external_id)
ON CONFLICT DO NOTHING

-- name: forget_census
DELETE FROM job_census WHERE tenant_id = $1 AND job_id = $2

-- name: forget_older_census
-- What failed jobs kept for a retry that never came.
DELETE FROM job_census c USING etl_jobs j
WHERE c.tenant_id = $1 AND j.tenant_id = $1 AND j.integration_id = $2 AND j.id < $3
  AND j.status NOT IN ('queued', 'running') AND c.job_id = j.id
