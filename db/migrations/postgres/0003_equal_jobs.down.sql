-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_etl_jobs_queued
  ON etl_jobs (tenant_id, integration_id, job_type) WHERE status = 'queued';

-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_etl_jobs_beside
  ON etl_jobs (tenant_id, integration_id, id) WHERE NOT exclusive AND status = 'queued';

-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS ix_etl_jobs_equal;
