"""A server as a process tree: start, kill, freeze and reap it without leaving anything behind.

The program that starts servers becomes a subreaper: what a killed server leaves behind is handed to it and reaped at once. Left to
init, the remains of a killed PostgreSQL stay for seconds and its lock file keeps the next one from starting.
"""
import contextlib
import ctypes
import os
import pathlib
import pwd
import random
import select
import shutil
import signal
import socket
import subprocess
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(RuntimeError):
    pass


def until(condition, seconds, what, every=0.02):
    """Waits until `condition()` is true and returns its value; Failed with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(every)


_given = set()


def free_port():
    """A port nobody listens on, below the range the kernel gives to outgoing connections: it stays free until a slow server binds it."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


def started_at(pid):
    """When a process began, in clock ticks: with the pid it names a process for ever. None when there is none (or only its remains)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def tree(pid):
    """The process and all it started, parents first."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                parent = int(pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def send(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_gone(pid, seconds):
    """Waits until a process has ended and nothing of it is left; True when so."""
    deadline = time.monotonic() + seconds
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if not select.select([fd], [], [], seconds)[0]:
            return False
    finally:
        os.close(fd)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    while os.path.exists(f"/proc/{pid}"):  # Someone else's child: its parent reaps it, soon.
        if time.monotonic() > deadline + 5:
            return False
        time.sleep(0.005)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def cpu_seconds(pid):
    """User and system time of a process and all it started, ended children included."""
    ticks = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Server:
    """One server with its folder, ports and log. Not thread-safe. Use from the main thread: a server started with `owned` dies with
    the thread that started it, so that a killed test leaves none behind.

    start()    starts and waits until it answers
    stop()     ends it cleanly
    kill()     SIGKILL to every process of it at once, as a power cut would
    freeze()   stops every process of it without ending it; thaw() lets them go on
    wipe()     kill, and its data is gone; the next start is the first
    restart()  stop (or what is left of it) and start
    """

    name = ""
    package = ""
    stop_signal = signal.SIGTERM
    ready_seconds = 60
    stop_seconds = 60
    user = None  # Who it must run as when we are root.

    def __init__(self, directory, ports=None, owned=True):
        self.directory = pathlib.Path(directory).absolute() / self.name
        self.owned = owned
        self.ports = dict(ports or {})
        self.pid = None
        self.began = None
        self._child = None

    # What a server fills in.
    def prepare(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def answers(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    # What all share.
    @property
    def log(self):
        return self.directory / "server.log"

    @property
    def running(self):
        return self.pid is not None and started_at(self.pid) == self.began

    def launch(self):
        """Starts it without waiting."""
        if self.running:
            raise Failed(f"{self.name} is already running")
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.make_folder(self.directory)
        self.prepare()
        self._child = self.spawn(self.command(), self.environment())
        self.pid, self.began = self._child.pid, started_at(self._child.pid)

    def wait_ready(self):
        def look():
            if not self.running:
                raise Failed(f"{self.name} ended at its start: {self.tail()}")
            return self.answers()
        until(look, self.ready_seconds, lambda: f"{self.name} answers: {self.tail()}")
        return self

    def start(self):
        self.launch()
        return self.wait_ready()

    def stop(self):
        if self.running:
            self.thaw()
            os.kill(self.pid, self.stop_signal)
            if not wait_gone(self.pid, self.stop_seconds):
                self.kill()
        self.forget()

    def kill(self):
        if self.running:
            send([self.pid], signal.SIGSTOP)  # So that it starts nothing while we count.
            processes = tree(self.pid)
            send(reversed(processes), signal.SIGKILL)
            for pid in processes:
                if not wait_gone(pid, 20):
                    raise Failed(f"{self.name}: process {pid} does not end")
        self.forget()

    def discard(self):
        """Ends it for good, quickly: nobody will need its data."""
        self.kill()

    def freeze(self):
        send(tree(self.pid), signal.SIGSTOP)

    def thaw(self):
        send(reversed(tree(self.pid)), signal.SIGCONT)

    def wipe(self):
        self.kill()
        self.erase()

    def erase(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def restart(self):
        self.stop()
        return self.start()

    def forget(self):
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)
        self.pid = self.began = self._child = None

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def tail(self):
        with contextlib.suppress(OSError):
            return self.log.read_text(errors="replace")[-1500:]
        return "it wrote no log"

    # Running as somebody else: PostgreSQL refuses to be root.
    def identity(self):
        if self.user is None or os.getuid() != 0:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def make_folder(self, path, mode=0o755):
        path.mkdir(parents=True, exist_ok=True, mode=mode)
        if identity := self.identity():
            os.chown(path, identity["user"], identity["group"])

    def spawn(self, command, environment):
        if self.owned and threading.current_thread() is threading.main_thread():
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]  # Execs: the pid stays.
        with open(self.log, "ab") as log:
            return subprocess.Popen(list(map(str, command)), env=environment, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, start_new_session=True, **self.identity())

    def call(self, command, input=None):
        done = subprocess.run(list(map(str, command)), input=input, capture_output=True, text=True, cwd="/", **self.identity())
        if done.returncode != 0:
            raise Failed(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def need(self, *paths):
        """The first of the paths that is there; Failed naming the Debian package."""
        for path in paths:
            if found := shutil.which(str(path)):
                return found
        raise Failed(f"{paths[0]} is not there; install the Debian package {self.package}")

    # What `python3 -m tests.servers` keeps between two calls.
    def state(self):
        return {"pid": self.pid, "began": self.began, "ports": self.ports}

    def adopt(self, state):
        self.pid, self.began, self.ports = state["pid"], state["began"], state["ports"]
        if not self.running:
            self.pid = self.began = None
