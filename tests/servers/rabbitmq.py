"""A private RabbitMQ 3.10 node with its own epmd and cookie; its pid is the broker's own, not a shell's."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess

from .process import Server, free_port, send, wait_gone

SCRIPTS = pathlib.Path("/usr/lib/rabbitmq/bin")  # Those in /usr/sbin change the user first.
GREETING = b"AMQP\x00\x00\x09\x01"


class Broker(Server):
    """A quorum queue younger than half a second does not survive a kill: RabbitMQ 3.10 registers it on disk with that delay, and the
    queue then never finds a leader again. Let queues get SETTLED seconds old before a kill."""

    SETTLED = 2.0
    name = "rabbitmq"
    package = "rabbitmq-server"

    def __init__(self, directory, ports=None, owned=True, management=False):
        super().__init__(directory, ports, owned)
        for purpose in ("amqp", "dist", "epmd", "prometheus") + (("management",) if management else ()):
            self.ports.setdefault(purpose, free_port())
        self._epmd = None

    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.ports['amqp']}/"

    def environment(self):
        d, p = self.directory, self.ports
        return dict(
            PATH=os.environ["PATH"], HOME=str(d / "home"), LANG="C.UTF-8",
            ERL_EPMD_PORT=str(p["epmd"]), ERL_EPMD_ADDRESS="127.0.0.1",
            RABBITMQ_NODENAME="pulse@localhost", RABBITMQ_NODE_IP_ADDRESS="127.0.0.1",
            RABBITMQ_NODE_PORT=str(p["amqp"]), RABBITMQ_DIST_PORT=str(p["dist"]),
            RABBITMQ_MNESIA_BASE=str(d / "mnesia"), RABBITMQ_LOG_BASE=str(d), RABBITMQ_LOGS="-",
            RABBITMQ_ENABLED_PLUGINS_FILE=str(d / "enabled_plugins"), RABBITMQ_CONFIG_FILE=str(d / "rabbitmq.conf"),
            RABBITMQ_CONF_ENV_FILE="/dev/null", RABBITMQ_PID_FILE=str(d / "pid"),
            RUNNING_UNDER_SYSTEMD="1",  # The script becomes the broker instead of waiting for it.
            # Schedulers that wait sleep instead of spinning: on few cores spinning takes from those who work.
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none",
        )

    def prepare(self):
        self.need(SCRIPTS / "rabbitmq-server")
        cookie = self.directory / "home/.erlang.cookie"
        if not cookie.exists():
            cookie.parent.mkdir(parents=True, exist_ok=True)
            cookie.touch(0o600)
            cookie.write_text("pulsetests")
        plugins = ["rabbitmq_prometheus"] + ["rabbitmq_management"] * ("management" in self.ports)
        (self.directory / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
        settings = {
            "listeners.tcp.default": f"127.0.0.1:{self.ports['amqp']}",
            "prometheus.tcp.ip": "127.0.0.1", "prometheus.tcp.port": self.ports["prometheus"],
            "disk_free_limit.absolute": "50MB", "log.console.level": "warning",
        }
        if "management" in self.ports:
            settings |= {"management.tcp.ip": "127.0.0.1", "management.tcp.port": self.ports["management"]}
        (self.directory / "rabbitmq.conf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        if self._epmd is None:
            self._epmd = self.spawn([self.need("epmd"), "-address", "127.0.0.1", "-port", self.ports["epmd"]], self.environment()).pid

    def command(self):
        return [SCRIPTS / "rabbitmq-server"]

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.ports["amqp"]), timeout=2) as connection:
                connection.sendall(GREETING)
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def stop(self):
        super().stop()
        self.stop_epmd()

    def stop_epmd(self):
        if self._epmd is not None:
            send([self._epmd], signal.SIGTERM)
            wait_gone(self._epmd, 5)
            self._epmd = None

    def erase(self):
        """Queues, messages, users: all gone. epmd stays, it belongs to the machine, not to the broker."""
        shutil.rmtree(self.directory / "mnesia", ignore_errors=True)

    def ctl(self, *arguments):
        """rabbitmqctl; costs a second or two, it starts a virtual machine."""
        return subprocess.run([SCRIPTS / "rabbitmqctl", "-q", *arguments], env=self.environment(), check=True, capture_output=True, text=True).stdout

    def state(self):
        return super().state() | {"epmd": self._epmd}

    def adopt(self, state):
        super().adopt(state)
        self._epmd = state.get("epmd")
