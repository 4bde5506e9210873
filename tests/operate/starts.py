"""How services start and end: what they make by themselves, what they refuse and how they say it.  python3 -m tests.operate.starts [--short]"""
import contextlib
import shutil
import subprocess
import time

import pika

from tests.integration.pulse import check, main
from tests.operate.stack import Service, Simulator, Stack, until
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


EXPAND = """ALTER TABLE etl_jobs ADD COLUMN next_note text; ALTER TABLE etl_steps ADD COLUMN next_weight integer NOT NULL DEFAULT 1;
ALTER TABLE work_items ADD COLUMN next_field text; ALTER TABLE raw_extraction_data ADD COLUMN next_mark bigint;
INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (90, 'expanding', 0, now())"""
CONTRACT = "INSERT INTO schema_migrations (number, name, checksum, oldest_code) VALUES (91, 'contracting', 0, 91)"


def test_this_version_works_beside_the_next_one_until_that_contracts(servers):
    """What the next release's migrator does to the database while this one runs, starts and syncs."""
    with Stack(servers, database="beside") as stack, Simulator("--issues", 300) as simulator:
        etl = stack.start_etl()[0]
        stack.add_tenant("acme")
        stack.add_jira("acme", "jira-main", simulator.url)
        stack.select(EXPAND)
        stack.sync("acme", "jira-main")
        check(stack.one("SELECT count(*) FROM work_items") == 300, "the running process syncs")
        check(etl.stop() == 0, "etl ends well")
        etl = stack.start_etl()[0]
        stack.sync("acme", "jira-main", "--full")
        says(stack.run("doctor", code=None).out, "schema 90")
        stack.run("db", "migrate")
        check(stack.one("SELECT max(number) FROM schema_migrations") == 90, "an older migrator leaves the newer schema alone")
        stack.select(CONTRACT)
        parts = ("programs of schema 91 and later", "use the newer pulse")
        status, why = until(lambda: (lambda answer: answer[0] == 503 and answer)(etl.get("/readyz")), 30, "readiness turns")
        says(why, *parts)
        code, words = refused(Service(stack, "etl"))
        check(code == 2, f"refused as misuse: {code}")
        says(words, *parts)
        says(stack.run("db", "migrate", code=2).err, *parts)


def test_a_frozen_database_does_not_keep_a_service_from_ending(servers):
    with Stack(servers, database="frozen") as stack, Simulator("--issues", 400, "--latency", "20ms") as simulator:
        etl = stack.start_etl()[0]
        backend = stack.start_backend()
        stack.add_tenant("acme")
        stack.add_jira("acme", "jira-main", simulator.url)
        follower = stack.start("sync", "jira-main", "--tenant", "acme")
        until(lambda: stack.one("SELECT count(*) FROM raw_extraction_data") > 0, 30, "the job has begun")
        servers.postgres.freeze()
        try:
            began = time.monotonic()
            for process in (etl.process, backend.process, follower):
                process.terminate()
            codes = [process.wait(45) for process in (etl.process, backend.process, follower)]
            took = time.monotonic() - began
        finally:
            servers.postgres.thaw()
        check(took < 31, f"all of them ended within 31 s: {took:.1f}")
        check(codes[0] == 7, f"etl gave up what was under way: {codes}")
        says(etl.tail(), "did not end within 28 s")
        until(servers.postgres.answers, 10, "thawed, it answers")
        stack.start_etl()
        stack.wait_idle(90)
        check(stack.one("SELECT count(*) FROM work_items") == 400, "the next one has finished the job")
        check(stack.one("SELECT status FROM etl_jobs ORDER BY id LIMIT 1") == "finished", "and it is complete")


def test_a_wrong_broker_password_is_refused_and_one_that_is_away_is_waited_for(servers):
    with Stack(servers, database="broker") as stack:
        place = stack.env["QUEUE_URL"].rpartition("@")[2]
        code, words = refused(Service(stack, "etl", QUEUE_URL=f"amqp://guest:wrong-5127@{place}"))
        check(code == 4, f"refused as unauthorized: {code}: {words}")
        says(words, "check queue_url", "as user guest", "ACCESS_REFUSED")
        check("wrong-5127" not in words, f"a password is shown: {words}")
        servers.broker.kill()
        etl = Service(stack, "etl").start()
        stack.services.append(etl)
        until(lambda: etl.get("/readyz")[0] == 503, 30, "it runs and is not ready")
        servers.broker.start()
        etl.wait_ready()
        until(lambda: "Connected to the broker" in etl.log.read_text(), 30, "the log says that it is back")
        says(etl.log.read_text(), "No connection to the broker")
        check(etl.stop() == 0, "etl ends well")


