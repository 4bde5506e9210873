-- What is proven to be loaded: disjoint windows that do not touch.

-- name: propose
-- $3..: entity types, scopes, begins, ends.
INSERT INTO job_windows (tenant_id, job_id, entity_type, scope, from_ms, to_ms)
SELECT $1, $2, u.entity_type, u.scope, u.from_ms, u.to_ms
FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[])
  AS u(entity_type, scope, from_ms, to_ms)

-- name: prove
-- Adds the windows job $2 proposed to those of integration $3: the union of both, in which windows
-- that touch are one. The caller holds the integration's window lock.
WITH proposed AS (
  SELECT entity_type, scope, from_ms, to_ms FROM job_windows
  WHERE tenant_id = $1 AND job_id = $2 AND from_ms < to_ms
), replaced AS (
  DELETE FROM sync_windows w
  WHERE w.tenant_id = $1 AND w.integration_id = $3
    AND EXISTS (SELECT 1 FROM proposed p
                WHERE p.entity_type = w.entity_type AND p.scope = w.scope)
  RETURNING w.entity_type, w.scope, w.from_ms, w.to_ms
)
INSERT INTO sync_windows (tenant_id, integration_id, entity_type, scope, from_ms, to_ms)
SELECT $1, $3, entity_type, scope, lower(span), upper(span)
FROM (
  SELECT entity_type, scope, unnest(range_agg(int8range(from_ms, to_ms))) AS span
  FROM (SELECT * FROM proposed UNION ALL SELECT * FROM replaced) every
  GROUP BY entity_type, scope
) united

-- name: forget_proposed
DELETE FROM job_windows WHERE tenant_id = $1 AND job_id = $2

-- name: watermark
SELECT max(to_ms) FROM sync_windows
WHERE tenant_id = $1 AND integration_id = $2 AND entity_type = $3 AND scope = $4

-- name: list
SELECT entity_type, scope, from_ms, to_ms FROM sync_windows
WHERE tenant_id = $1 AND integration_id = $2
ORDER BY entity_type COLLATE "C", scope COLLATE "C", from_ms
