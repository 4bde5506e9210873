-- What a job did: counters, calls, gaps, proposed windows, and the rows it has seen.

-- name: add_counts
INSERT INTO job_entities (tenant_id, job_id, entity_type, source, records, inserted, updated,
  unchanged, deleted, quarantined, vectors)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (tenant_id, job_id, entity_type) DO UPDATE SET
  source = CASE WHEN excluded.source IS NULL THEN source ELSE coalesce(source, 0) + excluded.source END,
  records = records + excluded.records,
  inserted = inserted + excluded.inserted,
  updated = updated + excluded.updated,
  unchanged = unchanged + excluded.unchanged,
  deleted = deleted + excluded.deleted,
  quarantined = quarantined + excluded.quarantined,
  vectors = vectors + excluded.vectors

-- name: counts
SELECT entity_type, source, records, inserted, updated, unchanged, deleted, quarantined, vectors
FROM job_entities WHERE tenant_id = ?1 AND job_id = ?2 ORDER BY entity_type

-- name: add_api_calls
INSERT INTO job_api_calls (tenant_id, job_id, endpoint, calls) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (tenant_id, job_id, endpoint) DO UPDATE SET calls = calls + excluded.calls

-- name: api_calls
SELECT endpoint, calls FROM job_api_calls WHERE tenant_id = ?1 AND job_id = ?2 ORDER BY endpoint

-- name: add_gap
INSERT INTO job_gaps (tenant_id, job_id, step_id, entity_type, scope, reason)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: gaps
SELECT entity_type, scope, reason FROM job_gaps WHERE tenant_id = ?1 AND job_id = ?2 ORDER BY id

-- name: close_gaps_of_step
DELETE FROM job_gaps WHERE tenant_id = ?1 AND job_id = ?2 AND step_id = ?3

-- name: propose_window
INSERT INTO job_windows (tenant_id, job_id, entity_type, scope, from_ms, to_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: mark_seen
INSERT OR IGNORE INTO job_seen (tenant_id, job_id, table_ordinal, row_id) VALUES (?1, ?2, ?3, ?4)

-- name: unmark_seen
DELETE FROM job_seen WHERE tenant_id = ?1 AND job_id = ?2 AND table_ordinal = ?3 AND row_id = ?4

-- name: forget_seen
DELETE FROM job_seen WHERE tenant_id = ?1 AND job_id = ?2

-- name: forget_windows
DELETE FROM job_windows WHERE tenant_id = ?1 AND job_id = ?2
