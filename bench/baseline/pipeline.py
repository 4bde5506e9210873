#!/usr/bin/python3
"""The plan's pipeline as the plan draws it, to measure against: three queues, a worker for each, one message and one transaction per issue.

    bench/baseline/pipeline.py SITE_URL DATABASE_URL QUEUE_URL

Written for this purpose with Debian's pika and SQLAlchemy. The plan draws one connection, prefetch 10 and a session per use; this does the
same. Kinder to itself than the system that the plan wants to replace, which polls, opens a connection per message and reads whole tables per
issue: the plan draws none of that. Every page is read, rows are keyed and upserted, messages are confirmed and acked after the commit. Prints
one JSON object: issues, seconds, CPU of its own processes per issue.
"""
import base64
import json
import multiprocessing
import os
import sys
import time
import urllib.request

import pika
from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, MetaData, Table, Text, UniqueConstraint, create_engine, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

TENANT, INTEGRATION = 1, 1
STAGES = ("baseline.extract", "baseline.transform", "baseline.load")
PERSISTENT = pika.BasicProperties(delivery_mode=2, content_type="application/json")

metadata = MetaData()
raw_extraction_data = Table(
    "raw_extraction_data", metadata,
    Column("id", BigInteger, primary_key=True), Column("tenant_id", Integer, nullable=False), Column("integration_id", Integer, nullable=False),
    Column("entity_type", Text, nullable=False), Column("processing_status", Text, nullable=False), Column("raw_data", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), server_default=func.now(), index=True),
)
work_items = Table(
    "work_items", metadata,
    Column("id", BigInteger, primary_key=True), Column("tenant_id", Integer, nullable=False), Column("integration_id", Integer, nullable=False),
    Column("external_id", Text, nullable=False), Column("key", Text, index=True), Column("title", Text), Column("description", Text),
    Column("status", Text, index=True), Column("status_category", Text), Column("type", Text), Column("project_key", Text, index=True),
    Column("priority", Text), Column("assignee_name", Text), Column("reporter_name", Text), Column("labels", JSON), Column("custom_fields", JSONB),
    Column("source_created_at", DateTime(timezone=True)), Column("source_updated_at", DateTime(timezone=True), index=True),
    Column("resolved_at", DateTime(timezone=True)), UniqueConstraint("tenant_id", "integration_id", "external_id"),
)
work_item_changes = Table(
    "work_item_changes", metadata,
    Column("id", BigInteger, primary_key=True), Column("tenant_id", Integer, nullable=False), Column("integration_id", Integer, nullable=False),
    Column("work_item_external_id", Text, nullable=False), Column("history_id", Text, nullable=False), Column("item_position", Integer, nullable=False),
    Column("author_name", Text), Column("field", Text, index=True), Column("from_string", Text), Column("to_string", Text),
    Column("source_created_at", DateTime(timezone=True)),
    UniqueConstraint("tenant_id", "integration_id", "work_item_external_id", "history_id", "item_position"),
)


def pages(site):
    """Search pages of a hundred issues with their inline history."""
    credential = base64.b64encode(b"bot@example.com:token").decode()
    token = {}
    while True:
        body = {"jql": "updated >= 0 ORDER BY created ASC", "maxResults": 100, "fields": ["*all"], "expand": "changelog"} | token
        request = urllib.request.Request(f"{site}/rest/api/3/search/jql", json.dumps(body).encode(),
                                         {"Content-Type": "application/json", "Authorization": f"Basic {credential}"})
        with urllib.request.urlopen(request) as answer:
            page = json.load(answer)
        yield page["issues"]
        if "nextPageToken" not in page:
            return
        token = {"nextPageToken": page["nextPageToken"]}


