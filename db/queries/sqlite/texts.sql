-- Texts of rows for embedding.

-- name: work_item
SELECT id, integration_id, external_id, coalesce(title, ''), coalesce(key, ''), coalesce(description, ''),
  deleted_at IS NOT NULL
FROM work_items WHERE tenant_id = ?1 AND id = ?2

-- name: pr
SELECT id, integration_id, external_id, coalesce(title, ''),
  coalesce(repository_name, '') || '#' || coalesce(number, ''), coalesce(body, ''),
  deleted_at IS NOT NULL
FROM prs WHERE tenant_id = ?1 AND id = ?2

-- name: work_items_after
SELECT id FROM work_items WHERE tenant_id = ?1 AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3

-- name: prs_after
SELECT id FROM prs WHERE tenant_id = ?1 AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3
