"""The verbs of tests.servers do what they say: without that, no kill test says anything.  python3 -m tests.operate.servers [--short]"""
import contextlib
import time

import pika
import psycopg2

from tests.integration.pulse import check, main
from tests.servers import Servers, until


def send(broker, body):
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(broker.url()))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_publish("", "q", body, pika.BasicProperties(delivery_mode=2), mandatory=True)


def receive(broker):
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(broker.url()))) as connection:
        channel = connection.channel()
        channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
        for method, _, body in channel.consume("q", inactivity_timeout=1):
            if method is not None:
                channel.basic_ack(method.delivery_tag)
            return body


def test_postgres_is_durable_and_comes_back_from_a_kill():
    with Servers(wanted=("postgres",), in_memory=True) as servers:
        postgres = servers.postgres
        settings = postgres.sql("SELECT string_agg(setting, ',' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')")
        check(settings.strip() == "on,on,on", f"durable settings: {settings}")
        postgres.sql("CREATE TABLE t (i int); INSERT INTO t SELECT generate_series(1, 1000)")
        open_session = psycopg2.connect(postgres.url())
        for _ in range(3):
            began = time.monotonic()
            postgres.kill()
            check(not postgres.running and not postgres.answers(), "nobody answers after a kill")
            postgres.start()
            check(time.monotonic() - began < 10, "a kill costs seconds at most")
            check(postgres.sql("SELECT count(*) FROM t").strip() == "1000", "what was committed is there")
        with contextlib.suppress(psycopg2.Error):
            open_session.cursor().execute("SELECT 1")
            check(False, "a session of the killed server answers")
        victim = psycopg2.connect(postgres.url())
        postgres.kill_backend(min)
        until(postgres.answers, 10, "recovery from one killed backend")
        with contextlib.suppress(psycopg2.Error):
            victim.cursor().execute("SELECT 1")
            check(False, "the killed session answers")
        postgres.freeze()
        check(not postgres.answers(), "frozen, it does not answer")
        postgres.thaw()
        until(postgres.answers, 10, "thawed, it answers")
        postgres.wipe()
        postgres.start()
        check(postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").strip() == "0", "wiped, it is new")


def test_the_broker_keeps_messages_over_a_kill_and_loses_them_with_its_data():
    with Servers(wanted=("broker",)) as servers:
        broker = servers.broker
        send(broker, b"kept")
        time.sleep(broker.SETTLED)
        broker.kill()
        check(not broker.answers(), "nobody answers after a kill")
        broker.start()
        check(receive(broker) == b"kept", "a confirmed message survives the kill")
        send(broker, b"lost")
        broker.wipe()
        broker.start()
        check(receive(broker) is None, "and not the wipe")


def test_redis_freezes_and_thaws():
    with Servers(wanted=("redis",)) as servers:
        redis = servers.redis
        check(redis.ask("SET", "k", "v") == b"+OK", "it answers")
        redis.freeze()
        check(redis.ask("GET", "k") == b"", "frozen, it does not")
        redis.thaw()
        until(lambda: redis.ask("EXISTS", "k") == b":1", 5, "thawed, it does again")
        redis.restart()
        check(redis.ask("EXISTS", "k") == b":0", "and forgets at a restart")


if __name__ == "__main__":
    import sys
    sys.argv = [word for word in sys.argv if word != "--short"]
    main(
        test_postgres_is_durable_and_comes_back_from_a_kill,
        test_the_broker_keeps_messages_over_a_kill_and_loses_them_with_its_data,
        test_redis_freezes_and_thaws,
    )
