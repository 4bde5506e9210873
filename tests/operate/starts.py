"""How services start and end: what they make by themselves, what they refuse and how they say it.  python3 -m tests.operate.starts [--short]"""
import contextlib

import pika

from tests.integration.pulse import check, main
from tests.operate.stack import Service, Stack, until
from tests.servers import Servers

NO_REDIS = {"wanted": ("postgres", "broker"), "in_memory": True}


@contextlib.contextmanager
def channel(stack):
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(stack.env["QUEUE_URL"]))) as connection:
        yield connection.channel()


def says(text, *parts):
    for part in parts:
        check(part in text, f"{part!r} is not in: {text}")


def refused(service):
    """(exit code, what it wrote) of a service that does not start."""
    service.start()
    return service.process.wait(30), service.tail()


def test_an_empty_broker_is_made_ready_by_the_first_service_that_starts(servers):
    for role in ("backend", "etl"):
        servers.broker.wipe()
        servers.broker.start()
        with Stack(servers, database=f"empty_{role}") as stack:
            missing = stack.run("doctor", code=None).out
            says(missing, "etl.extract is missing", "pulse queue topology apply")
            service = Service(stack, role).start()
            stack.services.append(service)
            service.wait_ready()
            says(stack.run("queue", "topology", "diff", code=0).out, "every queue is as it should be")
            check(service.stop() == 0, f"{role} ends well")


def test_a_queue_with_other_arguments_is_refused_at_start_and_reported_while_running(servers):
    with Stack(servers, database="otherwise") as stack:
        etl = stack.start_etl()[0]
        with channel(stack) as broker:
            broker.queue_delete("etl.load")
            broker.queue_declare("etl.load", durable=True, arguments={"x-max-length": 7})
        # The queue, the argument, what we want, what it has, what to do.
        parts = ("etl.load", "PRECONDITION_FAILED", "'x-max-length'", "received none", "'7'", "pulse queue topology diff")
        status, why = until(lambda: (lambda answer: answer[0] == 503 and answer)(etl.get("/readyz")), 30, "readiness turns")
        says(why, *parts)
        doctor = stack.run("doctor", code=None)
        check(doctor.code != 0, "doctor has found something")
        says(doctor.out, *parts)
        check(etl.stop() == 0, "etl ends well")
        for role in ("etl", "backend"):
            code, words = refused(Service(stack, role))
            check(code == 2, f"{role} is refused as misuse: {code}")
            says(words, "check queue_url", *parts)
        stack.run("queue", "topology", "apply", "--migrate")
        check(stack.start_etl()[0].stop() == 0, "mended, it starts")


def both(*tests):
    """The tests share one set of servers."""
    def run_all():
        with Servers(**NO_REDIS) as servers:
            for test in tests:
                test(servers)
                print(f"  {test.__name__}")
    run_all.__name__ = "services_start_and_end"
    return run_all


if __name__ == "__main__":
    import sys
    sys.argv = [word for word in sys.argv if word != "--short"]
    main(both(
        test_an_empty_broker_is_made_ready_by_the_first_service_that_starts,
        test_a_queue_with_other_arguments_is_refused_at_start_and_reported_while_running,
    ))