def test_a_login_that_only_serves_is_enough_and_lacks_nothing(servers):
    with Stack(servers, database="serve") as stack, Simulator("--issues", 50) as simulator:
        servers.postgres.sql("CREATE ROLE pulse_service LOGIN NOINHERIT IN ROLE pulse_app, pulse_dispatch, pulse_query")  # As doctor advises.
        stack.env["DATABASE_URL"] = servers.postgres.url("serve", "pulse_service")
        etl = stack.start_etl()[0]
        stack.add_tenant("acme")
        stack.add_jira("acme", "jira-main", simulator.url)
        stack.sync("acme", "jira-main", code=0)
        doctor = stack.run("doctor", "--security", code=None).out
        check("FAIL" not in doctor, f"doctor is content: {doctor}")
        says(stack.run("db", "status").out, "ledger", "applied")
        says(stack.run("db", "migrate", code=2).err, "not a member of pulse_migrate, which services need not be")
        check(etl.stop() == 0, "etl ends well")
        for right, table, role in (("UPDATE", "etl_steps", "pulse_app"), ("SELECT", "work_items", "pulse_query"), ("DELETE", "leader", "pulse_dispatch")):
            stack.select(f"REVOKE {right} ON {table} FROM {role}")
            code, words = refused(Service(stack, "etl"))
            check(code == 2, f"refused as misuse: {code}: {words}")
            says(words, f"role {role} may not {right} {table}", fix := f"GRANT {right} ON {table} TO {role}")
            says(stack.run("doctor", code=None).out, fix)
            stack.select(fix)
        check(stack.start_etl()[0].stop() == 0, "mended, it starts")


def certificate(folder, name, address):
    """(certificate, key) of an authority that signs for one address, itself."""
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=IP:{address}", "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


@contextlib.contextmanager
def encrypted(postgres, pair):
    """While in it, PostgreSQL has a certificate."""
    for path, name in zip(pair, ("server.crt", "server.key")):
        target = postgres.data / name
        target.write_bytes(path.read_bytes())
        shutil.copymode(postgres.data / "PG_VERSION", target)
        shutil.chown(target, *(getattr((postgres.data / "PG_VERSION").stat(), key) for key in ("st_uid", "st_gid")))
    postgres.sql("ALTER SYSTEM SET ssl = on")
    postgres.sql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        postgres.sql("ALTER SYSTEM RESET ssl")
        postgres.sql("SELECT pg_reload_conf()")


def test_a_database_that_cannot_be_trusted_is_refused(servers):
    postgres = servers.postgres
    with Stack(servers, database="trust") as stack:
        pair, stranger = (certificate(stack.home, name, "127.0.0.1") for name in ("ours", "theirs"))
        elsewhere = certificate(stack.home, "elsewhere", "127.0.0.9")

        def with_tls(**settings):
            query = "&".join(f"{name}={value}" for name, value in settings.items())
            return {"DATABASE_URL": f"{stack.env['DATABASE_URL']}?{query}", "HOME": str(stack.home)}

        def is_refused(said, **settings):
            for code, words in (refused(Service(stack, "etl", **with_tls(**settings))), (lambda a: (a.code, a.err))(stack.run("tenant", "list", code=2, **with_tls(**settings)))):
                check(code == 2, f"refused as misuse: {code}: {words}")
                says(words, said, "fix: sslmode and sslrootcert in database_url")
        is_refused("server does not support SSL", sslmode="require")
        with encrypted(postgres, pair):
            is_refused("certificate verify failed", sslmode="verify-full", sslrootcert=stranger[0])
            is_refused("root certificate file", sslmode="verify-full")
            trusted = Service(stack, "etl", **with_tls(sslmode="verify-full", sslrootcert=pair[0])).start()
            stack.services.append(trusted)
            trusted.wait_ready()
            check(trusted.stop() == 0, "the right authority is enough")
        with encrypted(postgres, elsewhere):
            is_refused("does not match host name", sslmode="verify-full", sslrootcert=elsewhere[0])


