#!/usr/bin/env python3
"""What people ask the command line about data they have, and what it says when a source does not answer."""
import json
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


main(
    test_an_add_that_ended_before_it_kept_the_token_is_finished_by_the_same_command,
    test_a_row_is_traced_to_the_page_it_came_from,
    test_one_dead_letter_is_discarded_by_its_number,
    test_waiting_ends_at_the_time_given_and_the_work_goes_on_later,
    test_a_wrong_address_is_named_with_what_to_do,
)
