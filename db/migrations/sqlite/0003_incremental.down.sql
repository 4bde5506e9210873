-- Of several windows of one scope the newest stays: the older program begins where it ends.
DROP INDEX ix_raw_extraction_data_age;
ALTER TABLE tenants DROP COLUMN raw_retention_days;
DROP TABLE job_census;

CREATE TABLE sync_windows_old (
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  scope TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, integration_id, entity_type, scope),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO sync_windows_old
SELECT tenant_id, integration_id, entity_type, scope, from_ms, to_ms FROM sync_windows s
WHERE from_ms = (SELECT max(from_ms) FROM sync_windows n
  WHERE n.tenant_id = s.tenant_id AND n.integration_id = s.integration_id
    AND n.entity_type = s.entity_type AND n.scope = s.scope);
DROP TABLE sync_windows;
ALTER TABLE sync_windows_old RENAME TO sync_windows;
