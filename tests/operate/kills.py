"""Syncs of two tenants from sites that fail 2 % of the calls, while workers and servers are killed. The rows must not show it.

    python3 -m tests.operate.kills [--short | --full] [--kills N] [--broker-kills N] [--pg-kills N] [--wipes N] [--stops N] [--seed N]

Four `pulse etl` work; as soon as one sync ends the next begins, each of a tenant that is new. When everything planned has happened, all
drains, and for every tenant: the rows equal those of an undisturbed run, no job or step is open, no innocent step is in quarantine, the
counters equal the rows. One JSON object with what was done and found goes to stdout; exit 1 when something is wrong.
"""
import argparse
import itertools
import json
import random
import sys
import threading
import time

import pika
import psycopg2

from tests.operate.proof import problems_of
from tests.operate.stack import Simulator, Stack, until
from tests.servers import Failed

FULL = {"kills": 500, "broker_kills": 30, "pg_kills": 30, "wipes": 5, "stops": 20}
SHORT = {"kills": 40, "broker_kills": 1, "pg_kills": 3, "wipes": 1, "stops": 1}
WORKERS = 4
LEASE = 15.0
FAULTS = [word for fault in ("429:0.5", "500:0.5", "reset:0.5", "cut:0.5") for word in ("--fault", fault)]
WORLD = ("--issues", 250, "--prs", 40)
SEEDS = (11, 12)  # Two sites with the same ids and other contents.
UNREACHABLE = 6  # What a command answers while a server is down; a supervisor starts it again.


class Workers:
    """The etl processes, killed and frozen by one thread. Started again at once, as a supervisor would."""

    def __init__(self, stack, count, chance):
        self.stack, self.chance, self.frozen, self.found = stack, chance, {}, []
        self.done = {"kills": 0, "kills_while_steps_ran": 0, "stops": 0, "starts_refused": 0}
        self.services = stack.start_etl(count)

    def look_after(self):
        """Thaws whose time has come, starts again who ended."""
        for service, until_when in list(self.frozen.items()):
            if time.monotonic() > until_when:
                del self.frozen[service]
                service.thaw()
        for service in self.services:
            if not service.running:
                if service.process.returncode == UNREACHABLE:
                    self.done["starts_refused"] += 1
                else:
                    self.found.append(f"an etl ended by itself, exit {service.process.returncode}: {service.tail()}")
                service.start()

    def steps_run(self):
        try:
            return self.stack.one("SELECT count(*) FROM etl_steps WHERE state = 'running'") > 0
        except psycopg2.Error:
            return False  # The database is down just now.

    def kill(self):
        deadline = time.monotonic() + 1
        while not (busy := self.steps_run()) and time.monotonic() < deadline:
            time.sleep(0.01)
        service = self.chance.choice([one for one in self.services if one not in self.frozen])
        service.kill()
        service.start()
        self.done["kills"] += 1
        self.done["kills_while_steps_ran"] += busy

    def freeze(self):
        service = self.chance.choice([one for one in self.services if one not in self.frozen])
        service.freeze()
        self.frozen[service] = time.monotonic() + LEASE + self.chance.uniform(2, 4)
        self.done["stops"] += 1

    def torment(self, options, pause):
        while self.done["kills"] < options.kills or self.done["stops"] < options.stops or self.frozen:
            self.look_after()
            time.sleep(self.chance.expovariate(1 / pause))
            if self.done["stops"] < options.stops and len(self.frozen) < 2 and self.chance.random() < 0.2:
                self.freeze()
            elif self.done["kills"] < options.kills:
                self.kill()

    def calm(self, end):
        while not end.wait(0.1):
            self.look_after()


class Syncs(threading.Thread):
    """Syncs one new tenant after another from one site until told to end; a command that found a server down is given again."""

    numbers = itertools.count(1)

    def __init__(self, stack, site, label):
        super().__init__()
        self.stack, self.site, self.label = stack, site, label
        self.end, self.tenants, self.found, self.repeated = threading.Event(), [], [], 0

    def run(self):
        try:
            while not self.end.is_set():
                name = f"{self.label}-{next(self.numbers)}"
                self.insist("tenant", "create", name, also=(5,))
                self.tenants.append(name)
                connect = ("integration", "add", "{}", "--tenant", name, "--name", "{}-main", "--url", self.site.url, "--token-env", "TOKEN", "--no-check")
                for provider in ("jira", "github"):
                    more = ("--email", "bot@example.com") if provider == "jira" else ()
                    self.insist(*(word.format(provider) for word in connect), *more, also=(5,))
                for provider in ("jira", "github"):
                    self.insist("sync", f"{provider}-main", "--tenant", name)
        except Exception as problem:
            self.found.append(f"{self.label}: {problem}")

    def insist(self, *words, also=()):
        for _ in range(100):
            done = self.stack.run(*words, "--json", code=(0, UNREACHABLE, *also), timeout=180)
            if done.code != UNREACHABLE:
                return
            self.repeated += 1
        raise Failed(f"pulse {' '.join(words)}: a hundred times unreachable")


