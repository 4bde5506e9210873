"""A production pulse: private servers, a migrated database, and services that may be killed, frozen and started again.

    with Stack() as stack:
        stack.start_etl(2)
        stack.add_tenant("acme"); stack.add_jira("acme", "jira-main", sim.url)
        stack.sync("acme", "jira-main")
        stack.select("SELECT count(*) AS n FROM work_items WHERE tenant_id = %s", 1)

Nothing here sleeps for luck: what is awaited is a state, with a deadline and a message.
"""
import contextlib
import json
import pathlib
import signal
import subprocess
import threading
import urllib.error
import urllib.request

import pika
import psycopg2
import psycopg2.extras

from tests.integration.pulse import BIN, DOMAIN, VOLATILE, Failed, Pulse, Simulator, check, differences
from tests.servers import Servers, free_port, until

__all__ = ["DOMAIN", "Failed", "Publisher", "Service", "Simulator", "Stack", "check", "differences", "until"]

# Which tenant and integration a row belongs to is what two tenants with the same source differ in.
OWNER = {"tenant_id", "integration_id"}


class Service:
    """One `pulse etl` or `pulse backend`: its process, its port, its log."""

    def __init__(self, stack, role, *arguments, **environment):
        self.stack, self.role, self.port = stack, role, free_port()
        self.arguments = [BIN, role, f"--{role}-listen", f"127.0.0.1:{self.port}", *map(str, arguments)]
        self.environment = stack.env | environment
        self.log = stack.home / f"{role}-{self.port}.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.arguments, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def get(self, path, seconds=5):
        """(status, text) of an HTTP GET; (0, …) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError as problem:
            return 0, str(problem)

    def wait_ready(self, seconds=30):
        def look():
            check(self.running, f"{self.role} ended at its start: {self.tail()}")
            return self.get("/readyz")[0] == 200
        until(look, seconds, lambda: f"{self.role} is ready: {self.get('/readyz')} {self.tail()}")
        return self

    def metrics(self):
        """{(name, (label, value) …): number} of /metrics."""
        status, text = self.get("/metrics")
        check(status == 200, f"/metrics answers {status}")
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                series, number = line.rsplit(" ", 1)
                name, _, labels = series.rstrip("}").partition("{")
                pairs = [pair.split("=", 1) for pair in labels.split(",") if pair]
                found[(name, *sorted((label, value.strip('"')) for label, value in pairs))] = float(number)
        return found

    def rss_anon_mib(self):
        return self.memory("RssAnon")

    def peak_rss_mib(self):
        """The most it ever had, shared pages included: what the kernel remembers."""
        return self.memory("VmHWM")

    def memory(self, kind):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(f"{kind}:")).split()[1]) / 1024

    def kill(self):
        self.process.kill()
        self.process.wait()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, seconds=40):
        if self.running:
            self.thaw()
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise Failed(f"{self.role} did not end within {seconds} s of SIGTERM: {self.tail()}") from None
        return self.process.returncode

    def tail(self):
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-1200:]
        return "it wrote no log"


class Publisher:
    """What another program does: publishes to etl.extract, confirmed. Not thread-safe."""

    def __init__(self, url, queue="etl.extract"):
        self.queue = queue
        self.connection = pika.BlockingConnection(pika.URLParameters(url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(pika.exceptions.AMQPError):
            self.connection.close()

    def unconfirmed(self):
        """A second channel that waits for nothing; `confirmed` waits for all it sent."""
        self.careful, self.channel = self.channel, self.connection.channel()

    def confirmed(self):
        self.channel.close()
        self.channel = self.careful

    def publish(self, message, message_id=None, queue=None):
        body = message if isinstance(message, (bytes, str)) else json.dumps(message)
        properties = pika.BasicProperties(delivery_mode=2, content_type="application/json", message_id=message_id)
        self.channel.basic_publish("", queue or self.queue, body, properties, mandatory=True)


class Stack(Pulse):
    """`servers` beneath, `services` on top; `Pulse.run` and what builds on it work against them. Several may share one set of servers, each
    with a database of its own, one after the other: the queues are the same."""

    def __init__(self, servers=None, in_memory=False, database="pulse", **environment):
        super().__init__(**{"PULSE_VECTORS": "off"} | environment)
        self.servers = servers or Servers(in_memory=in_memory)
        self._mine, self._database = servers is None, database
        self.services = []
        self._connections = threading.local()

    def __enter__(self):
        try:
            if self._mine:
                self.servers.start()
            if self._database != "pulse":
                self.servers.postgres.sql(f"CREATE DATABASE {self._database}")
            self.env |= self.servers.environment() | {"DATABASE_URL": self.servers.postgres.url(self._database)}
            self.run("db", "migrate")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for service in self.services:
            if service.running:
                service.kill()
        if self._mine:
            self.servers.end()
        super().__exit__()

    def start_etl(self, count=1, *arguments, **environment):
        made = [Service(self, "etl", *arguments, **environment).start() for _ in range(count)]
        self.services += made
        for service in made:
            service.wait_ready()
        return made

    def start_backend(self, *arguments):
        self.services.append(Service(self, "backend", *arguments).start().wait_ready())
        return self.services[-1]

    def publisher(self):
        return Publisher(self.env["QUEUE_URL"])

    def connect(self, user="pulse"):
        """A session of its own; the login sees every tenant's rows until it takes a runtime role."""
        connection = psycopg2.connect(self.servers.postgres.url(self._database, user))
        connection.autocommit = True
        return connection

    def select(self, sql, *values):
        """Rows as dictionaries, over one session per thread; a session that a dead server took along is opened again."""
        for last in (False, True):
            try:
                if getattr(self._connections, "session", None) is None:
                    self._connections.session = self.connect()
                with self._connections.session.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                    cursor.execute(sql, values or None)
                    return [dict(row) for row in cursor.fetchall()] if cursor.description else []
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self._connections.session = None
                if last:
                    raise

    def one(self, sql, *values):
        """The only column of the only row."""
        return next(iter(self.select(sql, *values)[0].values()))

    def clone(self, table, row, times=1, **changed):
        """Inserts copies of a row with other values in the columns named; the id of the last one."""
        columns = [one["column_name"] for one in self.select(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id'", table)]
        values = ", ".join("%s" if name in changed else name for name in columns)
        return self.select(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table}, generate_series(1, %s) WHERE id = %s RETURNING id",
                           *(changed[name] for name in columns if name in changed), times, row)[-1]["id"]

    def tenant_id(self, name):
        return self.one("SELECT id FROM tenants WHERE name = %s", name)

    def rows(self, table, tenant=None):
        where, values = ("", ()) if tenant is None else (" WHERE tenant_id = %s", (tenant,))
        left_out = VOLATILE | OWNER | {"loaded_at"}
        kept = [{k: v for k, v in row.items() if k not in left_out} for row in self.select(f"SELECT * FROM {table}{where}", *values)]
        return sorted((json.loads(json.dumps(row, default=str, sort_keys=True)) for row in kept), key=lambda row: json.dumps(row, sort_keys=True))

    def snapshot(self, tenant=None):
        return {table: self.rows(table, tenant) for table in DOMAIN}

    def queued(self, queue):
        """Messages in a queue, by its own count."""
        with contextlib.closing(pika.BlockingConnection(pika.URLParameters(self.env["QUEUE_URL"]))) as connection:
            return connection.channel().queue_declare(queue, passive=True).method.message_count

    def wait_idle(self, seconds):
        """Until no job is under way."""
        def busy():
            return self.select("SELECT tenant_id, id, status, open_steps FROM etl_jobs WHERE status IN ('queued', 'running') LIMIT 5")
        until(lambda: not busy(), seconds, lambda: f"every job ends: {busy()}", every=0.1)
