"""One tenant reaching for another's data, by every path there is. Each attempt has a twin that shows there was something to see."""
import json
import uuid

import psycopg2

from tests.operate.stack import until


class Attacks:
    def __init__(self, stack, attacker, victim):
        self.stack, self.attacker, self.victim = stack, attacker, victim
        own = "\n".join(self.titles(attacker))
        self.secrets = {title for title in self.titles(victim) if title not in own}
        assert self.secrets, "the victim has titles of its own"

    def titles(self, tenant):
        return {row["title"] for row in self.stack.select("SELECT title FROM work_items WHERE tenant_id = %s", tenant.id)}

    def keys(self, tenant):
        return {row["key"] for row in self.stack.select("SELECT key FROM work_items WHERE tenant_id = %s", tenant.id)}

    def holds_secret(self, text):
        return any(json.dumps(title, ensure_ascii=form)[1:-1] in text for title in self.secrets for form in (False, True))

    # SQL as the role the workers have.
    def tables(self):
        rows = self.stack.select(
            "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
            "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition ORDER BY 1")
        return [row["name"] for row in rows]

    def by_sql_as_the_runtime_role(self):
        seen = 0
        for table in self.tables():
            for role in ("pulse_app", "pulse_query"):
                theirs = self._as(role, self.victim, f"SELECT count(*) FROM {table} WHERE tenant_id = %s", self.victim.id)
                ours = self._as(role, self.attacker, f"SELECT count(*) FROM {table} WHERE tenant_id = %s", self.victim.id)
                assert ours in (0, None), f"{role} of one tenant sees {ours} rows of another in {table}"
                seen += theirs or 0
            for statement in (f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = %s", f"DELETE FROM {table} WHERE tenant_id = %s"):
                assert self._as("pulse_app", self.attacker, statement, self.victim.id) in (0, None), statement
        assert seen > 1000, "the victim itself sees its rows"
        stolen = self._as("pulse_app", self.attacker, "UPDATE work_items SET tenant_id = %s WHERE tenant_id = %s", self.victim.id, self.attacker.id)
        assert stolen in (0, None), "a row does not change its tenant"
        assert self._as("pulse_app", self.victim, "UPDATE work_items SET title = title WHERE tenant_id = %s", self.victim.id) == len(self.keys(self.victim))

    def _as(self, role, tenant, statement, *values):
        """The count or the number of rows hit, rolled back; nothing when the role may not."""
        connection = self.stack.connect()
        connection.autocommit = False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant.id),))
                cursor.execute(f"SET LOCAL ROLE {role}")
                cursor.execute(statement, values)
                return cursor.fetchone()[0] if cursor.description else cursor.rowcount
        except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ForeignKeyViolation):
            return None
        finally:
            connection.rollback()
            connection.close()

    # What people type.
    def by_data_query(self):
        honest = "SELECT title FROM work_items"
        assert self.holds_secret(self.victim.cli("data", "query", honest).out)
        victim = self.victim.id
        for statement in (
            honest,
            f"SELECT title FROM work_items WHERE tenant_id = {victim}",
            f"SELECT title FROM work_items WHERE tenant_id = {victim} OR true",
            "SELECT title FROM public.work_items",
            f"SELECT set_config('app.tenant_id', '{victim}', true), title FROM work_items",
            f"WITH t AS MATERIALIZED (SELECT set_config('app.tenant_id', '{victim}', false)) SELECT title FROM work_items, t",
            f"SELECT title FROM work_items; SET app.tenant_id = {victim}; SELECT title FROM work_items",
            "SELECT 1; RESET ROLE; SELECT title FROM work_items",
            f"SET app.tenant_id = {victim}",
            f"SELECT query_to_xml('SELECT title FROM work_items WHERE tenant_id = {victim}', true, true, '')",
            f"SELECT lo_import('/etc/passwd'), title FROM work_items WHERE tenant_id = {victim}",
            "COPY work_items TO STDOUT",
            "TABLE work_items",
        ):
            done = self.attacker.cli("data", "query", statement, code=None)
            assert not self.holds_secret(done.out + done.err), statement

    def by_search(self):
        title = max(self.secrets, key=len)
        hits = self.victim.cli("search", title).json()
        assert any(hit["title"] == title for hit in hits), "the victim finds its own"
        assert all(hit["title"] not in self.secrets for hit in self.attacker.cli("search", title, "--top", "100").json())

    def by_command_line(self):
        job = self.victim.jobs()[0]["id"]
        self.victim.cli("job", "show", job)
        for words in (("job", "show"), ("job", "cancel"), ("job", "retry")):
            refused = self.attacker.cli(*words, job, code=(3,))
            assert not self.holds_secret(refused.out + refused.err)
        self.victim.cli("integration", "show", self.victim.integration)
        self.attacker.cli("integration", "show", self.victim.integration, code=3)
        self.attacker.cli("sync", self.victim.integration, code=3)

    # Messages.
    def by_order(self, forger):
        before = self.victim.jobs()
        refusals = "SELECT count(*) FROM raw_extraction_data WHERE tenant_id = %s AND processing_status = 'failed'"
        forger.publish(self.attacker.message({"jql": "project = PAY"}, integration=self.victim.integration))
        until(lambda: self.stack.one(refusals, self.attacker.id) == 1, 30, "the forged order is refused, to the forger")
        assert self.victim.jobs() == before and self.stack.one(refusals, self.victim.id) == 0

    def by_ring(self, forger):
        """Steps that are ready and look rung, so that nobody but the next message wakes them: the forged one must not, the true one must."""
        forged, true = (self.ready_step() for _ in range(2))
        for queue in ("etl.extract", "etl.transform", "etl.load", "etl.vectorize"):
            for _ in range(5):
                forger.publish({"v": 1, "tenant_id": self.attacker.id, "step_id": forged}, queue=queue)
        forger.publish({"v": 1, "tenant_id": self.victim.id, "step_id": true}, queue="etl.extract")
        state = "SELECT state, epoch FROM etl_steps WHERE id = %s"
        until(lambda: self.stack.select(state, true)[0]["state"] == "done", 9, "the true ring is heard")
        assert self.stack.select(state, forged) == [{"state": "ready", "epoch": 0}], "the forged ring did nothing"
        until(lambda: self.stack.select(state, forged)[0]["state"] == "done", 30, "a lost ring is repeated")

    def ready_step(self, rung_at=None):
        """A step of the victim as an order would make it, rung just now unless told otherwise: no one else rings it for ten seconds."""
        job = self.victim.jobs()[0]["id"]
        root = self.stack.one("SELECT min(id) FROM etl_steps WHERE job_id = %s AND stage = 'extract'", job)
        copy = self.stack.clone("etl_jobs", job, status="running", exclusive=False, open_steps=1, finished_at=None, idempotency_key=f"attack-{uuid.uuid4()}")
        return self.stack.clone("etl_steps", root, job_id=copy, state="ready", epoch=0, attempts=0, worker_id=None, claimed_at=None, finished_at=None,
                          rung_at=rung_at or self.stack.one("SELECT clock_timestamp()"))
