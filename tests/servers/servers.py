"""The set of servers that a production pulse needs."""
import contextlib
import json
import pathlib
import shutil
import tempfile

from .postgres import Postgres
from .process import Failed
from .rabbitmq import Broker
from .redis import Redis

KINDS = {"postgres": Postgres, "broker": Broker, "redis": Redis}


class Servers:
    """`postgres`, `broker` and `redis`, each a `process.Server`; as a context it starts them side by side and ends them.

    directory   where they live; without one, a folder that goes away with them. In memory (/dev/shm) PostgreSQL is back 0.2 s after a
                kill, on a disk after seconds: it first syncs every file. What SIGKILL can do to data is the same in both
    wanted      which of them
    owned       they die with this program; otherwise they outlive it, and `load` finds them again
    ports       {"postgres": 5433, "amqp": …, "redis": …}; what is not named is chosen
    """

    def __init__(self, directory=None, wanted=tuple(KINDS), owned=True, ports=None, management=False, settings=None, in_memory=False):
        self._temporary = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="pulse-servers-", dir="/dev/shm" if in_memory else None)).absolute()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)  # PostgreSQL's user must be able to pass.
        ports = ports or {}
        self.postgres = Postgres(self.directory, self._of(ports, "postgres"), owned, settings) if "postgres" in wanted else None
        self.broker = Broker(self.directory, self._of(ports, "amqp", "dist", "epmd", "prometheus", "management"), owned, management) if "broker" in wanted else None
        self.redis = Redis(self.directory, self._of(ports, "redis"), owned) if "redis" in wanted else None

    @staticmethod
    def _of(ports, *purposes):
        return {purpose: ports[purpose] for purpose in purposes if purpose in ports}

    @property
    def all(self):
        return {kind: server for kind in KINDS if (server := getattr(self, kind)) is not None}

    def start(self):
        try:
            for server in reversed(self.all.values()):
                server.launch()
            for server in self.all.values():
                server.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def stop(self):
        for server in self.all.values():
            server.stop()

    def end(self):
        """Whatever state they are in: over. Their data too when the folder was ours; else it stays, so the end is a clean one."""
        for server in self.all.values():
            with contextlib.suppress(Failed):
                server.discard() if self._temporary else server.stop()
        if self.broker is not None:
            self.broker.stop_epmd()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_):
        self.end()

    def environment(self):
        """The settings by which pulse finds them."""
        names = {"postgres": "DATABASE_URL", "broker": "QUEUE_URL", "redis": "REDIS_URL"}
        return {names[kind]: server.url() for kind, server in self.all.items()}

    def save(self):
        state = {kind: server.state() for kind, server in self.all.items()}
        (self.directory / "servers.json").write_text(json.dumps(state, indent=1))

    @classmethod
    def load(cls, directory):
        """Those that an earlier program started in this folder, running or not."""
        try:
            state = json.loads((pathlib.Path(directory) / "servers.json").read_text())
        except FileNotFoundError:
            raise Failed(f"no servers were started in {directory}") from None
        ports = {purpose: port for one in state.values() for purpose, port in one["ports"].items()}
        servers = cls(directory, wanted=tuple(state), owned=False, ports=ports, management="management" in ports)
        for kind, server in servers.all.items():
            server.adopt(state[kind])
        return servers
