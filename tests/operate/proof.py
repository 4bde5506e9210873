"""What must be true of a database when everything has drained, whatever happened before."""
from tests.operate.stack import differences

MOST = 5  # Of each kind of problem are told.

# Each finds what must not be. All tenants: nobody's work is innocent of a kill.
INVARIANTS = {
    "a job is under way or has open steps": "SELECT tenant_id, id, status, open_steps FROM etl_jobs WHERE status IN ('queued', 'running') OR open_steps <> 0",
    "a job did not finish": "SELECT tenant_id, id, status, error FROM etl_jobs WHERE status <> 'finished'",
    "a step is open": "SELECT tenant_id, job_id, id, stage, state, crashes FROM etl_steps WHERE state NOT IN ('done', 'cancelled')",
    "an innocent step is in quarantine": "SELECT tenant_id, step_id, stage, message FROM dead_letters WHERE fingerprint = 'step.crash'",
    "something else is in quarantine": "SELECT tenant_id, step_id, stage, fingerprint, message FROM dead_letters WHERE fingerprint <> 'step.crash'",
    "a raw page is not settled": "SELECT tenant_id, id, entity_type, processing_status FROM raw_extraction_data WHERE processing_status <> 'completed'",
    "a page is stored twice by one job": "SELECT tenant_id, job_id, request_hash, count(*) FROM raw_extraction_data GROUP BY 1, 2, 3, content_hash HAVING count(*) > 1",
    "a raw page has no body": "SELECT r.tenant_id, r.id FROM raw_extraction_data r LEFT JOIN raw_bodies b ON b.tenant_id = r.tenant_id AND b.raw_id = r.id WHERE b.raw_id IS NULL",
    "a job's counters do not add up": "SELECT tenant_id, job_id, entity_type, source, inserted, updated, unchanged, quarantined FROM job_entities "
                                      "WHERE source IS NOT NULL AND source <> inserted + updated + unchanged + quarantined",
}
for _entity, _table in (("jira_issues", "work_items"), ("github_prs", "prs")):
    INVARIANTS[f"the {_entity} that jobs inserted are not the rows of {_table}"] = (
        f"SELECT t.id, (SELECT coalesce(sum(inserted), 0) FROM job_entities e WHERE e.tenant_id = t.id AND e.entity_type = '{_entity}') AS inserted, "
        f"(SELECT count(*) FROM {_table} d WHERE d.tenant_id = t.id) AS rows FROM tenants t "
        f"WHERE (SELECT coalesce(sum(inserted), 0) FROM job_entities e WHERE e.tenant_id = t.id AND e.entity_type = '{_entity}') "
        f"<> (SELECT count(*) FROM {_table} d WHERE d.tenant_id = t.id)")


def problems_of(stack, tenants):
    """Findings as texts, none when all is well. `tenants`: name to the rows it must have."""
    found = []
    for problem, query in INVARIANTS.items():
        if rows := stack.select(query):
            found.append(f"{problem}: {len(rows)}, such as {rows[:MOST]}")
    for name, expected in tenants.items():
        if wrong := differences(expected, stack.snapshot(stack.tenant_id(name)), most=2):
            found.append(f"{name}: " + "; ".join(text[:600] for text in wrong))
    return found
