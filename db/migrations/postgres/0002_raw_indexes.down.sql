-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS idx_raw_data_pending;
-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS idx_raw_data_created_at_desc;
-- concurrently
DROP INDEX CONCURRENTLY IF EXISTS idx_raw_data_tenant_type_status;
