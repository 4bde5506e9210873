#!/usr/bin/env python3
"""What people ask the command line about data they have, and what it says when a source does not answer."""
import contextlib
import json
import sqlite3
import time

from pulse import Pulse, Simulator, check, main


def test_a_row_is_traced_to_the_page_it_came_from():
    with Pulse() as pulse, Simulator("--seed", 5, "--issues", 40, "--prs", 10) as sim:
        for tenant in ("acme", "globex"):
            pulse.add_tenant(tenant)
        pulse.add_jira("acme", "jira-main", sim.url)
        pulse.add_github("acme", "github-main", sim.url)
        pulse.sync("acme", "jira-main")
        pulse.sync("acme", "github-main")
        row = pulse.select("SELECT key, external_id, raw_id, job_id FROM work_items ORDER BY id LIMIT 1")[0]
        for key in (row["key"], row["external_id"]):
            found = pulse.run("data", "lineage", "work_items", key, "--tenant", "acme", "--json").json()
            check(len(found) == 1 and found[0]["raw_id"] == row["raw_id"] and found[0]["job_id"] == row["job_id"], f"{key}: {found}")
            check("/rest/api/3/" in found[0]["page_request"], f"the request that fetched it: {found}")
        page = pulse.run("data", "lineage", "work_items", row["key"], "--tenant", "acme", "--page").out
        check(row["key"] in page and json.loads(page), f"the page as it was received: {page[:200]}")
        pr = pulse.select("SELECT repository_name, number, raw_id FROM prs LIMIT 1")[0]
        found = pulse.run("data", "lineage", "prs", f"{pr['repository_name']}#{pr['number']}", "--tenant", "acme", "--json").json()
        check([f["raw_id"] for f in found] == [pr["raw_id"]], f"by owner/name#number: {found}")

        for key in (row["key"], row["external_id"], "x' OR '1'='1"):
            pulse.run("data", "lineage", "work_items", key, "--tenant", "globex", code=3)
        pulse.run("data", "lineage", "work_items", "x' OR '1'='1", "--tenant", "acme", code=3)
        check("work_items" in pulse.run("data", "lineage", "work_itemz", "1", "--tenant", "acme", code=3).err, "the nearest table")


def test_one_dead_letter_is_discarded_by_its_number():
    with Pulse() as pulse, Simulator("--seed", 6, "--issues", 100, "--fault", "bad-record:5") as sim:
        for tenant in ("acme", "globex"):
            pulse.add_tenant(tenant)
        pulse.add_jira("acme", "jira-main", sim.url)
        pulse.sync("acme", "jira-main", code=8)
        letters = pulse.run("dead-letter", "list", "--tenant", "acme", "--json").json()
        check(len(letters) > 1, f"something to discard: {letters}")
        number = letters[0]["id"]
        discard = ("dead-letter", "discard", number, "--reason", "test data")
        pulse.run(*discard, "--tenant", "globex", "--yes", code=3)
        check("would discard 1 " in pulse.run(*discard, "--tenant", "acme", code=2).err, "it says what it would do")
        check(pulse.run(*discard, "--tenant", "acme", "--yes", "--json").json() == {"discarded": 1}, "one")
        left = [one["id"] for one in pulse.run("dead-letter", "list", "--tenant", "acme", "--json").json()]
        check(left == [one["id"] for one in letters[1:]], f"the others stay: {left}")


def test_waiting_ends_at_the_time_given_and_the_work_goes_on_later():
    with Pulse() as pulse, Simulator("--seed", 7, "--issues", 20, "--latency", "400ms") as sim:
        pulse.add_tenant("acme")
        pulse.add_jira("acme", "jira-main", sim.url)
        check("time" in pulse.run("sync", "jira-main", "--timeout", "soon", code=2).err, "a wrong time is refused")
        check(pulse.run("job", "list", "--json").json() == [], "before anything is begun")
        started = time.monotonic()
        late = pulse.run("sync", "jira-main", "--timeout", "300ms", "--json", code=7)
        check(time.monotonic() - started < 10, "it did not wait for the end")
        check(late.json()["code"] == "timeout" and "pulse job watch 1 --tenant acme" in late.err, f"how to go on: {late.err}")
        done = pulse.run("job", "watch", 1, "--json", "--timeout", "5m").json()
        check(done["status"] == "finished" and done["entities"]["jira_issues"]["source"] == 20, f"nothing is lost: {done}")
        check("time" in pulse.run("job", "retry", 1, "--timeout", "soon", code=2).err, "a retry reads it too")
        check(len(pulse.run("job", "list", "--json").json()) == 1, "before anything is begun")
        late = pulse.run("job", "retry", 1, "--timeout", "300ms", "--json", code=7)
        check(late.json()["code"] == "timeout" and "pulse job watch 2 --tenant acme" in late.err, f"how to go on: {late.err}")


