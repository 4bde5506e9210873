-- Texts of rows for embedding.

-- name: work_item
SELECT id, integration_id, external_id, coalesce(title, ''), coalesce(key, ''), coalesce(description, '')
FROM work_items WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL

-- name: pr
SELECT id, integration_id, external_id, coalesce(title, ''),
  coalesce(repository_name, '') || '#' || coalesce(number, ''), coalesce(body, '')
FROM prs WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL

-- name: work_items_after
SELECT id FROM work_items WHERE tenant_id = ?1 AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3

-- name: prs_after
SELECT id FROM prs WHERE tenant_id = ?1 AND id > ?2 AND deleted_at IS NULL ORDER BY id LIMIT ?3
