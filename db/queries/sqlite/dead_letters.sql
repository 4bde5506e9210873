-- Dead letters: records, pages and steps that were set aside.

-- name: insert
-- A record that was already set aside in this job is kept again (its page holds it) but counted once.
INSERT INTO dead_letters (tenant_id, integration_id, job_id, step_id, raw_id, entity_type, stage,
  raw_position, external_id, fingerprint, message, sample, counts_as_record, state, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
  ?13 AND NOT (?9 <> '' AND EXISTS (
    SELECT 1 FROM dead_letters d WHERE d.tenant_id = ?1 AND d.job_id = ?3 AND d.entity_type = ?6
      AND d.external_id = ?9 AND d.counts_as_record = 1 AND d.state = 'open')),
  'open', ?14)
RETURNING counts_as_record

-- name: counted_of_raw
-- Open letters of a page that this job's receipt counted.
SELECT entity_type, count(*) FROM dead_letters
WHERE tenant_id = ?1 AND raw_id = ?2 AND state = 'open' AND job_id = ?3 AND counts_as_record = 1
GROUP BY entity_type

-- name: resolve_raw
UPDATE dead_letters SET state = 'replayed', settled_at = ?3
WHERE tenant_id = ?1 AND raw_id = ?2 AND state = 'open'

-- name: resolve_step
UPDATE dead_letters SET state = 'replayed', settled_at = ?4
WHERE tenant_id = ?1 AND job_id = ?2 AND step_id = ?3 AND state = 'open'

-- name: list
SELECT id, integration_id, job_id, raw_id, entity_type, stage, raw_position, external_id, fingerprint,
  message, sample, counts_as_record, state, created_at
FROM dead_letters
WHERE tenant_id = ?1 AND (?2 IS NULL OR integration_id = ?2) AND (?3 = '' OR fingerprint = ?3)
  AND (?4 = '' OR state = ?4)
  AND (?6 IS NULL OR id = ?6)
ORDER BY id DESC LIMIT ?5

-- name: get
SELECT id, integration_id, job_id, raw_id, entity_type, stage, raw_position, external_id, fingerprint,
  message, sample, counts_as_record, state, created_at
FROM dead_letters WHERE tenant_id = ?1 AND id = ?2

-- name: groups
SELECT g.fingerprint, g.entity_type, f.message, g.letters, g.first_at, g.last_at
FROM (SELECT fingerprint, entity_type, count(*) AS letters, min(created_at) AS first_at,
        max(created_at) AS last_at, min(id) AS first_id
      FROM dead_letters WHERE tenant_id = ?1 AND state = 'open' GROUP BY fingerprint, entity_type) g
JOIN dead_letters f ON f.id = g.first_id
ORDER BY g.letters DESC, g.fingerprint, g.entity_type

-- name: discard
UPDATE dead_letters SET state = 'discarded', state_reason = ?6, settled_at = ?7
WHERE tenant_id = ?1 AND id IN (
  SELECT id FROM dead_letters
  WHERE tenant_id = ?1 AND (?2 IS NULL OR integration_id = ?2) AND (?3 = '' OR fingerprint = ?3)
    AND state = 'open' AND (?4 = '' OR state = ?4)
    AND (?8 IS NULL OR id = ?8)
  ORDER BY id DESC LIMIT ?5)
