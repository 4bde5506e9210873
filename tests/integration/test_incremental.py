#!/usr/bin/env python3
"""Incremental and complete, from outside: nothing new, windows and holes, deletes, moves, dry runs, retention."""
import contextlib
import hashlib
import sqlite3

from pulse import DOMAIN, Pulse, Simulator, check, differences, main

WORLD = ("--seed", 11, "--issues", 300, "--prs", 80)


@contextlib.contextmanager
def jira(world=WORLD, *more, path=""):
    with Pulse() as pulse, Simulator(*world) as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url + path, *more)
        yield pulse, sim


@contextlib.contextmanager
def github(world=WORLD, *more):
    with Pulse() as pulse, Simulator(*world) as sim:
        pulse.add_tenant("acme")
        pulse.add_github("acme", "github-main", sim.url, *more)
        yield pulse, sim


def made(before, after):
    """Calls between two readings of the simulator's counters."""
    return {call: n - before.get(call, 0) for call, n in after.items() if n != before.get(call, 0)}


def content(pulse):
    """A hash of every row of every table, the ledger's too."""
    digest = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(f"file:{pulse.database}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        check("work_items" in tables and "raw_bodies" in tables, "the tables are there")
        for table in tables:
            digest.update(table.encode())
            for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def raw_and_domain(pulse):
    return {table: pulse.select(f"SELECT * FROM {table}") for table in (*DOMAIN, "raw_extraction_data", "raw_bodies")}


def show(pulse, name):
    return pulse.run("integration", "show", name, "--tenant", "acme", "--json").json()


def test_a_sync_that_finds_nothing_is_one_call_and_writes_no_row():
    for source, name in ((jira, "jira-main"), (github, "github-main")):
        with source() as (pulse, sim):
            first = pulse.sync("acme", name, code=0)
            check(sum(c["inserted"] for c in first["entities"].values()) > 0, "there was something to load")
            before, calls = raw_and_domain(pulse), sim.calls()

            receipt = pulse.sync("acme", name, code=0)

            check(sum(made(calls, sim.calls()).values()) == 1, f"{name}: one call, not {made(calls, sim.calls())}")
            check(sum(receipt["api_calls"].values()) == 1, f"the receipt says so: {receipt['api_calls']}")
            check(all(c["inserted"] + c["updated"] + c["deleted"] == 0 for c in receipt["entities"].values()), f"no change: {receipt['entities']}")
            check(raw_and_domain(pulse) == before, f"{name}: no row of raw or domain tables was written")


def test_a_data_center_sync_that_finds_nothing_writes_no_row():
    with jira(path="/dc") as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        before, calls = raw_and_domain(pulse), sim.calls()
        pulse.sync("acme", "jira-main", code=0)
        check(sum(made(calls, sim.calls()).values()) == 2, f"two calls: {made(calls, sim.calls())}")
        check(raw_and_domain(pulse) == before, "no row of raw or domain tables was written")


def test_changed_and_moved_issues_keep_their_identity():
    with jira() as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        old = {row["external_id"]: row["key"] for row in pulse.select("SELECT external_id, key FROM work_items")}
        touched, moved = "PAY-3", next(key for key in old.values() if key.startswith("WEB-"))
        moved_id = next(i for i, key in old.items() if key == moved)
        changes = pulse.select(f"SELECT count(*) n FROM work_item_changes WHERE work_item_external_id = '{moved_id}'")[0]["n"]
        sim.edit("jira", touch=[touched], move={moved: "OPS"})

        receipt = pulse.sync("acme", "jira-main", code=0)

        check(receipt["entities"]["jira_issues"]["updated"] == 2, f"two issues changed: {receipt['entities']['jira_issues']}")
        row = pulse.select(f"SELECT key, project_key FROM work_items WHERE external_id = '{moved_id}'")
        check(len(row) == 1 and row[0]["key"].startswith("OPS-") and row[0]["project_key"] == "OPS", f"one row with the new key: {row}")
        check(pulse.select("SELECT count(*) n FROM work_items")[0]["n"] == len(old), "no issue was doubled")
        told = pulse.select(f"SELECT from_string, to_string FROM work_item_changes WHERE work_item_external_id = '{moved_id}' AND field = 'Key'")
        check(told == [{"from_string": moved, "to_string": row[0]["key"]}], f"the old key is in the changes: {told}")
        check(pulse.select(f"SELECT count(*) n FROM work_item_changes WHERE work_item_external_id = '{moved_id}'")[0]["n"] == changes + 2, "the old history is kept")
        check(pulse.select(f"SELECT title FROM work_items WHERE key = '{touched}'")[0]["title"].endswith("(edited 1)"), "the touched one has its new title")


def test_a_census_marks_what_is_gone_and_says_why():
    with jira() as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        lonely = [row["key"] for row in pulse.select("SELECT min(key) key FROM work_items WHERE length(title) > 20 GROUP BY title HAVING count(*) = 1 ORDER BY 1")]
        gone, archived, lagging = lonely[:3], lonely[3:5], lonely[5:7]
        title = pulse.select(f"SELECT title FROM work_items WHERE key = '{gone[0]}'")[0]["title"]
        found = pulse.run("search", title, "--tenant", "acme", "--json").json()
        check(any(hit["reference"] == gone[0] for hit in found), "search finds it before")
        sim.edit("jira", delete=gone, archive=archived, lag=lagging)

        quiet = pulse.sync("acme", "jira-main", code=0)
        check(quiet["entities"]["jira_issues"]["deleted"] == 0, "an incremental sync cannot know")
        receipt = pulse.sync("acme", "jira-main", "--census", code=0)

        check(receipt["entities"]["jira_issues"]["deleted"] == 5, f"five are gone: {receipt['entities']['jira_issues']}")
        reasons = {row["key"]: row["deleted_reason"] for row in pulse.select("SELECT key, deleted_reason FROM work_items WHERE deleted_at IS NOT NULL")}
        check(reasons == {**dict.fromkeys(gone, "deleted"), **dict.fromkeys(archived, "archived")}, f"with their reasons: {reasons}")
        check(receipt["gaps"] == [], "no gap")
        found = pulse.run("search", title, "--tenant", "acme", "--json").json()
        check(all(hit["reference"] != gone[0] for hit in found), "search does not find it any more")
        again = pulse.sync("acme", "jira-main", "--census", code=0)
        check(again["entities"]["jira_issues"]["deleted"] == 0, "once is enough")

        sim.edit("jira", restore=[*gone, *archived, *lagging])
        back = pulse.sync("acme", "jira-main", "--census", code=0)
        check(back["entities"]["jira_issues"]["updated"] == 5, f"what is back lives again: {back['entities']['jira_issues']}")
        check(pulse.select("SELECT count(*) n FROM work_items WHERE deleted_at IS NOT NULL OR deleted_reason IS NOT NULL")[0]["n"] == 0, "nothing is marked")
        found = pulse.run("search", title, "--tenant", "acme", "--json").json()
        check(any(hit["reference"] == gone[0] for hit in found), "search finds it again")


def test_a_full_sync_takes_a_census_by_either_plan():
    for issues in (300, 2300):
        with jira(("--seed", 11, "--issues", issues, "--prs", 0)) as (pulse, sim):
            pulse.sync("acme", "jira-main", code=0)
            keys = [row["key"] for row in pulse.select("SELECT key FROM work_items ORDER BY id LIMIT 5")]
            sim.edit("jira", delete=keys)
            receipt = pulse.sync("acme", "jira-main", "--full", code=0)
            check(receipt["entities"]["jira_issues"]["deleted"] == 5, f"{issues}: {receipt['entities']['jira_issues']}")
            sim.edit("jira", restore=keys)
            receipt = pulse.sync("acme", "jira-main", "--full", code=0)
            check(receipt["entities"]["jira_issues"]["updated"] == 5, f"{issues}: back: {receipt['entities']['jira_issues']}")


def test_a_mass_vanishing_is_a_gap_and_marks_nothing():
    with jira() as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        sim.edit("jira", hide_projects=["PAY"])
        receipt = pulse.sync("acme", "jira-main", "--census", code=8)
        check(receipt["status"] == "partial" and len(receipt["gaps"]) == 1, f"a gap: {receipt['gaps']}")
        check("not listed" in receipt["gaps"][0]["reason"], "that says why")
        check(pulse.select("SELECT count(*) n FROM work_items WHERE deleted_at IS NOT NULL")[0]["n"] == 0, "nothing is marked")
        check(show(pulse, "jira-main")["gaps"] != [], "integration show lists it")
        pulse.run("sync", "jira-main", "--tenant", "acme", "--repair", "--json", code=8)
        sim.edit("jira", show_projects=["PAY"])
        repaired = pulse.run("sync", "jira-main", "--tenant", "acme", "--repair", "--json", code=0).json()
        check(repaired["gaps"] == [] and repaired["holes"] == [], "no gap is left once the project is back")


def test_a_mass_vanishing_is_marked_when_the_operator_accepts_it():
    with jira() as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        vanished = pulse.select("SELECT count(*) n FROM work_items WHERE project_key = 'PAY'")[0]["n"]
        total = pulse.select("SELECT count(*) n FROM work_items")[0]["n"]
        check(vanished > 20 and vanished > total / 10 and vanished < total, f"a mass: {vanished} of {total}")
        sim.edit("jira", hide_projects=["PAY"])
        refused = pulse.sync("acme", "jira-main", "--census", code=8)
        check("--census --accept-vanished" in refused["gaps"][0]["reason"], f"the gap says how: {refused['gaps']}")
        pulse.run("sync", "jira-main", "--tenant", "acme", "--accept-vanished", code=2)

        accepted = pulse.sync("acme", "jira-main", "--census", "--accept-vanished", code=0)

        check(accepted["gaps"] == [] and accepted["entities"]["jira_issues"]["deleted"] == vanished, f"marked: {accepted}")
        marked = pulse.select("SELECT project_key, deleted_reason FROM work_items WHERE deleted_at IS NOT NULL")
        check({(row["project_key"], row["deleted_reason"]) for row in marked} == {("PAY", "access_lost")} and len(marked) == vanished, "these and no others")
        check(show(pulse, "jira-main")["gaps"] == [], "the gap is closed")

        sim.edit("jira", show_projects=["PAY"])
        pulse.sync("acme", "jira-main", "--census", code=0)
        check(pulse.select("SELECT count(*) n FROM work_items WHERE deleted_at IS NOT NULL")[0]["n"] == 0, "and what is back lives again")


def test_a_hidden_project_is_access_lost():
    with jira(("--seed", 11, "--issues", 60, "--prs", 0)) as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        by_project = {row["project_key"]: row["n"] for row in pulse.select("SELECT project_key, count(*) n FROM work_items GROUP BY 1")}
        project = min(by_project, key=by_project.get)
        check(by_project[project] <= 20, "few enough to be believed")
        sim.edit("jira", hide_projects=[project])
        receipt = pulse.sync("acme", "jira-main", "--census", code=0)
        check(receipt["entities"]["jira_issues"]["deleted"] == by_project[project], "all of the project")
        check(pulse.select("SELECT DISTINCT deleted_reason r FROM work_items WHERE deleted_at IS NOT NULL") == [{"r": "access_lost"}], "access lost")


def test_a_hidden_repository_takes_its_pull_requests_along():
    with github(("--seed", 11, "--issues", 10, "--prs", 400)) as (pulse, sim):
        pulse.sync("acme", "github-main", code=0)
        by_name = {row["repository_name"]: row["n"] for row in pulse.select("SELECT repository_name, count(*) n FROM prs GROUP BY 1")}
        name = min(by_name, key=by_name.get)
        check(by_name[name] <= 40, f"few enough to be believed: {by_name}")
        sim.edit("github", hide_repositories=[name])

        receipt = pulse.sync("acme", "github-main", "--census", code=0)

        check(receipt["entities"]["github_prs"]["deleted"] == by_name[name], f"all of the repository: {receipt['entities']}")
        check(receipt["entities"]["github_repositories"]["deleted"] == 1, "and itself")
        check({r["deleted_reason"] for r in pulse.select("SELECT deleted_reason FROM prs WHERE deleted_at IS NOT NULL")} == {"access_lost"}, "with the reason")

        sim.edit("github", show_repositories=[name])
        pulse.sync("acme", "github-main", "--census", code=0)
        check(pulse.select("SELECT count(*) n FROM prs WHERE deleted_at IS NOT NULL")[0]["n"] == 0, "all are back")
        check(pulse.select("SELECT count(*) n FROM repositories WHERE deleted_at IS NOT NULL")[0]["n"] == 0, "and the repository")


def test_the_rest_census_finds_what_the_graphql_one_finds():
    world = ("--seed", 11, "--issues", 10, "--prs", 400)
    marked = {}
    for api in ("graphql", "rest"):
        with github(world, "--scope", f"api={api}") as (pulse, sim):
            pulse.sync("acme", "github-main", code=0)
            by_name = {row["repository_name"]: row["n"] for row in pulse.select("SELECT repository_name, count(*) n FROM prs GROUP BY 1")}
            name = min(by_name, key=by_name.get)
            quiet = pulse.sync("acme", "github-main", "--census", code=0)
            check(all(counts["deleted"] == 0 for counts in quiet["entities"].values()), f"{api}: nothing is gone, nothing is marked")

            sim.edit("github", hide_repositories=[name])
            before = sim.calls()
            receipt = pulse.sync("acme", "github-main", "--census", code=0)
            calls = made(before, sim.calls())

            check(receipt["gaps"] == [], f"{api}: no gap: {receipt['gaps']}")
            check(receipt["entities"]["github_prs"]["deleted"] == by_name[name], f"{api}: its pull requests: {receipt['entities']}")
            check(receipt["entities"]["github_repositories"]["deleted"] == 1, f"{api}: and itself")
            asked = any("graphql" in call for call in calls)
            check(asked == (api == "graphql"), f"{api}: asked in its own way: {calls}")
            marked[api] = pulse.select("SELECT external_id, deleted_reason FROM prs WHERE deleted_at IS NOT NULL ORDER BY 1") + pulse.select(
                "SELECT external_id, deleted_reason FROM repositories WHERE deleted_at IS NOT NULL ORDER BY 1")

            sim.edit("github", show_repositories=[name])
            pulse.sync("acme", "github-main", "--census", code=0)
            for table in ("prs", "repositories"):
                check(pulse.select(f"SELECT count(*) n FROM {table} WHERE deleted_at IS NOT NULL")[0]["n"] == 0, f"{api}: all {table} are back")
    check(marked["rest"] == marked["graphql"] and marked["rest"], f"the same rows with the same reasons: {marked}")


def test_the_rest_census_believes_no_mass_vanishing_until_it_is_accepted():
    with github(("--seed", 11, "--issues", 10, "--prs", 400), "--scope", "api=rest") as (pulse, sim):
        pulse.sync("acme", "github-main", code=0)
        by_name = {row["repository_name"]: row["n"] for row in pulse.select("SELECT repository_name, count(*) n FROM prs GROUP BY 1")}
        name = max(by_name, key=by_name.get)
        check(40 < by_name[name] < 400, f"a mass: {by_name}")
        sim.edit("github", hide_repositories=[name])
        refused = pulse.sync("acme", "github-main", "--census", code=8)
        check(any("--accept-vanished" in gap["reason"] for gap in refused["gaps"]), f"a gap that says how: {refused['gaps']}")
        check(refused["entities"]["github_prs"]["deleted"] == 0, "no pull request is marked")
        accepted = pulse.sync("acme", "github-main", "--census", "--accept-vanished", code=0)
        check(accepted["entities"]["github_prs"]["deleted"] == by_name[name], f"accepted, they are: {accepted['entities']}")


def test_windows_show_holes_and_a_repair_fills_them():
    with jira() as (pulse, sim), Pulse() as whole:
        whole.add_tenant("acme")
        whole.add_jira("acme", "jira-main", sim.url)
        whole.sync("acme", "jira-main", code=0)

        pulse.sync("acme", "jira-main", "--since", "2026-08-01", code=0)
        some = pulse.select("SELECT count(*) n FROM work_items")[0]["n"]
        check(0 < some < 300, f"a part of the issues: {some}")
        check(show(pulse, "jira-main")["holes"] == [], "before the first window there is no hole")
        pulse.sync("acme", "jira-main", "--since", "2000-01-01", "--until", "2026-02-01", code=0)
        shown = show(pulse, "jira-main")
        check([(h["from"][:10], h["to"][:10]) for h in shown["holes"]] == [("2026-02-01", "2026-08-01")], f"the hole between them: {shown['holes']}")
        issues = [w for w in shown["windows"] if w["entity_type"] == "jira_issues"]
        check(len(issues) == 2, f"two windows: {issues}")

        repaired = pulse.run("sync", "jira-main", "--tenant", "acme", "--repair", "--json", code=0).json()

        check(repaired["holes"] == [] and len(repaired["receipts"]) == 1, f"one backfill closed it: {repaired}")
        left, right = whole.rows("work_items"), pulse.rows("work_items")
        check(left == right, f"all issues are there: {len(right)} of {len(left)}")
        nothing = pulse.run("sync", "jira-main", "--tenant", "acme", "--repair", "--json", code=0).json()
        check(nothing["receipts"] == [], "a second repair has nothing to do")


def test_a_backfill_of_pull_requests_reads_its_range():
    with github(("--seed", 11, "--issues", 10, "--prs", 1500)) as (pulse, sim):
        pulse.sync("acme", "github-main", "--since", "2026-08-01", code=0)
        late = {row["external_id"] for row in pulse.select("SELECT external_id FROM prs")}
        pulse.sync("acme", "github-main", "--since", "2026-01-01", "--until", "2026-04-01", code=0)
        check(show(pulse, "github-main")["holes"] != [], "a hole between the two")
        pulse.run("sync", "github-main", "--tenant", "acme", "--repair", "--json", code=0)
        with Pulse() as whole:
            whole.add_tenant("acme")
            whole.add_github("acme", "github-main", sim.url)
            whole.sync("acme", "github-main", code=0)
            expected = {row["external_id"] for row in whole.select("SELECT external_id FROM prs WHERE source_updated_at >= '2026-01-01'")}
        have = {row["external_id"] for row in pulse.select("SELECT external_id FROM prs")}
        check(len(late) < len(expected), f"the first sync read a part: {len(late)} of {len(expected)}")
        check(expected <= have, f"{len(expected - have)} of {len(expected)} are missing")


def test_a_backfill_runs_beside_a_live_sync():
    with Pulse() as pulse, Simulator("--seed", 4, "--issues", 600, "--prs", 5, "--latency", "40ms") as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        live = pulse.start("sync", "jira-main", "--tenant", "acme", "--since", "2026-06-01", "--json")
        backfill = pulse.start("sync", "jira-main", "--tenant", "acme", "--since", "2025-01-01", "--until", "2026-06-01", "--json")
        for process in (live, backfill):
            out, err = process.communicate(timeout=120)
            check(process.returncode == 0, f"exit {process.returncode}: {err[-800:]}")
        jobs = pulse.select("SELECT exclusive, priority FROM etl_jobs ORDER BY exclusive")
        check(jobs == [{"exclusive": 0, "priority": 2}, {"exclusive": 1, "priority": 0}], f"two jobs: {jobs}")
        check(show(pulse, "jira-main")["holes"] == [], "the two windows touch")


def test_a_dry_run_shows_what_a_replay_would_change_and_writes_nothing():
    with jira() as (pulse, sim):
        pulse.sync("acme", "jira-main", code=0)
        same = pulse.run("replay", "--integration", "jira-main", "--tenant", "acme", "--dry-run", "--json").json()
        check(same["changes"] == [] and same["would_replay_pages"] > 0, f"nothing would change: {same['changes'][:2]}")
        with contextlib.closing(sqlite3.connect(pulse.database)) as db:  # As if an older mapping had made these.
            db.execute("UPDATE work_items SET title = 'wrong', content_hash = 1 WHERE key = 'PAY-3'")
            db.execute("DELETE FROM work_items WHERE key = 'PAY-4'")
            db.commit()
        before = content(pulse)

        shown = pulse.run("replay", "--integration", "jira-main", "--tenant", "acme", "--dry-run", "--json").json()
        text = pulse.run("replay", "--integration", "jira-main", "--entity", "jira_issues", "--tenant", "acme", "--dry-run").out

        check(content(pulse) == before, "no table changed")
        rows = [c for c in shown["changes"] if c["table"] == "work_items"]
        check(len(rows) == 2 and shown["would_insert"] == 1 and shown["would_update"] == 1, f"two records: {shown}"[:600])
        changed = next(c for c in rows if not c["new"])
        check(changed["before"] == {"title": "wrong"} and list(changed["after"]) == ["title"], f"the column that differs: {changed}")
        check("1 records new, 1 changed" in text, f"people see it too: {text[-300:]}")
        pulse.run("replay", "--integration", "jira-main", "--tenant", "acme", "--json")
        check(pulse.select("SELECT count(*) n FROM work_items WHERE title = 'wrong'")[0]["n"] == 0, "the replay then does it")
        check(pulse.select("SELECT count(*) n FROM work_items")[0]["n"] == 300, "all of it")
        after = pulse.run("replay", "--integration", "jira-main", "--tenant", "acme", "--dry-run", "--json").json()
        check(after["changes"] == [], "nothing is left to change")


def test_a_tenant_says_how_long_raw_pages_are_kept():
    with jira() as (pulse, sim):
        kept = pulse.run("tenant", "edit", "acme", "--raw-retention-days", 30, "--json").json()
        check(kept["raw_retention_days"] == 30, f"it is kept: {kept}")
        check(pulse.run("tenant", "show", "acme", "--json").json()["raw_retention_days"] == 30, "and shown")
        pulse.run("tenant", "edit", "acme", "--raw-retention-days", 0, code=2)
        check(pulse.run("tenant", "edit", "acme", "--raw-retention-days", "keep", "--json").json()["raw_retention_days"] is None, "and given up")


def test_refusals_name_the_fix():
    with jira(("--seed", 1, "--issues", 5, "--prs", 0)) as (pulse, sim):
        for arguments in (("--until", "2026-01-01"), ("--since", "2026-01-02", "--until", "2026-01-01"), ("--full", "--since", "3d"), ("--repair", "--full")):
            refused = pulse.run("sync", "jira-main", "--tenant", "acme", *arguments, code=2)
            check("fix:" in refused.err, f"{arguments}: {refused.err}")


main(
    test_a_sync_that_finds_nothing_is_one_call_and_writes_no_row,
    test_a_data_center_sync_that_finds_nothing_writes_no_row,
    test_changed_and_moved_issues_keep_their_identity,
    test_a_census_marks_what_is_gone_and_says_why,
    test_a_full_sync_takes_a_census_by_either_plan,
    test_a_mass_vanishing_is_a_gap_and_marks_nothing,
    test_a_mass_vanishing_is_marked_when_the_operator_accepts_it,
    test_a_hidden_project_is_access_lost,
    test_a_hidden_repository_takes_its_pull_requests_along,
    test_the_rest_census_finds_what_the_graphql_one_finds,
    test_the_rest_census_believes_no_mass_vanishing_until_it_is_accepted,
    test_windows_show_holes_and_a_repair_fills_them,
    test_a_backfill_of_pull_requests_reads_its_range,
    test_a_backfill_runs_beside_a_live_sync,
    test_a_dry_run_shows_what_a_replay_would_change_and_writes_nothing,
    test_a_tenant_says_how_long_raw_pages_are_kept,
    test_refusals_name_the_fix,
)