def test_a_command_that_works_beside_services_sees_them_finish(servers):
    """Nobody works, so the command begins by itself; those who come later do the rest."""
    with Stack(servers, database="shared") as stack, Simulator("--issues", 300) as simulator:
        stack.add_tenant("acme")
        stack.add_jira("acme", "jira-main", simulator.url)
        command = stack.start("sync", "jira-main", "--tenant", "acme", PULSE_STAGES="extract")

        def left():
            counts = stack.select("SELECT stage, count(*) AS n FROM etl_steps WHERE state IN ('ready', 'running') GROUP BY stage")
            return {row["stage"]: row["n"] for row in counts}
        until(lambda: (open_steps := left()) and "extract" not in open_steps, 30, lambda: f"all is extracted and nothing else: {left()}")
        check(command.poll() is None, "the command waits for what it does not do")
        stack.start_etl()
        out, err = command.communicate(timeout=60)
        check(command.returncode == 0, f"exit {command.returncode}: {err[-800:]}")
        check(stack.one("SELECT count(*) FROM work_items") == 300, "all issues")


@contextlib.contextmanager
def passwords_wanted(postgres, user):
    """While in it, `user` needs a password, proven by SCRAM; all others are trusted as before."""
    rules = postgres.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"host all {user} 127.0.0.1/32 scram-sha-256\n{before}")
    postgres.sql("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        rules.write_text(before)
        postgres.sql("SELECT pg_reload_conf()")


def test_a_wrong_database_password_is_refused_and_never_shown(servers):
    postgres = servers.postgres
    with Stack(servers, database="secrets") as stack:
        postgres.sql("SET password_encryption = 'scram-sha-256'; CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right-8431'")
        place = stack.env["DATABASE_URL"].partition("@")[2]
        with passwords_wanted(postgres, "guarded"):
            right = {"DATABASE_URL": f"postgresql://guarded:right-8431@{place}"}
            stack.run("db", "migrate", **right)
            started = Service(stack, "etl", **right).start()
            stack.services.append(started)
            started.wait_ready()
            check(started.stop() == 0, "the right one is taken")
            for user, password, said in (
                ("guarded", ":wrong-5127", 'password authentication failed for user "guarded"'),
                ("guarded", "", "no password supplied"),
                ("nobody", "", 'role "nobody" does not exist'),
            ):
                wrong = {"DATABASE_URL": f"postgresql://{user}{password}@{place}"}
                said_by = {}
                for role in ("etl", "backend"):
                    code, said_by[role] = refused(Service(stack, role, **wrong))
                    check(code == 4, f"{role} is refused as unauthorized: {code}: {said_by[role]}")
                for command in (("db", "status"), ("db", "migrate"), ("tenant", "list")):
                    answer = stack.run(*command, code=4, **wrong)
                    said_by[" ".join(command)] = answer.out + answer.err
                doctor = stack.run("doctor", code=None, **wrong)
                check(doctor.code != 0, "doctor fails")
                said_by["doctor"] = doctor.out + doctor.err
                for words in said_by.values():
                    # The check, the value, the fix; never the password.
                    says(words, "127.0.0.1", said, "database_url")
                    check("wrong-5127" not in words, f"a password is shown: {words}")


def on_one_set_of_servers(*tests):
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
    main(on_one_set_of_servers(
        test_an_empty_broker_is_made_ready_by_the_first_service_that_starts,
        test_a_queue_with_other_arguments_is_refused_at_start_and_reported_while_running,
        test_this_version_works_beside_the_next_one_until_that_contracts,
        test_a_wrong_broker_password_is_refused_and_one_that_is_away_is_waited_for,
        test_a_wrong_database_password_is_refused_and_never_shown,
        test_a_login_that_only_serves_is_enough_and_lacks_nothing,
        test_a_database_that_cannot_be_trusted_is_refused,
        test_a_command_that_works_beside_services_sees_them_finish,
        test_a_frozen_database_does_not_keep_a_service_from_ending,
    ))
