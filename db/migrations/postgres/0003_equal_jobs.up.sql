-- Orders are compared by what they ask for: thousands may wait for one integration, each asking for
-- something else. The two indexes that went by integration alone have no user left.

-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_etl_jobs_equal
  ON etl_jobs (tenant_id, integration_id, job_type, md5(options), id)
  WHERE NOT exclusive AND status = 'queued';

-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS ix_etl_jobs_beside;

-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS ix_etl_jobs_queued;
