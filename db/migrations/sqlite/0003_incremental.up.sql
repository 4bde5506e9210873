-- Several proven windows per scope, the ids a census listed, and how long raw pages are kept.
-- Lock: the whole file, milliseconds: sync_windows holds a few rows per integration and repository.

CREATE TABLE sync_windows_new (
  tenant_id INTEGER NOT NULL,
  integration_id INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  scope TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
  PRIMARY KEY (tenant_id, integration_id, entity_type, scope, from_ms),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES integrations (tenant_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO sync_windows_new SELECT * FROM sync_windows WHERE to_ms > from_ms;
DROP TABLE sync_windows;
ALTER TABLE sync_windows_new RENAME TO sync_windows;

CREATE TABLE job_census (
  tenant_id INTEGER NOT NULL,
  job_id INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  external_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, job_id, entity_type, external_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE tenants ADD COLUMN raw_retention_days INTEGER CHECK (raw_retention_days > 0);

-- The newest page of a request is one index entry, which is what retention asks of every old page.
CREATE INDEX ix_raw_extraction_data_age ON raw_extraction_data (tenant_id, created_at);
