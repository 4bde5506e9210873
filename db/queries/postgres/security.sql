-- What `pulse doctor --security` looks at: the catalog and the settings, no tenant's rows.

-- name: login
-- tenant: any, roles belong to the cluster
SELECT session_user::text, r.rolsuper, r.rolbypassrls FROM pg_roles r WHERE r.rolname = session_user

-- name: mighty_service_roles
-- tenant: any, roles belong to the cluster
SELECT coalesce(string_agg(rolname, ', ' ORDER BY rolname), '') FROM pg_roles
WHERE rolname IN ('pulse_app', 'pulse_dispatch', 'pulse_query')
  AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)

-- name: tables_owned_by_services
-- tenant: any, the catalog
SELECT coalesce(string_agg(c.relname, ', ' ORDER BY c.relname), '')
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
  AND r.rolname IN ('pulse_app', 'pulse_dispatch', 'pulse_query')

-- name: unprotected_tables
-- Tables with a tenant_id whose rows any tenant could see, partitions included.
SELECT coalesce(string_agg(c.relname, ', ' ORDER BY c.relname), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
  AND a.attname = 'tenant_id' AND NOT a.attisdropped
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))

-- name: query_role_may_set
-- tenant: any, a right on a function
SELECT has_function_privilege('pulse_query', 'pg_catalog.set_config(text, text, boolean)', 'execute')

-- name: definer_functions
-- tenant: any, the catalog
SELECT coalesce(string_agg(p.proname, ', ' ORDER BY p.proname), '') FROM pg_proc p
WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace
  AND has_function_privilege('pulse_query', p.oid, 'execute')

-- name: encrypted
-- tenant: any, this connection
SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
  coalesce(inet_server_addr() IS NULL
    OR inet_server_addr() <<= '127.0.0.0/8'::inet OR inet_server_addr() = '::1'::inet, true)

-- name: settings
-- tenant: any, the server's settings
SELECT current_setting('fsync'), current_setting('full_page_writes'),
  current_setting('synchronous_commit'),
  (SELECT source FROM pg_settings WHERE name = 'synchronous_commit'),
  current_setting('password_encryption'), session_user::text, current_database()::text

-- name: invalid_indexes
-- tenant: any, the catalog
SELECT coalesce(string_agg(i.indexrelid::regclass::text, ', '), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
