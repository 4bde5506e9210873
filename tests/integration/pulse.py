"""Drives the pulse binary from outside: a home of its own, simulators, commands, tables.

Everything here waits on something (an exit, a line, an HTTP answer, a state); nothing sleeps and hopes.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

BIN = os.environ.get("PULSE_BIN", str(pathlib.Path(__file__).resolve().parents[2] / "build/dev/pulse"))

# Columns that say when or by which page a row came (docs/architecture.md): they may differ between two equal syncs.
VOLATILE = {"id", "raw_id", "raw_position", "job_id", "created_at", "updated_at", "work_item_id", "pr_id"}
DOMAIN = (
    "work_items work_item_changes work_item_links comments worklogs sprints work_item_sprints projects statuses issue_types fields people "
    "repositories prs pr_commits pr_reviews pr_comments work_item_prs deployments releases"
).split()


class Failed(AssertionError):
    pass


def check(condition, message):
    if not condition:
        raise Failed(message)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Result:
    def __init__(self, process, out, err):
        self.code, self.out, self.err = process.returncode, out, err

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise Failed(f"no JSON on stdout (exit {self.code}): {self.out[:400]!r} {self.err[-800:]!r}")


class Pulse:
    """One PULSE_HOME and the commands run in it."""

    def __init__(self, **environment):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="pulse-it-"))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("PULSE_") and not k.endswith("_URL")}
        self.env |= {"PULSE_HOME": str(self.home), "PULSE_ALLOW_PRIVATE_SOURCES": "1", "TOKEN": "secret-token-value-8431", "NO_COLOR": "1"}
        self.env |= environment

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def database(self):
        return self.home / "pulse.db"

    def start(self, *arguments, stdin=None, **environment):
        return subprocess.Popen(
            [BIN, *map(str, arguments)], env=self.env | environment, stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def run(self, *arguments, code=0, timeout=600, input=None, **environment):
        process = self.start(*arguments, stdin=subprocess.PIPE if input is not None else None, **environment)
        try:
            out, err = process.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failed(f"pulse {' '.join(map(str, arguments))} did not end within {timeout} s: {err[-2000:]}")
        result = Result(process, out, err)
        if code is not None:
            wanted = code if isinstance(code, (tuple, list, set)) else (code,)
            check(result.code in wanted, f"pulse {' '.join(map(str, arguments))}: exit {result.code}, wanted {wanted}: {out[-600:]} {err[-2000:]}")
        return result

    def add_tenant(self, name):
        return self.run("tenant", "create", name, "--json").json()["id"]

    def add_jira(self, tenant, name, url, *more):
        return self.run("integration", "add", "jira", "--tenant", tenant, "--name", name, "--url", url,
                        "--email", "bot@example.com", "--token-env", "TOKEN", *more, "--json").json()["id"]

    def add_github(self, tenant, name, url, *more):
        return self.run("integration", "add", "github", "--tenant", tenant, "--name", name, "--url", url,
                        "--token-env", "TOKEN", *more, "--json").json()["id"]

    def sync(self, tenant, integration, *more, code=(0, 8), **environment):
        return self.run("sync", integration, "--tenant", tenant, *more, "--json", code=code, **environment).json()

    def select(self, sql):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql)]

    def write(self, sql):
        with contextlib.closing(sqlite3.connect(self.database)) as db, db:
            db.execute(sql)

    @contextlib.contextmanager
    def serving(self):
        """`pulse serve` for the while, ended as an operator ends it."""
        process = self.start("serve")
        try:
            yield process
        finally:
            process.terminate()
            _, err = process.communicate(timeout=30)
            check(process.returncode == 0, f"serve ended with {process.returncode}: {err[-1500:]}")

    def rows(self, table):
        """Every row of a domain table without its volatile columns, sorted: what two runs must agree on."""
        kept = [{k: v for k, v in row.items() if k not in VOLATILE} for row in self.select(f"SELECT * FROM {table}")]
        return sorted(kept, key=lambda row: json.dumps(row, sort_keys=True))

    def snapshot(self):
        return {table: self.rows(table) for table in DOMAIN}


class Simulator:
    def __init__(self, *arguments):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([BIN, "simulate", "--listen", f"127.0.0.1:{self.port}", *map(str, arguments)],
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(self.url + "/_simulate/health", timeout=5):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.log.seek(0)
                    raise Failed(f"the simulator did not start: {self.log.read()[-1500:]}")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.05)

    def stats(self):
        with urllib.request.urlopen(self.url + "/_simulate/stats", timeout=30) as answer:
            return json.load(answer)

    def calls(self):
        return self.stats()["calls"]

    def edit(self, which, **edits):
        """Changes the site between two syncs: edit("jira", delete=["PAY-1"], move={"PAY-2": "OPS"}), edit("github", hide_repositories=[…])."""
        request = urllib.request.Request(f"{self.url}/_simulate/{which}", json.dumps(edits).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            check(answer.status == 200, f"edit {edits}: {answer.status}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def differences(left, right, most=5):
    """Human-readable differences between two snapshots; empty when they are equal."""
    found = []
    for table in left:
        a = {json.dumps(r, sort_keys=True) for r in left[table]}
        b = {json.dumps(r, sort_keys=True) for r in right[table]}
        if len(left[table]) != len(right[table]) or a != b:
            found.append(f"{table}: {len(left[table])} rows against {len(right[table])}; "
                         f"only left {sorted(a - b)[:most]}; only right {sorted(b - a)[:most]}")
    return found


def main(*tests):
    """Runs the tests named on the command line, or all; a failure names itself and the rest goes on."""
    wanted = sys.argv[1:]
    if unknown := set(wanted) - {test.__name__ for test in tests}:
        sys.exit(f"no such test: {', '.join(sorted(unknown))}")
    failed = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        started = time.monotonic()
        try:
            test()
            print(f"ok    {test.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
        except Failed as problem:
            failed += 1
            print(f"FAIL  {test.__name__}: {problem}", flush=True)
    sys.exit(1 if failed else 0)
