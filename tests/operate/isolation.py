"""Randomised attempts of one tenant on another's data: 0 rows, 0 effects. Seeded; first it is shown that there is something to see.

    python3 -m tests.operate.isolation [--short] [--attempts N] [--seed N]

Two tenants with colliding ids attack each other: SQL as the role of the workers and as the role of what people type, forged messages,
questions and searches on the command line. One JSON object goes to stdout; exit 1 when anything leaked or changed.
"""
import argparse
import json
import random
import sys
import time

import psycopg2

from tests.mission.attacks import Attacks
from tests.operate.stack import Simulator, Stack, check, until

ATTEMPTS = {False: 100_000, True: 5_000}
SHARES = {"app": 60, "query": 29, "message": 10, "command": 1}
DENIED = (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction, psycopg2.errors.FeatureNotSupported,
          psycopg2.errors.UndefinedFunction, psycopg2.errors.ForeignKeyViolation, psycopg2.errors.ObjectNotInPrerequisiteState,
          psycopg2.errors.InvalidParameterValue)

# As the workers' role. {t} a table, {a} the attacker, {v} the victim. A SELECT must return no row or only zeros and nulls, all else hit no row.
APP = (
    "SELECT count(*) FROM {t} WHERE tenant_id = {v}",
    "SELECT count(*) FROM {t} WHERE tenant_id <> {a}",
    "SELECT count(*) FROM {t} WHERE NOT (tenant_id = {a})",
    "SELECT count(*) FROM {t} x JOIN {t2} y ON y.tenant_id = x.tenant_id AND x.tenant_id = {v}",
    "SELECT count(*) FROM {t} WHERE tenant_id = {v} AND 1 / (CASE WHEN tenant_id = {v} THEN 0 ELSE 1 END) = 1",
    "SELECT count(*) FROM {t} WHERE tenant_id::text LIKE '{v}'",
    "SELECT 1 FROM {t} WHERE tenant_id = {v} LIMIT 1 FOR UPDATE",
    "WITH x AS (SELECT * FROM {t} WHERE tenant_id IN (SELECT generate_series({v}, {v}))) SELECT count(*) FROM x",
    "SELECT count(*) FROM {t} TABLESAMPLE BERNOULLI (100) WHERE tenant_id = {v}",
    "UPDATE {t} SET tenant_id = tenant_id WHERE tenant_id = {v}",
    "UPDATE {t} SET tenant_id = {v} WHERE tenant_id = {a}",
    "DELETE FROM {t} WHERE tenant_id = {v}",
    "DELETE FROM {t} WHERE tenant_id <> {a}",
    "MERGE INTO {t} USING (SELECT {v} AS other) s ON tenant_id = s.other WHEN MATCHED THEN DELETE",
    "INSERT INTO {t} OVERRIDING SYSTEM VALUE SELECT * FROM {t} WHERE tenant_id = {v}",
    "INSERT INTO {t} (tenant_id) VALUES ({v})",
    "TRUNCATE {t}",
    "SET LOCAL row_security = off; SELECT count(*) FROM {t} WHERE tenant_id = {v}",
    "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {t} OWNER TO CURRENT_USER",
    "DROP TABLE {t}",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "SET ROLE pulse_migrate",
    "SET SESSION AUTHORIZATION postgres",
    "GRANT pulse_migrate TO CURRENT_USER",
    "CREATE POLICY open_door ON {t} USING (true)",
    "CREATE FUNCTION public.door() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM {t}'",
)
# As the role of what people type: one SELECT each. No row may hold the victim's mark, no number may count its rows.
QUERY = (
    "SELECT count(*) FROM {t} WHERE tenant_id = {v}",
    "SELECT * FROM {t} WHERE tenant_id = {v} LIMIT 3",
    "SELECT * FROM {t} ORDER BY random() LIMIT 3",
    "SELECT string_agg(x::text, '') FROM {t} x WHERE x.tenant_id <> {a}",
    "SELECT max(x::text) FROM {t} x",
    "SELECT set_config('app.tenant_id', '{v}', true)",
    "SELECT set_config('app.tenant_id', '{v}', false), count(*) FROM {t} WHERE tenant_id = {v}",
    "SELECT pg_catalog.set_config('role', 'pulse_app', true)",
    "SELECT query_to_xml('SELECT * FROM {t} WHERE tenant_id = {v} LIMIT 3', true, true, '')::text",
    "SELECT table_to_xml('{t}', true, true, '')::text LIKE '%mark-{v}-%'",
    "SELECT most_common_vals::text FROM pg_stats WHERE tablename = '{t}'",
    "SELECT stavalues1::text FROM pg_statistic LIMIT 3",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT count(*) FROM {t} WHERE tenant_id = {v} AND 1 / (CASE WHEN tenant_id = {v} THEN 0 ELSE 1 END) = 1",
    "SELECT count(*) FROM secrets WHERE ciphertext IS NOT NULL AND tenant_id = {v}",
    "SELECT count(*) FROM tenants WHERE id = {v}",
    "SELECT count(*) FROM {t} x, LATERAL (SELECT 1 FROM {t2} y WHERE y.tenant_id = {v} LIMIT 1) z WHERE x.tenant_id = {v}",
    "WITH gone AS (DELETE FROM {t} WHERE tenant_id = {v} RETURNING 1) SELECT count(*) FROM gone",
)
SESSION = "CREATE ROLE attacker LOGIN NOSUPERUSER NOINHERIT; GRANT pulse_app, pulse_query TO attacker"