def clean(value):
    """PostgreSQL keeps no U+0000."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list) else value


def text_of(document):
    if not isinstance(document, dict):
        return document
    return document.get("text", "") + "".join(text_of(child) for child in document.get("content", []))


def rows_of(issue):
    fields = issue["fields"]

    def name(field):
        return (fields.get(field) or {}).get("name")

    def person(field):
        return (fields.get(field) or {}).get("displayName")
    item = {
        "external_id": issue["id"], "key": issue["key"], "title": fields.get("summary"), "description": text_of(fields.get("description")),
        "status": name("status"), "status_category": ((fields.get("status") or {}).get("statusCategory") or {}).get("key"), "type": name("issuetype"),
        "project_key": (fields.get("project") or {}).get("key"), "priority": name("priority"), "assignee_name": person("assignee"),
        "reporter_name": person("reporter"), "labels": fields.get("labels"),
        "custom_fields": {key: value for key, value in fields.items() if key.startswith("customfield_") and value is not None},
        "source_created_at": fields.get("created"), "source_updated_at": fields.get("updated"), "resolved_at": fields.get("resolutiondate"),
    }
    changes = [
        {"work_item_external_id": issue["id"], "history_id": history["id"], "item_position": position,
         "author_name": (history.get("author") or {}).get("displayName"), "field": change.get("field"), "from_string": change.get("fromString"),
         "to_string": change.get("toString"), "source_created_at": history["created"]}
        for history in issue.get("changelog", {}).get("histories", []) for position, change in enumerate(history["items"])
    ]
    return {"item": item, "changes": changes}


class Worker:
    """One stage: consumes its queue, commits, passes on, acks."""

    def __init__(self, stage, site, database, broker):
        self.stage, self.site = stage, site
        self.engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://"))
        self.channel = pika.BlockingConnection(pika.URLParameters(broker)).channel()
        self.channel.confirm_delivery()
        self.channel.basic_qos(prefetch_count=10)

    def run(self):
        handle = {"baseline.extract": self.extract, "baseline.transform": self.transform, "baseline.load": self.load}[self.stage]
        for method, _, body in self.channel.consume(self.stage):
            handle(json.loads(body))
            self.channel.basic_ack(method.delivery_tag)

    def publish(self, queue, message):
        self.channel.basic_publish("", queue, json.dumps(message), PERSISTENT, mandatory=True)

    def extract(self, _):
        for issues in pages(self.site):
            for issue in issues:
                with self.engine.begin() as session:
                    row = {"tenant_id": TENANT, "integration_id": INTEGRATION, "entity_type": "jira_issues", "processing_status": "pending", "raw_data": clean(issue)}
                    raw = session.execute(insert(raw_extraction_data).values(row).returning(raw_extraction_data.c.id)).scalar()
                self.publish("baseline.transform", {"tenant_id": TENANT, "raw_id": raw})

    def transform(self, message):
        with self.engine.begin() as session:
            raw = session.execute(select(raw_extraction_data.c.raw_data).where(raw_extraction_data.c.id == message["raw_id"],
                                                                               raw_extraction_data.c.tenant_id == message["tenant_id"])).scalar()
            rows = rows_of(raw)
            session.execute(update(raw_extraction_data).where(raw_extraction_data.c.id == message["raw_id"]).values(processing_status="processing"))
        self.publish("baseline.load", message | rows)

    def load(self, message):
        owner = {"tenant_id": message["tenant_id"], "integration_id": INTEGRATION}
        with self.engine.begin() as session:
            self.upsert(session, work_items, [message["item"] | owner], ["tenant_id", "integration_id", "external_id"])
            if message["changes"]:
                self.upsert(session, work_item_changes, [change | owner for change in message["changes"]],
                            ["tenant_id", "integration_id", "work_item_external_id", "history_id", "item_position"])
            session.execute(update(raw_extraction_data).where(raw_extraction_data.c.id == message["raw_id"]).values(processing_status="completed"))

    @staticmethod
    def upsert(session, table, rows, key):
        statement = insert(table).values(rows)
        session.execute(statement.on_conflict_do_update(index_elements=key, set_={name: statement.excluded[name] for name in rows[0] if name not in key}))


def work(stage, *where):
    Worker(stage, *where).run()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    site, database, broker = sys.argv[1:]
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://"))
    metadata.create_all(engine)
    connection = pika.BlockingConnection(pika.URLParameters(broker))
    channel = connection.channel()
    for queue in STAGES:
        channel.queue_declare(queue, durable=True)
        channel.queue_purge(queue)
    expected = sum(len(issues) for issues in pages(site))
    processes = [multiprocessing.Process(target=work, args=(stage, site, database, broker), daemon=True) for stage in STAGES]
    for process in processes:
        process.start()
    began = time.monotonic()
    channel.basic_publish("", "baseline.extract", json.dumps({"tenant_id": TENANT}), PERSISTENT)
    done = select(func.count()).select_from(raw_extraction_data).where(raw_extraction_data.c.processing_status == "completed")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        while session.execute(done).scalar() < expected:
            if not all(process.is_alive() for process in processes):
                sys.exit("baseline: a worker ended")
            time.sleep(0.1)
    seconds = time.monotonic() - began
    cpu = sum(cpu_seconds(process.pid) for process in processes)
    for process in processes:
        process.terminate()
    connection.close()
    print(json.dumps({"name": "baseline", "issues": expected, "seconds": round(seconds, 2), "cpu_us_per_issue": round(cpu * 1e6 / expected, 1)}))


if __name__ == "__main__":
    main()
