"""Two `pulse etl` share a sync.   python3 -m tests.operate.scale [--issues N] [--cycles N]

A site answers after 100 ms; one process, then two, with a concurrency of 4 each: two are at least 1.7 times as fast. Medians of pairs in
the order 1 2 2 1. Figures as JSON on stdout; exit 1 when the ratio is missed.
"""
import argparse
import itertools
import json
import statistics
import sys

from tests.operate.stack import Simulator, Stack

RATIO = 1.7


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--issues", type=int, default=40_000, help="a chain of fetches takes 2,000: enough for eight at a time")
    parser.add_argument("--cycles", type=int, default=2)
    parser.add_argument("--latency", default="100ms")
    options = parser.parse_args()
    seconds, numbers = {1: [], 2: []}, itertools.count(1)
    with Stack() as stack, Simulator("--seed", 9, "--issues", options.issues, "--prs", 1, "--latency", options.latency) as site:
        for processes in (1, 2, 2, 1) * options.cycles:
            name = f"tenant-{next(numbers)}"
            stack.add_tenant(name)
            stack.add_jira(name, "jira-main", site.url)
            services = stack.start_etl(processes, "--concurrency", 4)
            receipt = stack.sync(name, "jira-main", code=0)
            assert receipt["entities"]["jira_issues"]["inserted"] == options.issues, receipt
            seconds[processes].append(stack.one("SELECT extract(epoch FROM finished_at - created_at)::float FROM etl_jobs WHERE id = %s", receipt["job_id"]))
            for service in services:
                service.stop()
    medians = {processes: statistics.median(times) for processes, times in seconds.items()}
    ratio = medians[1] / medians[2]
    print(json.dumps({"name": "scale", "issues": options.issues, "seconds_one": round(medians[1], 2), "seconds_two": round(medians[2], 2),
                      "ratio": round(ratio, 2), "ok": ratio >= RATIO}))
    return 0 if ratio >= RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
