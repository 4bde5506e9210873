-- Tenants, integrations and their sealed credentials.

-- name: create_tenant
-- tenant: any, it makes one
INSERT INTO tenants (name, created_at) VALUES ($1, $2) RETURNING id

-- name: list_tenants
-- tenant: any, the operator's list
SELECT id, name, created_at, raw_retention_days FROM tenants ORDER BY id

-- name: find_tenant
-- tenant: any, this is how a tenant is found
SELECT id, name, created_at, raw_retention_days FROM tenants WHERE name = $1

-- name: get_tenant
-- tenant: any, $1 is one
SELECT id, name, created_at, raw_retention_days FROM tenants WHERE id = $1

-- name: set_raw_retention
-- tenant: any, $1 is the one to change
UPDATE tenants SET raw_retention_days = $2 WHERE id = $1

-- name: insert_integration
INSERT INTO integrations
  (tenant_id, name, provider, base_url, account, scope, state, state_reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id, tenant_id, name, provider, base_url, account, scope, state, state_reason, created_at

-- name: update_integration
UPDATE integrations
SET name = $3, provider = $4, base_url = $5, account = $6, scope = $7, state = $8, state_reason = $9
WHERE tenant_id = $1 AND id = $2
RETURNING id, tenant_id, name, provider, base_url, account, scope, state, state_reason, created_at

-- name: list_integrations
SELECT id, tenant_id, name, provider, base_url, account, scope, state, state_reason, created_at
FROM integrations WHERE tenant_id = $1 ORDER BY id

-- name: get_integration
SELECT id, tenant_id, name, provider, base_url, account, scope, state, state_reason, created_at
FROM integrations WHERE tenant_id = $1 AND id = $2

-- name: lock_integration
-- Nothing new can refer to it from here to the end of the transaction.
SELECT id FROM integrations WHERE tenant_id = $1 AND id = $2 FOR UPDATE

-- name: delete_integration
DELETE FROM integrations WHERE tenant_id = $1 AND id = $2

-- name: put_secret
INSERT INTO secrets (tenant_id, integration_id, key_id, ciphertext, updated_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, integration_id) DO UPDATE
SET key_id = excluded.key_id, ciphertext = excluded.ciphertext, updated_at = excluded.updated_at

-- name: replace_secret
-- The nonce in it makes a ciphertext unlike every other: equal means that nobody wrote meanwhile.
UPDATE secrets SET key_id = $4, ciphertext = $5, updated_at = $6
WHERE tenant_id = $1 AND integration_id = $2 AND ciphertext = $3
RETURNING integration_id

-- name: get_secret
SELECT key_id, ciphertext FROM secrets WHERE tenant_id = $1 AND integration_id = $2

-- name: secrets_not_sealed_with
-- Every tenant's: a key rotation re-seals them all.
SELECT tenant_id, integration_id FROM secrets WHERE key_id <> $1 ORDER BY tenant_id, integration_id

-- name: audit
INSERT INTO audit_log (tenant_id, at, actor, action, detail) VALUES ($1, $2, $3, $4, $5)
