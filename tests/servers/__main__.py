"""python3 -m tests.servers VERB --dir DIR [NAME …]

up       starts PostgreSQL, RabbitMQ and Redis and prints DATABASE_URL, QUEUE_URL and REDIS_URL as lines for a shell's environment
down     ends them; their data stays in DIR (`up` finds it again) unless --wipe
status   which of them run
start, stop, kill, freeze, thaw, wipe, restart   one verb for the servers named: postgres, broker, redis
"""
import argparse
import json
import pathlib
import shutil
import sys

from . import Failed, Servers
from .servers import KINDS

VERBS = ("start", "stop", "kill", "freeze", "thaw", "wipe", "restart")
PORTS = ("postgres", "amqp", "redis", "management")


def up(options):
    if (pathlib.Path(options.dir) / "servers.json").exists():
        servers = Servers.load(options.dir)
        if running := [name for name, server in servers.all.items() if server.running]:
            raise Failed(f"already running in {options.dir}: {', '.join(running)}")
    else:
        ports = {name: getattr(options, f"{name}_port") for name in PORTS if getattr(options, f"{name}_port")}
        servers = Servers(options.dir, tuple(options.names or KINDS), owned=False, ports=ports, management=options.management)
    servers.start()
    servers.save()
    if options.json:
        ports = {purpose: port for server in servers.all.values() for purpose, port in server.ports.items()}
        print(json.dumps(servers.environment() | {"ports": ports, "dir": str(servers.directory)}))
    else:
        print("\n".join(f"{name}={value}" for name, value in servers.environment().items()))


def down(options):
    servers = Servers.load(options.dir)
    servers.end()
    servers.save()
    if options.wipe:
        shutil.rmtree(servers.directory)


def status(options):
    servers = Servers.load(options.dir)
    states = {name: {"running": server.running, "pid": server.pid, "url": server.url()} for name, server in servers.all.items()}
    if options.json:
        print(json.dumps(states))
    else:
        print("\n".join(f"{name:<9} {'up' if one['running'] else 'down':<5} {one['url']}" for name, one in states.items()))


def verb(options):
    servers = Servers.load(options.dir)
    if unknown := set(options.names) - set(servers.all):
        raise Failed(f"no such server: {', '.join(sorted(unknown))}")
    for name in options.names:
        getattr(servers.all[name], options.verb)()
        servers.save()


def main():
    parser = argparse.ArgumentParser(prog="python3 -m tests.servers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("up", "down", "status", *VERBS))
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *KINDS], help="postgres, broker, redis")
    parser.add_argument("--dir", required=True, help="the folder they live in")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--management", action="store_true", help="with the broker's management pages")
    parser.add_argument("--wipe", action="store_true", help="down: remove the folder")
    for name in PORTS:
        parser.add_argument(f"--{name}-port", type=int, help="instead of one that is free")
    options = parser.parse_args()
    try:
        {"up": up, "down": down, "status": status}.get(options.verb, verb)(options)
    except Failed as problem:
        print(f"servers: {problem}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
