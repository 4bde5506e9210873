"""Every named kill point of the build, on the production engines: a process dies there, another goes on, and the rows do not show it.

    python3 -m tests.operate.points [--short] [NAME …]

The names are read from the source: a point that nobody reaches here is found out. Then it is dead, or it belongs into ELSEWHERE beside the
test that reaches it. One JSON object goes to stdout; exit 1 when something is wrong. A release build has no kill points.
"""
import argparse
import json
import pathlib
import re
import signal
import sys
import time

from tests import servers
from tests.operate.proof import problems_of
from tests.operate.stack import Failed, Service, Simulator, Stack, check, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELSEWHERE = {
    name: "src/pulse/store/postgres/migrator_test.cc"
    for name in ("m0_migrator_locked", "m1_between_statements", "m2_before_record", "m3_concurrent_phase", "m4_recorded")
}
SHORT, FULL = (1,), (1, 2, 3, 5, 8, 13)  # Which time it is reached.
WORLD = ("--seed", 14, "--issues", 120, "--prs", 30)


def points():
    """The kill points that a process on PostgreSQL and RabbitMQ can reach."""
    sources = [path for path in (ROOT / "src").rglob("*.cc") if not path.name.endswith("_test.cc") and "sqlite" not in path.parts]
    return sorted({name for path in sources for name in re.findall(r'PULSE_FAILPOINT\("(\w+)"\)', path.read_text())})


class Doomed:
    """An etl that is to die at the nth time it reaches a point; nobody else works before."""

    def __init__(self, stack, point, nth):
        self.service = Service(stack, "etl", PULSE_FAILPOINT=f"{point}:{nth}:kill").start()
        stack.services.append(self.service)
        # Some points lie before it is ready.
        until(lambda: self.died or self.service.get("/readyz")[0] == 200, 30, lambda: f"it is ready or dead: {self.service.tail()}")

    @property
    def died(self):
        if self.service.running:
            return False
        check(self.service.process.returncode == -signal.SIGKILL, f"it ended by itself: {self.service.tail()}")
        return True

    def stop(self):
        if self.service.running:
            self.service.stop()


def sync_through(stack, tenant, point, nth):
    """Syncs both integrations of a tenant that is new; whether a process died. The commands finish what it left."""
    doomed = Doomed(stack, point, nth)
    commands = [stack.start("sync", name, "--tenant", tenant, "--json") for name in ("jira-main", "github-main")]
    for command in commands:
        _, err = command.communicate(timeout=120)
        check(command.returncode == 0, f"{point}:{nth}: exit {command.returncode}: {err[-600:]}")
    died = doomed.died
    doomed.stop()
    return died


def slot_through(stack, tenant, point):
    """A schedule's slot has come; whether a process died of it. The next one finds the slot, and there is one job."""
    stack.run("schedule", "set", "jira-main", "--tenant", tenant, "--every", "1h")
    before = stack.one("SELECT count(*) FROM etl_jobs")
    stack.select("UPDATE schedules SET next_at = clock_timestamp() - interval '1 second'")
    doomed = Doomed(stack, point, 1)
    until(lambda: doomed.died or stack.one("SELECT count(*) FROM etl_jobs") > before, 30, "the slot is noticed")
    other = stack.start_etl()[0]
    until(lambda: stack.one("SELECT next_at > clock_timestamp() FROM schedules"), 60, lambda: f"the slot is over: {stack.select('SELECT * FROM schedules')} {other.tail()}")
    stack.wait_idle(60)
    died = doomed.died
    doomed.stop()
    check(other.stop() == 0, "the other one ends well")
    check(stack.one("SELECT count(*) FROM etl_jobs") == before + 1, f"{point}: one job for one slot")
    stack.run("schedule", "remove", "jira-main", "--tenant", tenant)
    return died


def run(wanted, times):
    found, hits, began = [], {}, time.monotonic()
    with Stack(in_memory=True, PULSE_VECTORS="on") as stack, Simulator(*WORLD) as site:
        def new_tenant(name):
            stack.add_tenant(name)
            stack.add_jira(name, "jira-main", site.url)
            stack.add_github(name, "github-main", site.url)
            return name
        calm = new_tenant("calm")
        for integration in ("jira-main", "github-main"):
            stack.sync(calm, integration, code=0)
        expected, tenants = stack.snapshot(stack.tenant_id(calm)), {}
        for point in wanted:
            hits[point] = 0
            try:
                if point.startswith("s"):
                    hits[point] += slot_through(stack, calm, point)
                    continue
                for nth in times:
                    tenant = new_tenant(f"{point.replace('_', '-')}-{nth}")
                    hits[point] += sync_through(stack, tenant, point, nth)
                    tenants[tenant] = expected
            except (Failed, servers.Failed) as problem:
                found.append(f"{point}: {problem}")
                for service in stack.services:
                    service.kill()
        found += [f"{point} was never reached" for point, count in hits.items() if count == 0]
        stack.wait_idle(60)
        found += problems_of(stack, tenants)
    return {"deaths": hits, "seconds": round(time.monotonic() - began, 1), "problems": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help=f"each point once instead of {len(FULL)} times")
    parser.add_argument("names", nargs="*", help="only these points")
    options = parser.parse_args()
    known = points()
    if unknown := set(options.names) - set(known) or set(ELSEWHERE) - set(known):
        sys.exit(f"no such point: {', '.join(sorted(unknown))}")
    figures = run(options.names or [name for name in known if name not in ELSEWHERE], SHORT if options.short else FULL)
    print(json.dumps({"name": "points"} | figures))
    return 1 if figures["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
