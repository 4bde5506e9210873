#!/usr/bin/env python3
"""The main job from outside: demo, tenants, receipts, second runs, bad days."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import time

from pulse import DOMAIN, Pulse, Simulator, check, differences, main, until

KILLS = int(os.environ.get("PULSE_TEST_KILLS", "15"))


def adds_up(receipt, entity):
    counts = receipt["entities"][entity]
    loaded = counts["inserted"] + counts["updated"] + counts["unchanged"]
    check(counts["source"] == loaded + counts["quarantined"], f"{entity}: source {counts['source']} != loaded {loaded} + quarantined {counts['quarantined']}")
    return counts


def test_demo_accounts_for_every_record_and_a_second_run_changes_nothing():
    with Pulse() as pulse:
        # A service's stages are not the demo's: with these alone it would wait for ever.
        first = pulse.run("demo", "--json", timeout=300, PULSE_STAGES="extract").json()
        check(len(first["receipts"]) == 4, "two tenants with two integrations each")
        for entry in first["receipts"]:
            receipt = entry["receipt"]
            entity = "jira_issues" if "jira" in entry["integration"] else "github_prs"
            counts = adds_up(receipt, entity)
            check(counts["inserted"] > 0, f"{entity} were loaded")
            check(counts["vectors"] > 0, f"{entity} were vectorized")
            check(receipt["gaps"] == [], f"no gaps, not {receipt['gaps']}")
        pulse.home = pulse.home / "demo" if not pulse.database.exists() else pulse.home
        for table in ("work_items", "work_item_changes", "work_item_links", "prs", "pr_reviews", "pr_commits", "work_item_prs"):
            check(pulse.select(f"SELECT count(*) n FROM {table}")[0]["n"] > 0, f"{table} has rows")
        check(pulse.select("SELECT count(*) n FROM work_item_prs WHERE work_item_id IS NOT NULL")[0]["n"] > 0, "keys in pull requests were resolved to work items")
        before = pulse.snapshot()
        raws = pulse.select("SELECT count(*) n FROM raw_extraction_data")[0]["n"]

        second = pulse.run("demo", "--json").json()

        for entry in second["receipts"]:
            for entity, counts in entry["receipt"]["entities"].items():
                check(counts["inserted"] == 0 and counts["updated"] == 0, f"second run wrote {entity}: {counts}")
        check(differences(before, pulse.snapshot()) == [], "the tables did not change")
        check(pulse.select("SELECT count(*) n FROM raw_extraction_data")[0]["n"] == raws, "no raw page was written")


def test_two_tenants_with_colliding_ids_stay_apart():
    with Pulse() as pulse, Simulator("--seed", 1, "--issues", 120, "--prs", 40) as one, Simulator("--seed", 2, "--issues", 120, "--prs", 40) as two:
        ids = {}
        for tenant, sim in (("acme", one), ("globex", two)):
            pulse.add_tenant(tenant)
            ids[tenant] = pulse.add_jira(tenant, "jira-main", sim.url)
            pulse.sync(tenant, "jira-main")
        mine = pulse.run("data", "query", "SELECT key, title FROM work_items ORDER BY key", "--tenant", "acme", "--json").json()
        theirs = pulse.run("data", "query", "SELECT key, title FROM work_items ORDER BY key", "--tenant", "globex", "--json").json()
        check(len(mine) == 120 and len(theirs) == 120, f"both see their own 120: {len(mine)}, {len(theirs)}")
        check([r["key"] for r in mine] == [r["key"] for r in theirs], "the keys collide")
        check([r["title"] for r in mine] != [r["title"] for r in theirs], "the contents differ")

        # Through every door: SQL, search, the other's integration, the other's job.
        check(pulse.run("data", "query", "SELECT count(*) n FROM work_items WHERE tenant_id <> (SELECT id FROM tenants)", "--tenant", "acme", "--json").json() == [{"n": 0}], "no foreign row")
        pulse.run("data", "query", "SELECT count(*) FROM main.work_items", "--tenant", "acme", "--json", code=2)
        only_theirs = {r["title"] for r in theirs} - {r["title"] for r in mine}
        probe = sorted(only_theirs)[0]
        check(any(hit["title"] == probe for hit in pulse.run("search", probe, "--tenant", "globex", "--json").json()), "globex finds its own title")
        check(all(hit["title"] not in only_theirs for hit in pulse.run("search", probe, "--tenant", "acme", "--json").json()), "acme does not")
        job = pulse.run("job", "list", "--tenant", "globex", "--json").json()[0]["id"]
        pulse.run("job", "show", job, "--tenant", "globex", "--json")
        pulse.run("job", "show", job, "--tenant", "acme", "--json", code=3)


def synced(pulse, sim, *more):
    pulse.add_tenant("acme")
    pulse.add_jira("acme", "jira-main", sim.url)
    pulse.add_github("acme", "github-main", sim.url)
    for name in ("jira-main", "github-main"):
        pulse.sync("acme", name, *more)
    return pulse.snapshot()


FAULTS = [a for name in ("429:1", "500:1", "reset:1", "cut:1") for a in ("--fault", name)]


def most_crashes(pulse):
    return pulse.select("SELECT coalesce(max(crashes), 0) n FROM etl_steps WHERE state IN ('ready','running')")[0]["n"]


def sync_through_kills(pulse, name, kills):
    """One sync, killed after a random while and started again until it ends; how often it was killed.

    A step whose worker has died five times is not hit again: the sixth time it is taken for a poison step (docs/states.md), as it should be."""
    done = 0
    while True:
        spare = most_crashes(pulse) >= 5
        process = pulse.start("sync", name, "--tenant", "acme", "--json")
        if done < kills and not spare:
            try:
                process.wait(random.uniform(0.01, 0.6))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                done += 1
                continue
        _, err = process.communicate(timeout=300)
        check(process.returncode in (0, 8), f"sync {name} after {done} kills: exit {process.returncode}: {err[-1500:]}")
        return done


def test_killed_at_random_moments_the_tables_are_those_of_an_undisturbed_run():
    world = ("--seed", 5, "--issues", 400, "--prs", 120)
    with Pulse() as calm, Simulator(*world) as sim:
        expected = synced(calm, sim)
    random.seed(20)
    killed = 0
    with Simulator(*world, *FAULTS, "--latency", "20ms") as sim:
        while killed < KILLS:
            with Pulse() as pulse:
                pulse.add_tenant("acme")
                pulse.add_jira("acme", "jira-main", sim.url, "--no-check")
                pulse.add_github("acme", "github-main", sim.url, "--no-check")
                for name in ("jira-main", "github-main"):
                    killed += sync_through_kills(pulse, name, 12)
                found = differences(expected, pulse.snapshot())
                check(found == [], f"after {killed} kills: " + "; ".join(found))
                check(pulse.select("SELECT count(*) n FROM etl_steps WHERE state IN ('ready','running')")[0]["n"] == 0, "no step is left open")
                check(pulse.select("SELECT count(*) n FROM dead_letters WHERE state = 'open'")[0]["n"] == 0, "no innocent step is in quarantine")
    print(f"      {killed} kills", flush=True)


def points(prefix):
    """The named kill points of this engine, read from the source: one that nobody reaches is found out."""
    source = pathlib.Path(__file__).resolve().parents[2] / "src"
    files = [path for path in source.rglob("*.cc") if not path.name.endswith("_test.cc") and not {"postgres", "amqp"} & set(path.parts)]
    names = {name for path in files for name in re.findall(r'PULSE_FAILPOINT\("(\w+)"\)', path.read_text())}
    return sorted(name for name in names if name[0] in prefix)


def killed(pulse, point, nth, *command):
    """Whether the command died at the point; else it ended well."""
    died = pulse.run(*command, code=None, PULSE_FAILPOINT=f"{point}:{nth}:kill").code
    check(died in (0, 8, -signal.SIGKILL), f"{point}:{nth}: {' '.join(command)} ended with {died}")
    return died == -signal.SIGKILL


def test_killed_at_every_named_point_the_tables_are_the_same():
    world = ("--seed", 6, "--issues", 150, "--prs", 40)
    with Pulse() as calm, Simulator(*world) as sim:
        expected = synced(calm, sim)
    for point in points("kv"):
        with Pulse() as pulse, Simulator(*world) as sim:
            pulse.add_tenant("acme")
            pulse.add_jira("acme", "jira-main", sim.url)
            pulse.add_github("acme", "github-main", sim.url)
            hit = 0
            for name in ("jira-main", "github-main"):
                hit += sum([killed(pulse, point, nth, "sync", name, "--tenant", "acme", "--json") for nth in (1, 2, 5)])
                pulse.sync("acme", name)
            check(hit > 0, f"{point} was never reached")
            check(differences(expected, pulse.snapshot()) == [], f"{point}: " + "; ".join(differences(expected, pulse.snapshot())))


def test_killed_while_it_migrates_the_schema_is_the_same():
    with Pulse() as calm:
        calm.run("db", "migrate")
        expected = calm.select("SELECT name, sql FROM sqlite_master ORDER BY name")
    for point in points("m"):
        with Pulse() as pulse:
            check(killed(pulse, point, 1, "db", "migrate"), f"{point} was never reached")
            pulse.run("db", "migrate")
            check(pulse.select("SELECT name, sql FROM sqlite_master ORDER BY name") == expected, f"{point}: the schema is that of an undisturbed run")


def test_killed_at_a_schedules_slot_it_makes_one_job():
    for point in points("s"):
        with Pulse(PULSE_ETL_LISTEN="127.0.0.1:0", PULSE_BACKEND_LISTEN="127.0.0.1:0") as pulse, Simulator("--seed", 6, "--issues", 5, "--prs", 2) as sim:
            pulse.add_tenant("acme")
            pulse.add_jira("acme", "jira-main", sim.url)
            pulse.run("schedule", "set", "jira-main", "--tenant", "acme", "--every", "1h")
            pulse.write("UPDATE schedules SET next_at = 1")
            check(killed(pulse, point, 1, "serve"), f"{point} was never reached")
            with pulse.serving():
                until(lambda: pulse.select("SELECT count(*) n FROM etl_jobs WHERE status = 'finished'")[0]["n"] == 1, f"{point}: the slot's job ends")
                until(lambda: pulse.select("SELECT next_at n FROM schedules")[0]["n"] > 1, f"{point}: the slot is over")
            check(pulse.select("SELECT count(*) n FROM etl_jobs")[0]["n"] == 1, f"{point}: one job for one slot")


def test_unfused_gives_the_same_rows():
    world = ("--seed", 7, "--issues", 150, "--prs", 40)
    with Simulator(*world) as sim, Pulse() as fused, Pulse(PULSE_FUSED="off") as staged:
        found = differences(synced(fused, sim), synced(staged, sim))
        check(found == [], "fused and staged agree: " + "; ".join(found))


def test_both_jira_plans_give_the_same_rows_also_on_a_bad_day():
    world = ("--seed", 5, "--issues", 2300)
    faults = [a for name in ("cut:5", "repeat-token:20", "empty-page:20", "500:3") for a in ("--fault", name)]
    searches, snapshots = [], []
    # A pass from a given day on begins with pages and hands over after twenty of them; 2,300 at once go in bulk.
    for since, more in ((("--since", "9000d"), ()), ((), ()), (("--since", "9000d"), faults)):
        with Pulse() as pulse, Simulator(*world, *more) as sim:
            pulse.add_tenant("acme")
            pulse.add_jira("acme", "jira-main", sim.url, "--no-check")
            receipt = pulse.sync("acme", "jira-main", *since)
            counts = adds_up(receipt, "jira_issues")
            check(counts["source"] == 2300 and receipt["gaps"] == [], f"every issue once: {counts}, {receipt['gaps']}")
            searches.append(receipt["api_calls"]["POST /rest/api/3/search/jql"])
            snapshots.append(pulse.snapshot())
    check(searches[:2] == [21, 1] and searches[2] > 1, f"pages, then a sweep; a sweep; pages again: {searches}")
    for found in (differences(snapshots[0], other) for other in snapshots[1:]):
        check(found == [], "the plans agree: " + "; ".join(found))


def test_bad_records_are_set_aside_explained_and_replayed():
    with Pulse() as pulse, Simulator("--seed", 8, "--issues", 200, "--prs", 60, "--fault", "bad-record:5") as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        result = pulse.run("sync", "jira-main", "--tenant", "acme", "--json", code=8)
        counts = adds_up(result.json(), "jira_issues")
        check(counts["quarantined"] > 0, "something was set aside")
        groups = pulse.run("dead-letter", "group", "--tenant", "acme", "--json").json()
        check(sum(g["count"] for g in groups) >= counts["quarantined"], f"groups cover the letters: {groups}")
        letter = pulse.run("dead-letter", "list", "--tenant", "acme", "--json").json()[0]
        shown = pulse.run("dead-letter", "show", letter["id"], "--tenant", "acme", "--json").json()
        check(shown["message"] and shown["sample"], "a letter explains itself")
        pulse.run("dead-letter", "replay", letter["id"], "--tenant", "acme", "--json", code=(0, 8))
        check(pulse.run("dead-letter", "list", "--tenant", "acme", "--json").json(), "a record that is still bad is still set aside")


def test_nothing_secret_is_stored_or_logged():
    with Pulse(PULSE_LOG_LEVEL="debug") as pulse, Simulator("--seed", 9, "--issues", 30, "--prs", 10) as sim:
        pulse.add_tenant("acme")
        added = pulse.run("integration", "add", "jira", "--tenant", "acme", "--name", "jira-main", "--url", sim.url, "--email", "bot@example.com", "--token-env", "TOKEN")
        synced_run = pulse.run("sync", "jira-main", "--tenant", "acme", "--json")
        check(pulse.select("SELECT count(*) n FROM work_items")[0]["n"] == 30, "the credential was used")
        token = pulse.env["TOKEN"].encode()
        for path in pulse.home.rglob("*"):
            if path.is_file() and not path.is_socket():
                check(token not in path.read_bytes(), f"{path.name} holds the token")
        for text in (added.out, added.err, synced_run.out, synced_run.err):
            check(token.decode() not in text, "a message holds the token")
        keys = list(pulse.home.glob("*.key"))
        check(keys and all(key.stat().st_mode & 0o777 == 0o600 for key in keys), "the key file is ours alone")


def test_refusals_say_what_and_what_to_do():
    with Pulse() as pulse, Simulator("--seed", 1, "--issues", 5, "--prs", 5) as sim:
        pulse.add_tenant("acme")
        add = ("integration", "add", "jira", "--tenant", "acme", "--name", "jira-main", "--token-env", "TOKEN", "--email", "x@example.com")
        check("PULSE_ALLOW_PRIVATE_SOURCES" in pulse.run(*add, "--url", sim.url, code=2, PULSE_ALLOW_PRIVATE_SOURCES="0").err, "the guard names its switch")
        check(pulse.run(*add, "--url", sim.url, code=4, TOKEN="invalid").err.count("\n") == 1, "one line for a refused token")
        pulse.run(*add, "--url", "http://127.0.0.1:9", code=6)
        pulse.run("sync", "nowhere", "--tenant", "acme", code=3)
        pulse.run("sync", "jira-main", "--tenant", "nobody", code=3)
        check("sync" in pulse.run("snyc", code=2).err, "did you mean")
        pulse.run(*add, "--url", sim.url)
        pulse.run(*add, "--url", sim.url, code=5)


def test_interrupted_syncs_go_on():
    with Pulse() as pulse, Simulator("--seed", 3, "--issues", 600, "--prs", 5, "--latency", "30ms") as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        process = pulse.start("sync", "jira-main", "--tenant", "acme", "--json")
        deadline = time.monotonic() + 30
        while sum(sim.stats()["calls"].values()) < 8 and time.monotonic() < deadline:
            pass
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        check(process.returncode == 130, f"exit {process.returncode} after Ctrl-C")
        receipt = pulse.sync("acme", "jira-main", code=0)
        adds_up(receipt, "jira_issues")
        check(pulse.select("SELECT count(*) n FROM work_items")[0]["n"] == 600, "all are there")
        check(pulse.select("SELECT count(*) n FROM etl_jobs")[0]["n"] == 1, "the second command went on with the first one's job")


def test_two_commands_share_one_pipeline():
    with Pulse() as pulse, Simulator("--seed", 4, "--issues", 300, "--prs", 40, "--latency", "20ms") as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        pulse.add_github("acme", "github-main", sim.url)
        both = [pulse.start("sync", name, "--tenant", "acme", "--json") for name in ("jira-main", "github-main", "jira-main")]
        for process in both:
            out, err = process.communicate(timeout=120)
            check(process.returncode == 0, f"exit {process.returncode}: {err[-800:]}")
        check(pulse.select("SELECT count(*) n FROM etl_jobs")[0]["n"] == 2, "equal syncs are one job")
        check(pulse.select("SELECT count(*) n FROM work_items")[0]["n"] == 300, "all issues")
        check(pulse.select("SELECT count(*) n FROM prs")[0]["n"] == 40, "all pull requests")


main(
    test_demo_accounts_for_every_record_and_a_second_run_changes_nothing,
    test_two_tenants_with_colliding_ids_stay_apart,
    test_killed_at_random_moments_the_tables_are_those_of_an_undisturbed_run,
    test_killed_at_every_named_point_the_tables_are_the_same,
    test_killed_while_it_migrates_the_schema_is_the_same,
    test_killed_at_a_schedules_slot_it_makes_one_job,
    test_unfused_gives_the_same_rows,
    test_both_jira_plans_give_the_same_rows_also_on_a_bad_day,
    test_bad_records_are_set_aside_explained_and_replayed,
    test_nothing_secret_is_stored_or_logged,
    test_refusals_say_what_and_what_to_do,
    test_interrupted_syncs_go_on,
    test_two_commands_share_one_pipeline,
)
