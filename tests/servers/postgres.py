"""A private PostgreSQL 15. Durable as it comes: fsync, full_page_writes and synchronous_commit are on."""
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from .process import Server, free_port, wait_gone

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
# What an administrator does once for a cluster: the login that pulse uses, and its database.
FIRST_SQL = "CREATE ROLE pulse LOGIN SUPERUSER;\nCREATE DATABASE pulse OWNER pulse;\n"
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB", "max_connections": "200", "log_min_messages": "warning",
            "dynamic_shared_memory_type": "mmap"}  # In the data folder, and gone with it also after a kill.


class Postgres(Server):
    name = "postgres"
    package = "postgresql-15"
    stop_signal = signal.SIGINT  # "fast": sessions are ended.
    user = "postgres"

    def __init__(self, directory, ports=None, owned=True, settings=None):
        super().__init__(directory, ports, owned)
        self.ports.setdefault("postgres", free_port())
        self.settings = SETTINGS | (settings or {})

    @property
    def data(self):
        return self.directory / "data"

    def url(self, database="pulse", user="pulse"):
        return f"postgresql://{user}@127.0.0.1:{self.ports['postgres']}/{database}"

    def prepare(self):
        self.need(BIN / "postgres")
        if not (self.data / "PG_VERSION").exists():
            self.copy(template(self), self.data)

    def command(self):
        options = {"listen_addresses": "127.0.0.1", "port": self.ports["postgres"], "unix_socket_directories": self.directory} | self.settings
        return [BIN / "postgres", "-D", self.data, *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))]

    def answers(self):
        # Before the address answers, recovery after a kill may still be under way: pg_isready knows the difference.
        asked = [BIN / "pg_isready", "-q", "-t", "1", "-d", self.url()]
        return subprocess.run(asked, stdin=subprocess.DEVNULL).returncode == 0

    def discard(self):
        """Without a checkpoint, but with its shared memory: killed for good it would leave that to the machine."""
        if self.running:
            self.thaw()
            os.kill(self.pid, signal.SIGQUIT)
            wait_gone(self.pid, 10)
        self.kill()

    def kill_backend(self, chooser):
        """SIGKILL to one backend, chosen by `chooser(pids)`: PostgreSQL then drops every session and recovers."""
        backends = [int(pid) for pid in self.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").split()]
        if backends:
            os.kill(chooser(backends), signal.SIGKILL)

    def sql(self, text, database="pulse", user="pulse"):
        """What psql prints for a statement: unaligned, no header."""
        return self.call(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database, user), "-f", "-"], input=text)

    def copy(self, source, target):
        shutil.copytree(source, target, symlinks=True)
        if identity := self.identity():
            for folder, _, files in os.walk(target):
                for path in (folder, *(os.path.join(folder, name) for name in files)):
                    os.chown(path, identity["user"], identity["group"])
        target.chmod(0o700)


def template(server):
    """A fresh cluster with the login and the database, made once per working tree: initdb costs most of a second."""
    kept = ROOT / "build/servers"
    kept.mkdir(parents=True, exist_ok=True)
    name = kept / f"cluster-15-{os.getuid()}-{hashlib.sha256(FIRST_SQL.encode()).hexdigest()[:8]}"
    with open(kept / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not name.exists():
            work = pathlib.Path(tempfile.mkdtemp(prefix="pulse-initdb-"))
            try:
                server.make_folder(work)
                server.call([BIN / "initdb", "-D", work / "data", "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync", "--data-checksums"])
                server.call([BIN / "postgres", "--single", "-D", work / "data", "postgres"], input=FIRST_SQL)
                shutil.copytree(work / "data", kept / "making", symlinks=True)
                (kept / "making").rename(name)
            finally:
                shutil.rmtree(work, ignore_errors=True)
                shutil.rmtree(kept / "making", ignore_errors=True)
    return name