def undisturbed(stack):
    """Rows of each site, synced in peace."""
    rows = {}
    for label, seed in zip("ab", SEEDS):
        with Simulator("--seed", seed, *WORLD) as site:
            name = f"calm-{label}"
            stack.add_tenant(name)
            stack.add_jira(name, "jira-main", site.url)
            stack.add_github(name, "github-main", site.url)
            for integration in ("jira-main", "github-main"):
                stack.sync(name, integration, code=0)
            rows[label] = stack.snapshot(stack.tenant_id(name))
    return rows


def disturb_servers(stack, options, chance, workers_thread):
    """Kills servers, one event after the other, from the main thread: who starts them lives as long as they."""
    servers, happened = stack.servers, {"broker_kills": 0, "wipes": 0, "pg_kills": 0}
    events = ["broker_kills"] * options.broker_kills + ["wipes"] * options.wipes + ["pg_kills"] * options.pg_kills
    chance.shuffle(events)
    for event in events:
        # Long enough for the queues to settle and for work to go on in between.
        workers_thread.join(chance.uniform(servers.broker.SETTLED, servers.broker.SETTLED + 1.5))
        if event == "pg_kills":
            servers.postgres.kill()
            servers.postgres.start()
        else:
            servers.broker.wipe() if event == "wipes" else servers.broker.kill()
            servers.broker.start()
            # A wiped broker gets its queues from whoever connects first; younger than SETTLED they would not survive the next kill.
            until(lambda: queues_are_there(stack), 60, "somebody declares the queues")
        happened[event] += 1
    workers_thread.join()
    return happened


def queues_are_there(stack):
    try:
        return all(stack.queued(f"etl.{stage}") >= 0 for stage in ("extract", "transform", "load", "vectorize"))
    except pika.exceptions.AMQPError:
        return False


def run(options):
    chance = random.Random(options.seed)
    began = time.monotonic()
    with Stack(in_memory=True) as stack:
        workers = Workers(stack, WORKERS, random.Random(options.seed + 1))
        expected = undisturbed(stack)
        with Simulator("--seed", SEEDS[0], *WORLD, *FAULTS, "--latency", "5ms") as a, Simulator("--seed", SEEDS[1], *WORLD, *FAULTS, "--latency", "5ms") as b:
            syncs = [Syncs(stack, a, "a"), Syncs(stack, b, "b")]
            for thread in syncs:
                thread.start()
            tormentor = threading.Thread(target=guarded, args=(workers.torment, workers.found, options, options.pause))
            tormentor.start()
            happened = disturb_servers(stack, options, chance, tormentor)
            over = threading.Event()
            supervisor = threading.Thread(target=guarded, args=(workers.calm, workers.found, over))
            supervisor.start()
            for thread in syncs:
                thread.end.set()
            for thread in syncs:
                thread.join(240)
            found = workers.found + [problem for thread in syncs for problem in thread.found]
            found += [f"{thread.label}: its sync does not end" for thread in syncs if thread.is_alive()]
            try:
                stack.wait_idle(120)
            except Failed as problem:
                found.append(str(problem))
            over.set()
            supervisor.join()
            tenants = {name: expected[thread.label] for thread in syncs for name in thread.tenants}
            found += problems_of(stack, tenants)
    figures = workers.done | happened | {"syncs": 2 * len(tenants), "commands_repeated": sum(thread.repeated for thread in syncs)}
    return figures | {"seconds": round(time.monotonic() - began, 1), "seed": options.seed, "problems": found}


def guarded(work, found, *arguments):
    """A thread's work; what it dies of is a finding."""
    try:
        work(*arguments)
    except Exception as problem:
        found.append(f"{work.__name__}: {type(problem).__name__}: {problem}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a small number of each")
    parser.add_argument("--full", action="store_true", help=f"{FULL}")
    for name in FULL:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)
    parser.add_argument("--pause", type=float, default=0.6, help="seconds between two kills of workers, on average")
    parser.add_argument("--seed", type=int, default=20)
    options = parser.parse_args()
    for name, number in (FULL if options.full else SHORT).items():
        if getattr(options, name) is None:
            setattr(options, name, number)
    figures = run(options)
    print(json.dumps({"name": "kills"} | figures))
    return 1 if figures["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
