DROP INDEX ix_etl_steps_rung;
DROP INDEX ix_etl_jobs_queued;
DROP INDEX uq_etl_jobs_active;
ALTER TABLE etl_jobs DROP COLUMN exclusive;
CREATE UNIQUE INDEX uq_etl_jobs_active ON etl_jobs (tenant_id, integration_id)
  WHERE status IN ('queued', 'running');
DROP TABLE schedules;
DROP TABLE leader;
ALTER TABLE workers DROP COLUMN lease_until;