class Sql:
    """Attempts over one session that belongs to a login as pulse's own should be: a member of the roles and nothing more."""

    def __init__(self, stack, tables):
        self.stack, self.tables = stack, tables
        self.session = stack.connect(user="attacker")
        self.session.autocommit = False

    def attempt(self, role, statement, attacker, victim):
        """None, or what came of it that should not."""
        try:
            with self.session.cursor() as cursor:
                cursor.execute("SET LOCAL ROLE pulse_app")
                cursor.execute("SELECT set_config('app.tenant_id', %s, true)", (str(attacker),))
                if role != "pulse_app":
                    cursor.execute(f"SET LOCAL ROLE {role}")
                cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else None
                hit = cursor.rowcount if rows is None else 0
            self.session.commit()
        except DENIED:
            self.session.rollback()
            return None
        except psycopg2.errors.NotNullViolation:  # An INSERT of nothing but a tenant: refused, for a duller reason.
            self.session.rollback()
            return None
        except psycopg2.Error as problem:
            self.session.rollback()
            return f"{type(problem).__name__}: {problem}"
        if hit > 0:
            return f"hit {hit} rows"
        if statement.split()[0] not in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "SET"):
            return "was allowed"
        if statement.startswith(("SET ROLE", "SET SESSION")):
            return "was allowed"
        if f"mark-{victim}-" in repr(rows):
            return "showed the victim's mark"
        counted = statement.startswith(("SELECT count", "WITH", "SET LOCAL", "SELECT 1"))
        if counted and any(value for row in rows or () for value in row):
            return f"counted {rows}"
        return None


