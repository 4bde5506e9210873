"""What the plan's tests stand on: a production pulse, a simulated Jira, tenants of their own, the tables as SQLAlchemy sees them.

PULSE_MISSION_SECONDS   how long the throughput test keeps it up (10; the full form is 60)
PULSE_MISSION_RATE      jobs per second it asks for (5, the plan's; ask a release build for 250)
PULSE_MISSION_ISSUES    how large the large project is (10,000)
"""
import base64
import itertools
import json
import os
import urllib.request

import pytest
import sqlalchemy
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session

from tests.operate.stack import Simulator, Stack, until

SECONDS = float(os.environ.get("PULSE_MISSION_SECONDS", "10"))
LARGE = int(os.environ.get("PULSE_MISSION_ISSUES", "10000"))
SHARE = 0.3  # Of a simulated site's issues are PAY's, and a little more.


class Site(Simulator):
    """A simulated Jira that is asked the way a person would ask it: what pulse loaded is compared with its own answers."""

    def ask(self, path, body):
        credential = base64.b64encode(b"person@example.com:token").decode()
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": f"Basic {credential}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def count(self, jql):
        return self.ask("/rest/api/3/search/approximate-count", {"jql": jql})["count"]

    def keys(self, jql, most):
        found, token = [], {}
        while len(found) < most:
            page = self.ask("/rest/api/3/search/jql", {"jql": jql, "maxResults": 5000, "fields": ["key"]} | token)
            found += [issue["key"] for issue in page["issues"]]
            if "nextPageToken" not in page:
                break
            token = {"nextPageToken": page["nextPageToken"]}
        return found[:most]


class Tenant:
    """A tenant with one Jira, and what it may do from outside."""

    def __init__(self, stack, name, site):
        self.stack, self.name, self.site = stack, name, site
        self.id = stack.add_tenant(name)
        self.integration = stack.add_jira(name, "jira-main", site.url)

    def message(self, payload, entity_type="jira_issues", integration=None):
        return {"tenant_id": self.id, "entity_type": entity_type, "integration_id": integration or self.integration, "payload": payload}

    def cli(self, *arguments, code=0):
        return self.stack.run(*arguments, "--tenant", self.name, "--json", code=code)

    def jobs(self):
        return self.stack.select("SELECT id, job_type, status, open_steps, error FROM etl_jobs WHERE tenant_id = %s ORDER BY id", self.id)

    def wait_jobs(self, count, seconds=60, status="finished"):
        """Until `count` jobs have ended in this state."""
        until(lambda: sum(job["status"] == status for job in self.jobs()) >= count, seconds, lambda: f"{count} {status} jobs of {self.name}: {self.jobs()[-5:]}")


@pytest.fixture(scope="session")
def stack():
    # Vectors in the one worker process: what it indexed is asked for with the command line.
    with Stack(PULSE_VECTORS="on") as made:
        yield made


@pytest.fixture(scope="session")
def worker(stack):
    made = stack.start_etl(1)[0]
    made.cold_mib = made.rss_anon_mib()  # Whichever test comes first: before it loaded anything.
    return made


@pytest.fixture(scope="session")
def sites():
    # Different seeds: the same ids, keys and counts, other contents. A leak would show.
    with Site("--seed", 1, "--issues", 600, "--prs", 1) as one, Site("--seed", 2, "--issues", 600, "--prs", 1) as two:
        yield one, two


@pytest.fixture(scope="session")
def large_site():
    with Site("--seed", 3, "--issues", int(max(LARGE / SHARE, SECONDS * 1500)), "--prs", 1) as site:
        yield site


@pytest.fixture
def publisher(stack, worker):
    with stack.publisher() as made:
        yield made


_numbers = itertools.count(1)


def new_tenant(stack, site):
    return Tenant(stack, f"tenant-{next(_numbers)}", site)


@pytest.fixture
def test_tenant(stack, sites):
    return new_tenant(stack, sites[0])


@pytest.fixture
def test_integration(test_tenant):
    return test_tenant.integration


@pytest.fixture
def test_tenant_1(stack, sites):
    return new_tenant(stack, sites[0])


@pytest.fixture
def test_tenant_2(stack, sites):
    return new_tenant(stack, sites[1])


@pytest.fixture(scope="session")
def models(stack):
    """The tables as classes: models.raw_extraction_data, models.work_items, models.etl_jobs."""
    engine = sqlalchemy.create_engine(stack.servers.postgres.url().replace("postgresql://", "postgresql+psycopg2://"))
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine, only=["raw_extraction_data", "work_items", "etl_jobs", "etl_steps"])
    base = automap_base(metadata=metadata)
    base.prepare(generate_relationship=lambda *_, **__: None)  # Plain rows: nothing here follows a foreign key.
    base.classes.engine = engine
    yield base.classes
    engine.dispose()


@pytest.fixture
def db(models):
    with Session(models.engine) as session:
        yield session
