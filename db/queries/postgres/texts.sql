-- Texts of rows for embedding. "= ANY" leaves the planner one index: with the join alone it reads the
-- whole tenant for as long as the table has no statistics.

-- name: work_item
-- In the order asked for.
SELECT w.id, w.integration_id, w.external_id, coalesce(w.title, ''), coalesce(w.key, ''),
  coalesce(w.description, ''), w.deleted_at IS NOT NULL
FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, position)
JOIN work_items w ON w.tenant_id = $1 AND w.id = ANY($2::bigint[]) AND w.id = asked.id
ORDER BY asked.position

-- name: pr
SELECT p.id, p.integration_id, p.external_id, coalesce(p.title, ''),
  coalesce(p.repository_name, '') || '#' || coalesce(p.number::text, ''), coalesce(p.body, ''),
  p.deleted_at IS NOT NULL
FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, position)
JOIN prs p ON p.tenant_id = $1 AND p.id = ANY($2::bigint[]) AND p.id = asked.id
ORDER BY asked.position

-- name: work_items_after
SELECT id FROM work_items WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3

-- name: prs_after
SELECT id FROM prs WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3
