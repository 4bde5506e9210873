-- Raw pages: one narrow row per fetched page, the compressed bytes beside it.

-- name: newest_of_requests
-- The newest page of each request ($3, $4, $5: hashes, entity types, requests), with its place in
-- the arrays from 1.
SELECT u.ordinal, r.processing_status, r.content_hash, r.transform_version, EXISTS (
    SELECT 1 FROM dead_letters d WHERE d.tenant_id = $1 AND d.raw_id = r.id AND d.state = 'open')
FROM unnest($3::bigint[], $4::text[], $5::text[]) WITH ORDINALITY
  AS u(request_hash, entity_type, request, ordinal)
CROSS JOIN LATERAL (
  SELECT n.id, n.processing_status, n.content_hash, n.transform_version FROM raw_extraction_data n
  WHERE n.tenant_id = $1 AND n.integration_id = $2 AND n.request_hash = u.request_hash
    AND n.entity_type = u.entity_type AND n.request = u.request
  ORDER BY n.id DESC LIMIT 1) r

-- name: new_ids
-- tenant: any, a sequence has no tenant (tenant_id comes with the rows)
SELECT nextval('raw_extraction_data_id_seq') FROM generate_series(1, $1)

-- name: insert
-- $6..: ids, entity types, statuses, errors, record counts, requests, request hashes, content
-- hashes, HTTP statuses, sizes, times of fetch.
INSERT INTO raw_extraction_data (tenant_id, integration_id, job_id, step_id, created_at, id,
  entity_type, processing_status, error_details, record_count, request, request_hash, content_hash,
  http_status, body_bytes, fetched_at) OVERRIDING SYSTEM VALUE
SELECT $1, $2, $3, $4, $5, u.id, u.entity_type, u.status, u.error, u.records, u.request,
  u.request_hash, u.content_hash, u.http_status, u.body_bytes, u.fetched_at
FROM unnest($6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[],
  $12::bigint[], $13::text[], $14::bigint[], $15::bigint[], $16::timestamptz[])
  AS u(id, entity_type, status, error, records, request, request_hash, content_hash, http_status,
    body_bytes, fetched_at)

-- name: insert_bodies
INSERT INTO raw_bodies (tenant_id, created_at, raw_id, body)
SELECT $1, $2, u.id, u.body FROM unnest($3::bigint[], $4::bytea[]) AS u(id, body)

-- name: settle
-- $2..: ids, statuses, errors, record counts, transform versions.
UPDATE raw_extraction_data r SET processing_status = u.status, error_details = u.error,
  record_count = u.records, transform_version = u.version
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
  AS u(id, status, error, records, version)
WHERE r.tenant_id = $1 AND r.id = ANY($2::bigint[]) AND r.id = u.id

-- name: fail_pages
UPDATE raw_extraction_data SET processing_status = 'failed', error_details = $3
WHERE tenant_id = $1 AND processing_status = 'pending' AND id = ANY($2::bigint[])

-- name: reopen_pages
UPDATE raw_extraction_data SET processing_status = 'pending', error_details = NULL
WHERE tenant_id = $1 AND processing_status = 'failed' AND id = ANY($2::bigint[])

-- name: record_refusal
INSERT INTO raw_extraction_data (tenant_id, entity_type, processing_status, error_details, created_at)
VALUES ($1, $2, 'failed', $3, $4) RETURNING id

-- name: read
-- In the order of $2. created_at picks the body's partition.
SELECT r.id, r.integration_id, r.entity_type, r.request, r.fetched_at, r.body_bytes, b.body
FROM unnest($2::bigint[]) WITH ORDINALITY AS u(id, ordinal)
CROSS JOIN LATERAL (
  SELECT * FROM raw_extraction_data p WHERE p.tenant_id = $1 AND p.id = u.id OFFSET 0) r
CROSS JOIN LATERAL (
  SELECT c.body FROM raw_bodies c
  WHERE c.tenant_id = $1 AND c.raw_id = r.id AND c.created_at = r.created_at OFFSET 0) b
ORDER BY u.ordinal

-- name: newest
-- $3 empty: of every entity type. Pages without a body (refusals) cannot be replayed.
SELECT id, integration_id, entity_type, processing_status, coalesce(error_details, ''), record_count,
  created_at
FROM raw_extraction_data
WHERE tenant_id = $1 AND integration_id = $2 AND ($3 = '' OR entity_type = $3)
  AND id IN (SELECT max(id) FROM raw_extraction_data
             WHERE tenant_id = $1 AND integration_id = $2 GROUP BY request_hash)
ORDER BY id

-- name: delete_old
-- Settled pages older than $2 that nothing needs any more: not the newest of their request, no open
-- dead letter. Refusals have no request, and nobody replays them.
WITH old AS (
  SELECT r.id, r.created_at FROM raw_extraction_data r
  WHERE r.tenant_id = $1 AND r.created_at < $2 AND r.processing_status IN ('completed', 'failed')
    AND (r.integration_id IS NULL OR EXISTS (
      SELECT 1 FROM raw_extraction_data n WHERE n.tenant_id = $1
        AND n.integration_id = r.integration_id AND n.request_hash = r.request_hash AND n.id > r.id))
    AND NOT EXISTS (SELECT 1 FROM dead_letters d
      WHERE d.tenant_id = $1 AND d.raw_id = r.id AND d.state = 'open')
  ORDER BY r.created_at, r.id LIMIT $3
), bodies AS (
  DELETE FROM raw_bodies b USING old
  WHERE b.tenant_id = $1 AND b.raw_id = old.id AND b.created_at = old.created_at
)
DELETE FROM raw_extraction_data r USING old WHERE r.tenant_id = $1 AND r.id = old.id

-- name: insert_staged
-- $3..: steps, entity types, row counts, bodies. What the pages were is in the step's params.
INSERT INTO staged_rows (tenant_id, job_id, step_id, entity_type, row_count, raws, body)
SELECT $1, $2, u.step_id, u.entity_type, u.row_count, '', u.body
FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::bytea[])
  AS u(step_id, entity_type, row_count, body)

-- name: read_staged
-- The step knows how many rows there should be; the body is null when staging was lost.
SELECT s.entity_type, s.staged_rows, s.params, t.body
FROM etl_steps s LEFT JOIN staged_rows t ON t.tenant_id = $1 AND t.step_id = s.id
WHERE s.tenant_id = $1 AND s.id = $2 AND s.staged_rows IS NOT NULL AND s.state IN ('ready', 'running')

-- name: forget_staged
DELETE FROM staged_rows WHERE tenant_id = $1 AND step_id = ANY($2::bigint[])

-- name: forget_staged_of_job
DELETE FROM staged_rows WHERE tenant_id = $1 AND job_id = $2
