"""A private Redis 7 that keeps nothing on disk."""
import socket

from .process import Server, free_port


class Redis(Server):
    name = "redis"
    package = "redis-server"

    def __init__(self, directory, ports=None, owned=True):
        super().__init__(directory, ports, owned)
        self.ports.setdefault("redis", free_port())

    def url(self):
        return f"redis://127.0.0.1:{self.ports['redis']}/0"

    def prepare(self):
        self.need("redis-server")

    def command(self):
        return ["redis-server", "--port", self.ports["redis"], "--bind", "127.0.0.1", "--dir", self.directory, "--save", "",
                "--appendonly", "no", "--daemonize", "no"]

    def answers(self):
        return self.ask("PING") == b"+PONG"

    def ask(self, *words):
        """One command; the first line of the answer, or nothing when there is none."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports["redis"]), timeout=1) as connection:
                request = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)
                connection.sendall(request)
                return connection.recv(512).split(b"\r\n")[0]
        except OSError:
            return b""