def checksums(stack, tables, tenants):
    return {(table, tenant): stack.one(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t WHERE tenant_id = %s", tenant)
            for table in tables for tenant in tenants}


def mark(stack, tenants):
    """Every tenant's texts carry its mark: one found with another is a leak."""
    for tenant in tenants:
        stack.select("UPDATE work_items SET title = title || %s WHERE tenant_id = %s", f" mark-{tenant}-", tenant)
        stack.select("UPDATE comments SET body = body || %s WHERE tenant_id = %s", f" mark-{tenant}-", tenant)


def by_sql(stack, tables, tenants, chance, number):
    """Attempts as both roles; (how many of each, findings)."""
    sql, found, done = Sql(stack, tables), [], {"app": 0, "query": 0}
    for tenant, other in (tenants, tenants[::-1]):  # The presence twin, with the very machinery of the attempts.
        for role in ("pulse_app", "pulse_query"):
            check(sql.attempt(role, f"SELECT count(*) FROM work_items WHERE tenant_id = {tenant}", tenant, other) is not None, f"{role} sees its own tenant's rows")
            check(sql.attempt(role, "SELECT title FROM work_items LIMIT 1", tenant, tenant) is not None, f"{role} sees its own tenant's mark")
    for _ in range(number):
        kind = chance.choices(("app", "query"), (SHARES["app"], SHARES["query"]))[0]
        attacker, victim = chance.sample(tenants, 2)
        statement = chance.choice(APP if kind == "app" else QUERY).format(t=chance.choice(tables), t2=chance.choice(tables), a=attacker, v=victim)
        if came := sql.attempt(f"pulse_{kind}", statement, attacker, victim):
            found.append(f"pulse_{kind}: {statement}: {came}")
        done[kind] += 1
    return done, found


class Forger:
    """Messages that claim what is not so. Every victim's ready step looks rung for a day: nobody but a message wakes it."""

    def __init__(self, stack, attacks, chance):
        self.stack, self.attacks, self.chance = stack, attacks, chance
        tomorrow = stack.one("SELECT clock_timestamp() + interval '1 day'")
        self.steps = {one.victim.id: [one.ready_step(tomorrow) for _ in range(5)] for one in attacks}
        self.orders = {one.attacker.id: 0 for one in attacks}

    def forge(self):
        """(queue, message)"""
        attack = self.chance.choice(self.attacks)
        attacker, victim = attack.attacker, attack.victim
        step = self.chance.choice(self.steps[victim.id])
        kind = self.chance.randrange(10)
        if kind == 0:
            self.orders[attacker.id] += 1
            return "etl.extract", attacker.message({"jql": "project = PAY"}, integration=victim.integration)
        if kind == 1:
            return "etl.extract", {"tenant_id": self.chance.choice([0, -1, 2**62, 999_999]), "entity_type": "jira_issues", "integration_id": victim.integration, "payload": {}}
        queue = self.chance.choice(["etl.extract", "etl.transform", "etl.load", "etl.vectorize"])
        if kind == 2:
            return queue, self.chance.choice([b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"v":2}', b'{"v":1,"tenant_id":"1 OR 1=1","step_id":1}'])
        return queue, {"v": 1, "tenant_id": self.chance.choice([attacker.id, 0, -1, 2**62]), "step_id": step}


def by_message(stack, attacks, chance, number):
    forger, found = Forger(stack, attacks, chance), []
    domain = ("work_items", "comments", "etl_jobs", "etl_steps", "dead_letters")
    before = checksums(stack, domain, [one.victim.id for one in attacks])
    with stack.publisher() as publisher:
        publisher.unconfirmed()
        for _ in range(number):
            queue, message = forger.forge()
            publisher.publish(message, queue=queue)
        publisher.confirmed()
    refusals = "SELECT count(*) FROM raw_extraction_data WHERE tenant_id = %s AND processing_status = 'failed'"
    for tenant, wanted in forger.orders.items():
        until(lambda: stack.one(refusals, tenant) >= wanted, 120, lambda: f"{wanted} refused orders of {tenant}: {stack.one(refusals, tenant)}", every=0.2)
        if stack.one(refusals, tenant) != wanted:
            found.append(f"tenant {tenant} forged {wanted} orders and has {stack.one(refusals, tenant)} refusals")
    for queue in ("etl.extract", "etl.transform", "etl.load", "etl.vectorize"):
        until(lambda: stack.queued(queue) == 0, 120, f"{queue} is empty", every=0.2)
    if checksums(stack, domain, [one.victim.id for one in attacks]) != before:
        found.append("forged messages changed a victim's rows")
    with stack.publisher() as publisher:  # The presence twin: the same steps, rung by their own tenant.
        for tenant, steps in forger.steps.items():
            for step in steps:
                publisher.publish({"v": 1, "tenant_id": tenant, "step_id": step})
                until(lambda: stack.one("SELECT state FROM etl_steps WHERE id = %s", step) == "done", 30, "a true ring is heard")
    return found


def by_command(stack, attacks, chance, number):
    found = []
    for attack in attacks:
        check(f"mark-{attack.victim.id}-" in attack.victim.cli("data", "query", "SELECT title FROM work_items").out, "a tenant sees its own mark")
    for _ in range(number):
        attack = chance.choice(attacks)
        statement = chance.choice(QUERY).format(t="work_items", t2="comments", a=attack.attacker.id, v=attack.victim.id)
        secret = chance.choice(sorted(attack.secrets))
        words = chance.choice([("data", "query", statement), ("data", "query", f"{statement}; RESET ROLE; {statement}"), ("search", secret),
                               ("job", "show", attack.victim.jobs()[0]["id"]), ("integration", "show", attack.victim.integration)])
        done = attack.attacker.cli(*words, code=None)
        if f"mark-{attack.victim.id}-" in done.out + done.err.replace(secret, ""):
            found.append(f"pulse {' '.join(map(str, words))} showed the victim's mark")
    return found


def run(options):
    from tests.mission.conftest import Tenant
    chance, began = random.Random(options.seed), time.monotonic()
    with Stack(in_memory=True, PULSE_VECTORS="on") as stack, Simulator("--seed", 21, "--issues", 120, "--prs", 20) as one, Simulator("--seed", 22, "--issues", 120, "--prs", 20) as two:
        workers = stack.start_etl(1)
        tenants = [Tenant(stack, name, site) for name, site in (("acme", one), ("globex", two))]
        for tenant in tenants:
            stack.add_github(tenant.name, "github-main", tenant.site.url)
            for integration in ("jira-main", "github-main"):
                stack.sync(tenant.name, integration, code=0)
        stack.wait_idle(60)
        ids = [tenant.id for tenant in tenants]
        mark(stack, ids)
        stack.select(SESSION)
        attacks = [Attacks(stack, *tenants), Attacks(stack, *tenants[::-1])]
        tables = attacks[0].tables()
        counts = {kind: max(1, options.attempts * share // 100) for kind, share in SHARES.items()}

        for worker in workers:  # Nothing else writes while rows are compared.
            worker.stop()
        before = checksums(stack, tables, ids)
        done, found = by_sql(stack, tables, ids, chance, counts["app"] + counts["query"])
        if (after := checksums(stack, tables, ids)) != before:
            found.append(f"SQL changed {[key for key in before if before[key] != after[key]]}")
        for worker in workers:
            worker.start().wait_ready()
        found += by_command(stack, attacks, chance, counts["command"])
        found += by_message(stack, attacks, chance, counts["message"])
    return done | {kind: counts[kind] for kind in ("message", "command")} | {
        "tables": len(tables), "seconds": round(time.monotonic() - began, 1), "seed": options.seed, "problems": len(found), "first": found[:10]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--attempts", type=int)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.attempts = options.attempts or ATTEMPTS[options.short]
    figures = run(options)
    print(json.dumps({"name": "isolation", "attempts": options.attempts} | figures))
    return 1 if figures["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
