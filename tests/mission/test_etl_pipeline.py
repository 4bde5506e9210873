"""The plan's integration suite: extract, transform and load seen from outside.

Awaited are states that stay true once they are (a row exists, a job has ended), never a moment that a faster pulse would pass by.
"""
import json

import pika
import psycopg2
import pytest

from tests.operate.stack import Publisher, until

from .attacks import Attacks


def waiting(db, query):
    """The rows of a query, as soon as there are any."""
    def look():
        db.rollback()  # A new transaction, to see what was committed since.
        return query.all()
    return until(look, 60, f"rows of {query}")


class TestETLPipeline:
    def test_complete_jira_pipeline(self, stack, worker, publisher, db, models, test_tenant, test_integration):
        expected = test_tenant.site.count("project = PAY")
        assert expected > 0

        publisher.publish(test_tenant.message({"jql": "project = PAY", "batch_size": 100}))

        raw = models.raw_extraction_data
        assert waiting(db, db.query(raw).filter(raw.tenant_id == test_tenant.id, raw.entity_type == "jira_issues"))
        test_tenant.wait_jobs(1)
        db.rollback()
        pages = db.query(raw).filter(raw.tenant_id == test_tenant.id, raw.entity_type == "jira_issues").all()
        assert {page.processing_status for page in pages} == {"completed"}
        assert {page.integration_id for page in pages} == {test_integration}
        assert sum(page.record_count for page in pages) >= expected

        item = models.work_items
        items = db.query(item).filter(item.tenant_id == test_tenant.id).all()
        assert len(items) == expected
        assert all(one.title is not None and one.status is not None and one.key.startswith("PAY-") for one in items)

        step = models.etl_steps
        stages = {one.stage for one in db.query(step).filter(step.tenant_id == test_tenant.id)}
        assert "vectorize" in stages, "the texts were queued for vectors"
        assert [job["open_steps"] for job in test_tenant.jobs()] == [0]
        done = {series: value for series, value in worker.metrics().items() if series[0] == "etl_jobs_total" and ("tenant_id", str(test_tenant.id)) in series}
        assert sum(done.values()) == 1 and all(("status", "finished") in series for series in done), done

    def test_error_handling_and_recovery(self, stack, publisher, db, models, sites, test_tenant, test_tenant_2):
        raw = models.raw_extraction_data
        failed = db.query(raw).filter(raw.tenant_id == test_tenant.id, raw.processing_status == "failed")

        # What cannot be started leaves a row that says so: an unknown type, no such integration, another tenant's.
        publisher.publish(test_tenant.message({}, entity_type="invalid_type", integration=999))
        publisher.publish(test_tenant.message({"jql": "project = PAY"}, integration=999_999))
        publisher.publish(test_tenant.message({"jql": "project = PAY"}, integration=test_tenant_2.integration))

        def refusals():
            db.rollback()
            return failed.all() if failed.count() == 3 else None
        for row in until(refusals, 30, lambda: f"three refusals, not {failed.count()}"):
            details = row.error_details if isinstance(row.error_details, dict) else json.loads(row.error_details)
            assert details and row.integration_id is None
            assert stack.one("SELECT count(*) FROM raw_bodies WHERE raw_id = %s", row.id) == 0
        assert test_tenant.jobs() == [] and test_tenant_2.jobs() == []

        # Nobody's message, and bytes that are no message at all, harm nobody; the latter are kept aside.
        publisher.publish(test_tenant.message({"jql": "project = PAY"}) | {"tenant_id": 999_999})
        aside = stack.queued("etl.extract.dlq")
        publisher.publish(b"\xff\x00 this is no JSON")
        until(lambda: stack.queued("etl.extract.dlq") == aside + 1, 30, "the unreadable message is set aside")
        assert stack.one("SELECT count(*) FROM raw_extraction_data WHERE tenant_id = 999999") == 0

        # The same worker goes on; a message that comes twice is one job.
        order = test_tenant.message({"jql": "project = OPS"})
        for _ in range(2):
            publisher.publish(order, message_id="order-1")
        test_tenant.wait_jobs(1)
        publisher.publish(test_tenant.message({"jql": "project = WEB"}), message_id="order-2")
        test_tenant.wait_jobs(2)
        assert len(test_tenant.jobs()) == 2
        expected = sites[0].count("project in (OPS, WEB)")
        assert stack.one("SELECT count(*) FROM work_items WHERE tenant_id = %s", test_tenant.id) == expected
        db.rollback()
        assert failed.count() == 3, "and what failed stays on record"

    def test_multi_tenant_isolation(self, stack, publisher, test_tenant_1, test_tenant_2):
        for tenant in (test_tenant_1, test_tenant_2):
            publisher.publish(tenant.message({"jql": "project = PAY"}))
        for tenant in (test_tenant_1, test_tenant_2):
            tenant.wait_jobs(1)
        attacks = Attacks(stack, test_tenant_1, test_tenant_2)

        # The same keys, other contents: there is something to mistake for one's own.
        assert attacks.titles(test_tenant_1) != attacks.titles(test_tenant_2)
        assert attacks.keys(test_tenant_1) == attacks.keys(test_tenant_2)

        attacks.by_sql_as_the_runtime_role()
        attacks.by_data_query()
        attacks.by_search()
        attacks.by_command_line()
        with Publisher(stack.env["QUEUE_URL"]) as forger:
            attacks.by_order(forger)
            attacks.by_ring(forger)


def test_a_runtime_role_cannot_leave_its_tenant(stack):
    """What the isolation rests on: the roles have no way around row-level security."""
    roles = {row["rolname"]: row for row in stack.select("SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname LIKE 'pulse\\_%%'")}
    assert {"pulse_app", "pulse_dispatch", "pulse_query", "pulse_migrate"} <= set(roles)
    assert not any(row["rolsuper"] or row["rolbypassrls"] for row in roles.values()), roles
    unguarded = stack.select(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped "
        "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' "
        "WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")
    assert unguarded == []
    with stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE pulse_query")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT set_config('app.tenant_id', '1', true)")


def test_the_queues_are_as_the_contract_says(stack, worker):
    with Publisher(stack.env["QUEUE_URL"]) as outsider:
        for queue in ("etl.extract", "etl.transform", "etl.load", "etl.vectorize"):
            # Equal declarations are accepted, others refused: durable, quorum, nothing else.
            outsider.channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    with Publisher(stack.env["QUEUE_URL"]) as outsider, pytest.raises(pika.exceptions.ChannelClosedByBroker):
        outsider.channel.queue_declare("etl.extract", durable=True, arguments={"x-max-length": 10_000})
