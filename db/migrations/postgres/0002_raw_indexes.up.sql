-- The three indexes of raw_extraction_data that operators' queries use. Built concurrently: readers
-- and writers go on, and it takes as long as the table is big. Old code works before and after.

-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_raw_data_tenant_type_status
  ON raw_extraction_data (tenant_id, entity_type, processing_status);

-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_raw_data_created_at_desc
  ON raw_extraction_data (created_at DESC);

-- Carries the claim order: the oldest pending page of a tenant is its first entry.
-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_raw_data_pending
  ON raw_extraction_data (tenant_id, id) WHERE processing_status = 'pending';
