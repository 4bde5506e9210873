-- Dead letters: records, pages and steps that were set aside.

-- name: insert
-- $6..: pages (0: none), entity types, stages, positions, external ids, fingerprints, messages,
-- samples, whether each counts as a record.
INSERT INTO dead_letters (tenant_id, integration_id, job_id, created_at, step_id, raw_id, entity_type,
  stage, raw_position, external_id, fingerprint, message, sample, counts_as_record, state)
SELECT $1, $2, $3, $4, u.step_id, nullif(u.raw_id, 0), u.entity_type, u.stage, u.raw_position,
  u.external_id, u.fingerprint, u.message, u.sample, u.counts, 'open'
FROM unnest($5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::text[],
  $11::text[], $12::text[], $13::text[], $14::boolean[])
  AS u(step_id, raw_id, entity_type, stage, raw_position, external_id, fingerprint, message, sample,
    counts)

-- name: counted
-- Which of these records ($3, $4: entity types, external ids) the job's receipt counts already, but
-- for letters of the pages $5, which are about to be resolved.
SELECT DISTINCT d.entity_type, d.external_id FROM dead_letters d
JOIN unnest($3::text[], $4::text[]) AS u(entity_type, external_id)
  ON d.entity_type = u.entity_type AND d.external_id = u.external_id
WHERE d.tenant_id = $1 AND d.job_id = $2 AND d.state = 'open' AND d.counts_as_record
  AND (d.raw_id IS NULL OR d.raw_id <> ALL($5::bigint[]))

-- name: counted_of_raws
-- Open letters of pages that this job's receipt counted.
SELECT entity_type, count(*) FROM dead_letters
WHERE tenant_id = $1 AND job_id = $2 AND raw_id = ANY($3::bigint[]) AND state = 'open'
  AND counts_as_record
GROUP BY entity_type

-- name: resolve_raws
UPDATE dead_letters SET state = 'replayed', settled_at = $3
WHERE tenant_id = $1 AND raw_id = ANY($2::bigint[]) AND state = 'open'

-- name: resolve_steps
UPDATE dead_letters SET state = 'replayed', settled_at = $4
WHERE tenant_id = $1 AND job_id = $2 AND step_id = ANY($3::bigint[]) AND state = 'open'

-- name: list
-- $2 null, $3 and $4 empty: any.
SELECT id, integration_id, job_id, raw_id, entity_type, stage, raw_position, external_id, fingerprint,
  message, sample, counts_as_record, state, created_at
FROM dead_letters
WHERE tenant_id = $1 AND ($2::bigint IS NULL OR integration_id = $2) AND ($3 = '' OR fingerprint = $3)
  AND ($4 = '' OR state = $4)
  AND ($6::bigint IS NULL OR id = $6)
ORDER BY id DESC LIMIT $5

-- name: get
SELECT id, integration_id, job_id, raw_id, entity_type, stage, raw_position, external_id, fingerprint,
  message, sample, counts_as_record, state, created_at
FROM dead_letters WHERE tenant_id = $1 AND id = $2

-- name: groups
SELECT g.fingerprint, g.entity_type, f.message, g.letters, g.first_at, g.last_at
FROM (SELECT fingerprint, entity_type, count(*) AS letters, min(created_at) AS first_at,
        max(created_at) AS last_at, min(id) AS first_id
      FROM dead_letters WHERE tenant_id = $1 AND state = 'open' GROUP BY fingerprint, entity_type) g
JOIN dead_letters f ON f.tenant_id = $1 AND f.id = g.first_id
ORDER BY g.letters DESC, g.fingerprint COLLATE "C", g.entity_type COLLATE "C"

-- name: discard
UPDATE dead_letters SET state = 'discarded', state_reason = $6, settled_at = $7
WHERE tenant_id = $1 AND id IN (
  SELECT id FROM dead_letters
  WHERE tenant_id = $1 AND ($2::bigint IS NULL OR integration_id = $2)
    AND ($3 = '' OR fingerprint = $3) AND state = 'open' AND ($4 = '' OR state = $4)
    AND ($8::bigint IS NULL OR id = $8)
  ORDER BY id DESC LIMIT $5)