def test_a_wrong_address_is_named_with_what_to_do():
    with Pulse() as pulse, Simulator("--seed", 8, "--issues", 5) as sim:
        pulse.add_tenant("acme")
        for provider in ("jira", "github"):
            name, url = f"{provider}-main", sim.url + "/nowhere"
            add = ("integration", "add", provider, "--name", name, "--url", url, "--token-env", "TOKEN")
            said = pulse.run(*add, code=3).err.strip()
            check(url in said and "check --url" in said and "\n" not in said, f"one line: {said}")
            pulse.run(*add, "--no-check")
            said = pulse.run("sync", name, "-q", code=1).err.strip()
            check(f"failed at {url}" in said and f"integration edit {name}" in said and "\n" not in said, f"one line: {said}")


def test_an_add_that_ended_before_it_kept_the_token_is_finished_by_the_same_command():
    with Pulse() as pulse, Simulator("--seed", 8, "--issues", 5) as sim:
        pulse.add_tenant("acme")
        add = ("integration", "add", "jira", "--name", "jira-main", "--url", sim.url, "--email", "bot@example.com")
        token = ("--token-env", "TOKEN", "--json")
        half = pulse.run(*add, "--no-check", "--json").json()["id"]  # What a killed one leaves: no credential.
        check("no credential" in pulse.run("sync", "jira-main", code=1).err, "it is not whole")
        elsewhere = ("--url", sim.url + "/elsewhere")
        check("already" in pulse.run(*add[:5], *elsewhere, "--no-check", *token, code=5).err, "another address is another integration")
        check(pulse.run(*add, *token).json()["id"] == half, "the same command makes it whole")
        check(pulse.sync("acme", "jira-main")["status"] == "finished", "and it works")
        check("already" in pulse.run(*add, *token, code=5).err, "what is whole is not added again")


# How each command is run with --json, in this order: what it makes, the next ones find.
IN_JSON = {
    "version": (),
    "help": ("sync",),
    "completion": ("fish",),
    "config show": ("--origin",),
    "config check": (),
    "config get": ("home",),
    "config docs": (),
    "db migrate": ("plan",),
    "tenant create": ("acme",),
    "tenant list": (),
    "tenant edit": ("acme", "--raw-retention-days", "keep"),
    "integration types": (),
    "integration add": ("jira", "--name", "jira-main", "--url", "{url}", "--email", "bot@example.com", "--token-env", "TOKEN"),
    "integration list": (),
    "integration show": ("jira-main",),
    "integration test": ("jira-main",),
    "integration edit": ("jira-main", "--email", "other@example.com"),
    "tenant show": ("acme",),
    "sync": ("jira-main",),
    "job list": (),
    "job show": ("1",),
    "job watch": ("1",),
    "job retry": ("1",),
    "job cancel": ("1",),
    "dead-letter list": (),
    "dead-letter group": (),
    "dead-letter show": ("1",),
    "dead-letter replay": ("1",),
    "dead-letter discard": ("--all", "--reason", "test data", "--yes"),
    "replay": ("--dry-run",),
    "transform": ("jira_issues",),
    "search": ("payments",),
    "data tables": (),
    "data schema": ("work_items",),
    "data query": ("SELECT count(*) AS n FROM work_items",),
    "data lineage": ("work_items", "{key}"),
    "vector status": (),
    "vector drift": (),
    "vector rebuild": (),
    "schedule set": ("jira-main", "--every", "6h"),
    "schedule list": (),
    "schedule pause": ("jira-main",),
    "schedule resume": ("jira-main",),
    "schedule remove": ("jira-main",),
    "doctor": (),
    "db status": (),
    "db check": (),
    "secret rotate": (),
    "queue status": (),
    "queue topology diff": (),
    "queue topology apply": (),
    "healthcheck": ("live", "--url", "http://127.0.0.1:1"),
    "integration remove": ("jira-main", "--yes"),
    "tenant delete": ("acme", "--yes"),
}
# What runs until it is stopped, and the demo, which test_main_job.py reads.
NOT_HERE = {"demo", "simulate", "serve", "backend", "etl"}


