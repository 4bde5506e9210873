-- What is proven to be loaded: disjoint windows that do not touch.

-- name: proposed
SELECT entity_type, scope, from_ms, to_ms FROM job_windows
WHERE tenant_id = ?1 AND job_id = ?2 AND to_ms > from_ms
ORDER BY entity_type, scope, from_ms

-- name: touching
-- The hull of the proven windows that ?5..?6 overlaps or touches; nulls when there is none.
SELECT min(from_ms), max(to_ms) FROM sync_windows
WHERE tenant_id = ?1 AND integration_id = ?2 AND entity_type = ?3 AND scope = ?4
  AND from_ms <= ?6 AND to_ms >= ?5

-- name: forget_between
DELETE FROM sync_windows
WHERE tenant_id = ?1 AND integration_id = ?2 AND entity_type = ?3 AND scope = ?4
  AND from_ms >= ?5 AND to_ms <= ?6

-- name: insert
INSERT INTO sync_windows (tenant_id, integration_id, entity_type, scope, from_ms, to_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)

-- name: watermark
SELECT max(to_ms) FROM sync_windows
WHERE tenant_id = ?1 AND integration_id = ?2 AND entity_type = ?3 AND scope = ?4

-- name: list
SELECT entity_type, scope, from_ms, to_ms FROM sync_windows
WHERE tenant_id = ?1 AND integration_id = ?2
ORDER BY entity_type, scope, from_ms
