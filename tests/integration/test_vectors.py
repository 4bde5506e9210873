#!/usr/bin/env python3
"""Vectors and rows drift apart when somebody restores one of them; the commands find and mend that."""
import sqlite3

from pulse import Pulse, Simulator, check, main


def points(pulse, statement):
    """Changes the vectors behind pulse's back."""
    with sqlite3.connect(pulse.home / "vectors.db") as db:
        return db.execute(statement).rowcount


def test_drift_is_counted_both_ways_and_mended():
    with Pulse() as pulse, Simulator("--seed", 3, "--issues", 300, "--prs", 50) as sim:
        for tenant in ("acme", "globex"):
            pulse.add_tenant(tenant)
            pulse.add_jira(tenant, "jira-main", sim.url)
            pulse.sync(tenant, "jira-main")
        drift = lambda tenant, *more, expect=0: pulse.run("vector", "drift", "--tenant", tenant, "--json", *more, code=expect).json()
        clean = drift("acme")
        check(clean["rows"] == clean["points"] == 300, f"every row has its vector: {clean}")
        check(clean["missing"] == clean["stale"] == clean["orphaned"] == 0, f"nothing drifted yet: {clean}")

        missing = points(pulse, "DELETE FROM points WHERE tenant_id = 1 AND slot % 10 = 0")
        stale = points(pulse, "UPDATE points SET text_hash = 1 WHERE tenant_id = 1 AND slot % 10 = 1")
        with sqlite3.connect(pulse.database) as db:
            orphaned = db.execute("DELETE FROM work_items WHERE tenant_id = 1 AND id IN (SELECT id FROM work_items WHERE tenant_id = 1 ORDER BY id LIMIT 7)").rowcount
        check(missing > 10 and stale > 10 and orphaned == 7, "there is something to find")
        found = drift("acme", expect=8)
        check(found["rows"] == 300 - orphaned and found["points"] == 300 - missing, f"what was counted: {found}")
        # Some of the vanished rows had lost their vector, or had a stale one, too.
        check(0 < found["orphaned"] <= orphaned, f"vectors without a row: {found}")
        check(missing - orphaned <= found["missing"] <= missing, f"rows without a vector: {found}")
        check(stale - orphaned <= found["stale"] <= stale, f"vectors of an older text: {found}")
        check(drift("globex") == clean, "the other tenant is untouched")

        mended = drift("acme", "--fix")
        check(mended["fixed"] and {**mended, "fixed": False} == found, f"the repair reports what it found: {mended}")
        after = drift("acme")
        check(after["rows"] == after["points"] == 300 - orphaned, f"as many vectors as rows: {after}")
        check(after["missing"] == after["stale"] == after["orphaned"] == 0, f"nothing is left: {after}")
        check(drift("globex") == clean, "the other tenant is still untouched")


def test_vectors_of_another_model_are_made_again_by_the_command_the_error_names():
    with Pulse() as pulse, Simulator("--seed", 4, "--issues", 60) as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        pulse.sync("acme", "jira-main")
        points(pulse, "UPDATE space SET model = 'an older one'")
        refused = pulse.run("vector", "status", "--tenant", "acme", code=2)
        check("pulse vector rebuild --reset" in refused.err, f"the error names the fix: {refused.err}")

        held_back = pulse.run("vector", "rebuild", "--reset", "--tenant", "acme", code=2)
        check("of all tenants" in held_back.err and "add --yes" in held_back.err, f"it says what it would delete: {held_back.err}")
        check((pulse.home / "vectors.db").exists(), "and deletes nothing")
        rebuilt = pulse.run("vector", "rebuild", "--reset", "--yes", "--tenant", "acme", "--json").json()

        check(rebuilt["points"] == 60, f"every row again: {rebuilt}")
        check(len(pulse.run("search", "issue", "--tenant", "acme", "--json").json()) > 0, "and search finds them")


def test_an_integration_that_goes_takes_vectors_without_a_row_along():
    with Pulse() as pulse, Simulator("--seed", 5, "--issues", 60) as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        pulse.sync("acme", "jira-main")
        # What a step under way leaves: a vector whose row is gone when the integration is removed.
        with sqlite3.connect(pulse.database) as db:
            gone = db.execute("DELETE FROM work_items WHERE id = (SELECT min(id) FROM work_items)").rowcount
        count = lambda: sqlite3.connect(pulse.home / "vectors.db").execute("SELECT count(*) FROM points").fetchone()[0]
        check(gone == 1 and count() == 60, "there is a vector without a row")

        pulse.run("integration", "remove", "jira-main", "--yes", "--tenant", "acme")

        check(count() == 0, f"{count()} vectors are left")


main(
    test_drift_is_counted_both_ways_and_mended,
    test_vectors_of_another_model_are_made_again_by_the_command_the_error_names,
    test_an_integration_that_goes_takes_vectors_without_a_row_along,
)
