-- Texts of rows for embedding. "OFFSET 0" keeps each a look-up by key: for as long as the table has no
-- statistics, the planner would rather read the whole tenant.

-- name: work_item
-- In the order asked for.
SELECT w.id, w.integration_id, w.external_id, coalesce(w.title, ''), coalesce(w.key, ''),
  coalesce(w.description, ''), w.deleted_at IS NOT NULL
FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, position)
CROSS JOIN LATERAL (SELECT * FROM work_items i WHERE i.tenant_id = $1 AND i.id = asked.id OFFSET 0) w
ORDER BY asked.position

-- name: pr
SELECT p.id, p.integration_id, p.external_id, coalesce(p.title, ''),
  coalesce(p.repository_name, '') || '#' || coalesce(p.number::text, ''), coalesce(p.body, ''),
  p.deleted_at IS NOT NULL
FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, position)
CROSS JOIN LATERAL (SELECT * FROM prs i WHERE i.tenant_id = $1 AND i.id = asked.id OFFSET 0) p
ORDER BY asked.position

-- name: work_items_after
SELECT id FROM work_items WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3

-- name: prs_after
SELECT id FROM prs WHERE tenant_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3
