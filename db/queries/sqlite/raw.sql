-- Raw pages: one narrow row per fetched page, the compressed bytes beside it.

-- name: newest_of_request
SELECT id, processing_status, content_hash, transform_version, EXISTS (
    SELECT 1 FROM dead_letters d WHERE d.tenant_id = ?1 AND d.raw_id = r.id AND d.state = 'open')
FROM raw_extraction_data r
WHERE tenant_id = ?1 AND integration_id = ?2 AND request_hash = ?3 AND entity_type = ?4
  AND request = ?5
ORDER BY id DESC LIMIT 1

-- name: insert
INSERT INTO raw_extraction_data (tenant_id, integration_id, entity_type, processing_status,
  error_details, record_count, created_at, job_id, step_id, request, request_hash, content_hash,
  http_status, body_bytes, fetched_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)

-- name: insert_body
INSERT INTO raw_bodies (raw_id, tenant_id, created_at, body) VALUES (?1, ?2, ?3, ?4)

-- name: settle
UPDATE raw_extraction_data
SET processing_status = ?3, error_details = ?4, record_count = ?5, transform_version = ?6
WHERE tenant_id = ?1 AND id = ?2

-- name: fail_pages_of_step
-- ?2 are the step's params; it names its pages in raw_ids.
UPDATE raw_extraction_data SET processing_status = 'failed', error_details = ?3
WHERE tenant_id = ?1 AND processing_status = 'pending'
  AND id IN (SELECT value FROM json_each(?2, '$.raw_ids'))

-- name: reopen_pages_of_step
UPDATE raw_extraction_data SET processing_status = 'pending', error_details = NULL
WHERE tenant_id = ?1 AND processing_status = 'failed'
  AND id IN (SELECT value FROM json_each(?2, '$.raw_ids'))

-- name: record_refusal
INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, error_details, created_at)
VALUES (?1, ?2, 'failed', ?3, ?4)

-- name: read
SELECT r.integration_id, r.entity_type, r.request, r.fetched_at, r.body_bytes, b.body
FROM raw_extraction_data r JOIN raw_bodies b ON b.raw_id = r.id AND b.tenant_id = r.tenant_id
WHERE r.tenant_id = ?1 AND r.id = ?2

-- name: newest
-- ?3 empty: of every entity type. Pages without a body (refusals) cannot be replayed.
SELECT id, integration_id, entity_type, processing_status, coalesce(error_details, ''), record_count,
  created_at
FROM raw_extraction_data
WHERE tenant_id = ?1 AND integration_id = ?2 AND (?3 = '' OR entity_type = ?3)
  AND id IN (SELECT max(id) FROM raw_extraction_data
             WHERE tenant_id = ?1 AND integration_id = ?2 GROUP BY request_hash)
ORDER BY id

-- name: old
-- Settled pages older than ?2 that nothing needs any more: not the newest of their request, no open
-- dead letter. Refusals have no request, and nobody replays them.
SELECT id FROM raw_extraction_data r
WHERE tenant_id = ?1 AND created_at < ?2 AND processing_status IN ('completed', 'failed')
  AND (integration_id IS NULL OR EXISTS (
    SELECT 1 FROM raw_extraction_data n WHERE n.tenant_id = ?1 AND n.integration_id = r.integration_id
      AND n.request_hash = r.request_hash AND n.id > r.id))
  AND NOT EXISTS (
    SELECT 1 FROM dead_letters d WHERE d.tenant_id = ?1 AND d.raw_id = r.id AND d.state = 'open')
ORDER BY created_at, id LIMIT ?3

-- name: delete_body
DELETE FROM raw_bodies WHERE tenant_id = ?1 AND raw_id = ?2

-- name: delete_page
DELETE FROM raw_extraction_data WHERE tenant_id = ?1 AND id = ?2

-- name: insert_staged
INSERT INTO staged_rows (step_id, tenant_id, job_id, entity_type, row_count, raws, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)

-- name: read_staged
SELECT entity_type, row_count, raws, body FROM staged_rows
WHERE tenant_id = ?1 AND step_id = ?2

-- name: forget_staged_of_step
DELETE FROM staged_rows WHERE tenant_id = ?1 AND step_id = ?2

-- name: forget_staged_of_job
DELETE FROM staged_rows WHERE tenant_id = ?1 AND job_id = ?2