def test_with_json_every_command_prints_one_json_value_and_nothing_else():
    with Pulse() as pulse, Simulator("--seed", 9, "--issues", 60, "--fault", "bad-record:5") as sim:
        table = {command["path"] for command in pulse.run("help", "--json").json()["commands"]}
        check(table == IN_JSON.keys() | NOT_HERE, f"commands this test does not know, or no more: {table ^ (IN_JSON.keys() | NOT_HERE)}")
        values = {"url": sim.url, "key": ""}
        for path, arguments in IN_JSON.items():
            if path == "data lineage":
                values["key"] = pulse.select("SELECT key FROM work_items LIMIT 1")[0]["key"]
            done = pulse.run(*path.split(), *(word.format(**values) for word in arguments), "--json", code=None, input="")
            value = done.json()
            problem = isinstance(value, dict) and "retryable" in value
            check(problem == (done.code not in (0, 1, 8)) or path == "healthcheck", f"{path}: exit {done.code} {value} {done.err}")
            check(problem == (path in ("job cancel", "queue status", "queue topology diff", "queue topology apply", "healthcheck")), f"{path}: {value}")
        refused = (("data", "query", "SELECT 1", "-o", "csv"), ("data", "query", "SELECT 1", "-o", "table"), ("data", "query", "SELECT 1", "-o", "ndjson"),
                   ("data", "lineage", "work_items", "1", "--page"), ("help", "--markdown"))
        for words in refused:
            check("fix: use one" in pulse.run(*words, "--json", code=2).json()["detail"], f"{words}: two forms are one too many")
        for words in ((), ("--help",), ("sync", "--help"), ("queue", "--help"), ("help", "config"), ("help", "formatting")):
            check(isinstance(pulse.run(*words, "--json").json(), dict), f"{words}")
        fields = {"created": "2024-01-01T00:00:00.000+0000", "updated": "2024-01-01T00:00:00.000+0000", "summary": "x", "project": {"id": "1", "key": "A"}}
        payload = json.dumps({"id": "1", "key": "A-1", "fields": fields}) + "\n"
        for count in (0, 1, 3):
            rows = pulse.run("transform", "jira_issues", "--json", input=payload * count, code=(0, 8)).json()
            check([row["table"] for row in rows] == ["work_items"] * count, f"one array of the rows of {count} lines: {rows}")


def test_doctor_says_how_to_fix_whatever_fails():
    dead = "127.0.0.1:1"
    with Pulse() as pulse:
        pulse.add_tenant("acme")
        whole = pulse.run("doctor", "--json").json()
        check(whole["failed"] == 0 and whole["warnings"] == 0, f"nothing is wrong: {whole}")
        wrong = {
            "queue": {"QUEUE_URL": f"amqp://guest:guest@{dead}"},
            "cache": {"REDIS_URL": f"redis://{dead}"},
            "vectors": {"QDRANT_URL": f"http://{dead}"},
            "database": {"DATABASE_URL": f"postgresql://pulse@{dead}/pulse"},
        }
        for part, settings in wrong.items():
            checks = pulse.run("doctor", "--json", code=None, **settings).json()["checks"]
            bad = [one for one in checks if one["status"] in ("FAIL", "warn")]
            check(bad and all(one["fix"] for one in bad), f"{part}: each failure has a fix: {checks}")
            check(any(name.lower() in one["fix"] for one in bad for name in settings), f"{part}: the setting is named: {bad}")
        (pulse.home / "secret.key").chmod(0o644)
        engine = pulse.run("doctor", "--json", code=1).json()["checks"][-1]
        check(engine["id"] == "engine" and engine["fix"].startswith("chmod 600 ") and "fix" not in engine["found"], f"the message's own fix, once: {engine}")


def test_a_rotation_seals_the_other_credentials_when_one_cannot_be_opened():
    with Pulse() as pulse:
        for tenant in ("acme", "globex"):
            pulse.add_tenant(tenant)
            pulse.add_jira(tenant, "jira-main", "http://127.0.0.1:1", "--no-check")
        with contextlib.closing(sqlite3.connect(pulse.database)) as db, db:
            db.execute("UPDATE secrets SET ciphertext = (SELECT ciphertext FROM secrets WHERE tenant_id = 2) WHERE tenant_id = 1")
        partial = pulse.run("secret", "rotate", "--json", code=8)
        done = partial.json()
        check(done["resealed"] == 1 and [(one["tenant"], one["integration"]) for one in done["failed"]] == [("acme", "jira-main")], f"{done}")
        check("acme/jira-main" in partial.err and done["failed"][0]["fix"] in partial.err, f"for people too: {partial.err}")
        newest = {row["tenant_id"]: row["key_id"] == done["key_id"] for row in pulse.select("SELECT tenant_id, key_id FROM secrets")}
        check(newest == {1: False, 2: True}, f"the later one did not wait: {newest}")

        fix = done["failed"][0]["fix"].replace("VAR", "TOKEN").split()[1:]
        pulse.run(*fix, "--no-check")
        healed = pulse.run("secret", "rotate", "--json").json()
        check(healed["resealed"] == 2 and healed["failed"] == [], f"{healed}")


main(
    test_a_rotation_seals_the_other_credentials_when_one_cannot_be_opened,
    test_doctor_says_how_to_fix_whatever_fails,
    test_with_json_every_command_prints_one_json_value_and_nothing_else,
    test_an_add_that_ended_before_it_kept_the_token_is_finished_by_the_same_command,
    test_a_row_is_traced_to_the_page_it_came_from,
    test_one_dead_letter_is_discarded_by_its_number,
    test_waiting_ends_at_the_time_given_and_the_work_goes_on_later,
    test_a_wrong_address_is_named_with_what_to_do,
)
