"""Real PostgreSQL, RabbitMQ and Redis servers for tests and developers: private ones, on ports and data of their own.

    with Servers() as servers:                      # all three, in a folder that goes away afterwards
        run("pulse", env=servers.environment())
        servers.broker.kill(); servers.broker.start()

From a shell: python3 -m tests.servers up --dir DIR. The verbs are described at `process.Server`.
"""
from .postgres import Postgres
from .process import Failed, free_port, until
from .rabbitmq import Broker
from .redis import Redis
from .servers import Servers

__all__ = ["Broker", "Failed", "Postgres", "Redis", "Servers", "free_port", "until"]
