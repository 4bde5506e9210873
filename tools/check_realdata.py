#!/usr/bin/env python3
"""Loads a folder of real payloads through the whole path and compares the tables with the facts that must come out.

    tools/check_realdata.py FOLDER [--pulse build/pulse] [--keep]

FOLDER holds payloads/<entity>.jsonl and expected/<entity>.jsonl (one line per payload: {"id", "facts"}). The simulators serve the
payloads over HTTP, `pulse sync` loads them, and every fact that the payload's shape can carry must stand in the tables. Exit 1 when a
single one does not. Deliberate exceptions are listed in EXCEPTIONS with their reason and counted in the output.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/integration"))

EXCEPTIONS = {
    "nul": "U+0000 cannot be stored by either database: it becomes U+FFFD",
    "superseded": "an older version of a record that the same source serves newer: the newest wins",
    "clock_form": "a time written `2016-09-15 16:59:01 UTC` is an instant; the facts leave it out because it is not ISO 8601",
    "of_an_issue": "by REST a comment whose own address says /issues/ is taken for a plain issue's",
    "nameless": "a requested reviewer without a login names nobody and is not listed",
    "not_asked": "a commit's parents cost GraphQL points per commit and are not asked for; by REST they are there",
    "person_elsewhere": "the account's active flag is the newest one seen, not this payload's",
}
# The newest `updated` wins when one source serves several versions of a record; ties go to the last line.


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write(path, objects):
    with open(path, "w", encoding="utf-8") as out:
        for one in objects:
            out.write(json.dumps(one, ensure_ascii=False) + "\n")


class Report:
    def __init__(self):
        self.compared = collections.Counter()
        self.wrong = collections.defaultdict(list)
        self.excused = collections.Counter()
        self.clock_form = set()  # Payloads with times in another form than ISO 8601.

    def same(self, entity, field, where, wanted, got):
        self.compared[entity] += 1
        if wanted == got:
            return
        if where.split(" by ")[0] in self.clock_form and (wanted is None):
            self.excused["clock_form"] += 1
            return
        if isinstance(wanted, str) and "\0" in wanted and wanted.replace("\0", "\ufffd") == got:
            self.excused["nul"] += 1
            return
        self.wrong[f"{entity}.{field}"].append((where, wanted, got))

    def end(self):
        for entity, count in sorted(self.compared.items()):
            print(f"{entity}: {count} facts compared")
        for name, count in sorted(self.excused.items()):
            print(f"exception {name}: {count} ({EXCEPTIONS[name]})")
        for field, cases in sorted(self.wrong.items()):
            print(f"WRONG {field}: {len(cases)}")
            for where, wanted, got in cases[:3]:
                print(f"    {where}: wanted {str(wanted)[:160]!r}, got {str(got)[:160]!r}")
        total, bad = sum(self.compared.values()), sum(map(len, self.wrong.values()))
        print(f"{total - bad} of {total} facts agree ({sum(self.excused.values())} of them by a listed exception)")
        return 1 if bad or not total else 0


def newest(pairs, key, version):
    """Splits (payload, expected) pairs into the newest per key and the count of older ones."""
    best = {}
    for pair in pairs:
        k = key(pair)
        if k not in best or version(pair) >= version(best[k]):
            best[k] = pair
    return list(best.values()), len(pairs) - len(best)


def load_json(text):
    return None if text is None else json.loads(text)


# ---------------------------------------------------------------- Jira
def jira_lanes(folder):
    """One lane per origin: ids of different sites collide, ids of one site are versions of one issue."""
    facts = {line["id"]: line for line in read(folder / "expected/jira_issue.jsonl")}
    lanes = collections.defaultdict(list)
    for line in read(folder / "payloads/jira_issue.jsonl"):
        lanes[line["src"]["repo"]].append((line, facts[line["id"]]))
    return lanes


TAG = re.compile(r"\{(?:anchor|code|color|noformat|panel|quote)(?::[^{}\n]*)?\}")
TARGET = re.compile(r"\|[^|\[\]\n]*(?=[|\]])")  # `[text|address]`: the text is shown. Takes more than links; that only asks for less.
PICTURE = re.compile(r"(\.\w{3,4})\|(?:thumbnail|alt=|height=|width=)[^!\n]*!")  # `!shot.png|width=300!`


def check_plain(report, entity, where, source, plain):
    """Every word of the wiki text is in the plain one, in the same order, as often; nothing was added."""
    shown = TARGET.sub(" ", PICTURE.sub(r"\1 ", TAG.sub(" ", source))).replace("[~accountid:", " ")
    at, lost = 0, []
    for word in re.findall(r"[A-Za-z0-9]{5,}", shown):
        found = plain.find(word, at)
        if found < 0:
            lost.append(word)
        else:
            at = found + len(word)
    report.same(entity, "plain_lost_words", where, [], lost)
    report.same(entity, "plain_longer_than_wiki", where, False, len(plain) > len(source))
    report.same(entity, "plain_has_letters", where, re.search(r"[^\W\d_]", shown) is not None, re.search(r"[^\W\d_]", plain) is not None)


def raw_descriptions(pulse):
    """What the source sent, by issue id, from the raw pages that the rows came from; one command per page."""
    rows = by(pulse.select("SELECT external_id, raw_id, raw_position FROM work_items"), "raw_id")
    found = {}
    for of_page in rows.values():
        page = pulse.run("data", "lineage", "work_items", of_page[0]["external_id"], "--page", "--tenant", "check").out
        records = json.JSONDecoder().raw_decode(page)[0]["issues"]
        for row in of_page:
            record = records[row["raw_position"]]
            if record["id"] == row["external_id"]:
                found[row["external_id"]] = record["fields"].get("description")
    return found


def check_comments(report, payload, stored, where):
    comments = (payload["fields"].get("comment") or {}).get("comments") or []
    for comment in comments:
        body, row = comment.get("body"), stored.get(str(comment["id"]))
        if row is not None and isinstance(body, str):
            report.same("jira_comment", "format", where, "wiki", row["body_format"])
            check_plain(report, "jira_comment", f"{where} comment {comment['id']}", body, row["body"])


def check_issue(report, row, facts, where, sprints, links, wiki):
    plain = {
        "key": "key", "issue_id": "external_id", "project_key": "project_key", "type": "type", "status": "status", "status_id": "status_id",
        "status_category": "status_category", "summary": "title", "created": "source_created_at", "updated": "source_updated_at",
        "resolved": "resolved_at", "resolution": "resolution", "due_date": "due_date", "priority": "priority", "parent_key": "parent_key",
        "epic_key": "epic_key", "epic_source": "epic_source", "lead_time_minutes": "lead_time_minutes", "description_kind": "description_format",
        "comments_total": "comment_count", "worklogs_total": "worklog_count",
    }
    for fact, column in plain.items():
        if fact in facts:
            report.same("jira_issue", fact, where, facts[fact], row[column])
    report.same("jira_issue", "is_subtask", where, facts["is_subtask"], None if row["is_subtask"] is None else bool(row["is_subtask"]))
    report.same("jira_issue", "flagged", where, facts["flagged"], None if row["is_flagged"] is None else bool(row["is_flagged"]))
    for who in ("assignee", "reporter", "creator"):
        wanted = facts[who] or {"account_id": None, "display_name": None}
        report.same("jira_issue", who, where, (wanted["account_id"], wanted["display_name"]), (row[f"{who}_external_id"], row[f"{who}_name"]))
    for fact in ("labels", "components", "fix_versions", "subtask_keys"):
        report.same("jira_issue", fact, where, facts[fact], load_json(row[fact]) or [])
    if facts["story_points_known"]:
        report.same("jira_issue", "story_points", where, facts["story_points"], row["story_points"])
    if facts["description_kind"] == "wiki":
        report.same("jira_issue", "description_chars", where, facts["description_chars"], None if wiki is None else len(wiki))
        check_plain(report, "jira_issue", where, wiki or "", row["description"])
    report.same("jira_issue", "sprint_ids", where, facts["sprint_ids"], sorted(int(s["sprint_external_id"]) for s in sprints))
    active = [int(s["sprint_external_id"]) for s in sprints if s["is_active"]]
    report.same("jira_issue", "active_sprint_id", where, facts["active_sprint_id"], active[0] if active else None)
    wanted = sorted((link["type"], link["direction"], link["key"]) for link in facts["links"])
    report.same("jira_issue", "links", where, wanted, sorted((k["type"], k["direction"], k["linked_key"]) for k in links))


def by(rows, column):
    grouped = collections.defaultdict(list)
    for row in rows:
        grouped[row[column]].append(row)
    return grouped


def check_jira(report, folder, work, Pulse, Simulator):
    changes = by(read(folder / "expected/jira_issue_changelog_items.jsonl"), "id")
    for number, (origin, pairs) in enumerate(sorted(jira_lanes(folder).items())):
        pairs, older = newest(pairs, lambda p: p[1]["facts"]["issue_id"], lambda p: p[1]["facts"]["updated"] or "")
        report.excused["superseded"] += older
        write(work / f"issues-{number}.jsonl", [p[0]["payload"] for p in pairs])
        # The payloads do not carry their site's field catalogue; what the facts know of it stands in for GET /field.
        catalogue = {p[1]["facts"]["story_points_field"] for p in pairs} - {None}
        write(work / f"fields-{number}.jsonl", [
            {"id": f, "key": f, "name": f, "custom": True, "clauseNames": [], "schema": {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points", "customId": int(f.split("_")[1])}}
            for f in catalogue])
        with Pulse() as pulse, Simulator("--jira-issues", work / f"issues-{number}.jsonl", "--jira-fields", work / f"fields-{number}.jsonl") as sim:
            pulse.add_tenant("check")
            pulse.add_jira("check", "jira", sim.url)
            receipt = pulse.sync("check", "jira", code=(0, 8))
            counts = receipt["entities"]["jira_issues"]
            print(f"{origin}: source {counts['source']}, inserted {counts['inserted']}, quarantined {counts['quarantined']}, status {receipt['status']}", flush=True)
            rows = {row["external_id"]: row for row in pulse.select("SELECT * FROM work_items")}
            sprints = by(pulse.select("SELECT * FROM work_item_sprints"), "work_item_external_id")
            links = by(pulse.select("SELECT * FROM work_item_links"), "work_item_external_id")
            stored = by(pulse.select("SELECT * FROM work_item_changes"), "work_item_external_id")
            wiki = raw_descriptions(pulse)
            comments = {row["external_id"]: row for row in pulse.select("SELECT * FROM comments")}
            active = {row["external_id"]: row["is_active"] for row in pulse.select("SELECT * FROM people")}
            for payload, expected in pairs:
                facts, where = expected["facts"], expected["id"]
                row = rows.get(facts["issue_id"])
                report.same("jira_issue", "loaded", where, True, row is not None)
                if row is None:
                    continue
                check_issue(report, row, facts, where, sprints[facts["issue_id"]], links[facts["issue_id"]], wiki.get(facts["issue_id"]))
                check_comments(report, payload["payload"], comments, where)
                for who in ("assignee", "reporter", "creator"):
                    if facts[who] and facts[who]["account_id"]:
                        got = active.get(facts[who]["account_id"])
                        if got is not None and bool(got) != facts[who]["active"]:
                            report.excused["person_elsewhere"] += 1
                        else:
                            report.same("person", "active", where, facts[who]["active"], None if got is None else bool(got))
                check_changes(report, changes.get(payload["id"], []), stored[facts["issue_id"]], where)


def check_changes(report, wanted, stored, where):
    if not wanted:
        return
    found = {(row["history_id"], row["item_position"]): row for row in stored}
    for item in wanted:
        row = found.get((str(item["history_id"]), item["seq"]))
        report.same("jira_change", "loaded", where, True, row is not None)
        if row is None:
            continue
        for fact, column in {"created": "source_created_at", "field": "field", "field_id": "field_id", "from": "from_value", "from_string": "from_string", "to": "to_value", "to_string": "to_string"}.items():
            report.same("jira_change", fact, where, item[fact], row[column])
        report.same("jira_change", "author", where, (item["author"] or {}).get("account_id"), row["author_external_id"])


# ---------------------------------------------------------------- GitHub
CHILDREN = {
    "github_review": "--github-reviews", "github_pr_commit": "--github-pr-commits",
    "github_issue_comment": "--github-issue-comments", "github_review_comment": "--github-review-comments",
}


def check_pr(report, kind, row, facts, where, links):
    plain = {
        "repo": "repository_name", "number": "number", "title": "title", "state": "state", "status": "status", "author": "author_login", "author_type": "author_type",
        "created": "source_created_at", "updated": "source_updated_at", "closed": "closed_at", "merged_at": "merged_at", "merged_by": "merged_by_login",
        "additions": "additions", "deletions": "deletions", "changed_files": "changed_files", "commits": "commit_count", "comments": "comment_count",
        "review_comments": "review_comment_count", "base_ref": "base_ref", "base_sha": "base_sha", "base_repo": "base_repository", "head_ref": "head_ref",
        "head_sha": "head_sha", "head_repo": "head_repository", "merge_commit_sha": "merge_commit_sha", "milestone": "milestone", "open_to_merge_minutes": "open_to_merge_minutes",
    }
    for fact, column in plain.items():
        report.same(kind, fact, where, facts[fact], row[column])
    report.same(kind, "id", where, str(facts["id"]), row["external_id"])
    report.same(kind, "author_id", where, None if facts["author_id"] is None else str(facts["author_id"]), row["author_external_id"])
    report.same(kind, "draft", where, facts["draft"], None if row["is_draft"] is None else bool(row["is_draft"]))
    report.same(kind, "body_chars", where, facts["body_chars"] or 0, len(row["body"] or ""))
    for fact, column in {"labels": "labels", "assignees": "assignees", "requested_reviewers": "requested_reviewers", "requested_teams": "requested_teams", "closes": "closes"}.items():
        wanted = [one for one in facts[fact] if one is not None]
        if len(wanted) < len(facts[fact]):
            report.excused["nameless"] += 1
        report.same(kind, fact, where, sorted(wanted), sorted(load_json(row[column]) or []))
    for fact, source in {"jira_keys_title": "title", "jira_keys_branch": "branch", "jira_keys_body": "body"}.items():
        report.same(kind, fact, where, sorted(set(facts[fact])), sorted({k["work_item_key"] for k in links if k["evidence_source"] == source}))


def check_child(report, entity, pulse, expected_lines, known, api, of_issues):
    tables = {
        "github_review": ("pr_reviews", "external_id", lambda f: str(f["id"]),
                          {"author": "author_login", "state": "state", "submitted": "submitted_at", "commit": "commit_sha"}, "pr"),
        "github_pr_commit": ("pr_commits", "sha", lambda f: f["sha"],
                             {"author_name": "author_name", "author_email": "author_email", "authored": "authored_at", "committer_name": "committer_name", "committed": "committed_at", "author_login": "author_login", "parents": "parent_count"}, "group"),
        "github_issue_comment": ("pr_comments", "external_id", lambda f: str(f["id"]), {"author": "author_login", "created": "source_created_at", "updated": "source_updated_at"}, "group"),
        "github_review_comment": ("pr_comments", "external_id", lambda f: str(f["id"]),
                                  {"author": "author_login", "created": "source_created_at", "updated": "source_updated_at", "path": "path"}, "group"),
    }
    table, key, key_of, plain, group = tables[entity]
    rows = {row[key]: row for row in pulse.select(f"SELECT * FROM {table}")}
    latest = {}
    for line in expected_lines:
        if line["facts"][group] in known:
            latest[key_of(line["facts"])] = line  # The last line of one id is the one a source would serve now.
    for line in latest.values():
        facts, where = line["facts"], f"{line['id']} by {api}"
        row = rows.get(key_of(facts))
        if row is None and api == "rest" and line["id"] in of_issues:
            report.excused["of_an_issue"] += 1
            continue
        report.same(entity, "loaded", where, True, row is not None)
        if row is None:
            continue
        for fact, column in plain.items():
            if fact == "parents" and api == "graphql":
                report.excused["not_asked"] += 1
                continue
            wanted = facts[fact].upper() if fact == "state" and facts[fact] else facts[fact]
            report.same(entity, fact, where, wanted, row[column])
        if "body_chars" in facts:
            report.same(entity, "body_chars", where, facts["body_chars"] or 0, len(row["body"] or ""))


def check_github(report, folder, work, Pulse, Simulator):
    children = {entity: [] for entity in CHILDREN}
    of_issues = {line["id"] for line in read(folder / "payloads/github_issue_comment.jsonl") if "/issues/" in (line["payload"].get("html_url") or "")}
    for entity, option in CHILDREN.items():
        children[entity] = read(folder / f"expected/{entity}.jsonl")
        write(work / f"{entity}.jsonl", [{"payload": line["payload"], "group": line["group"]} for line in read(folder / f"payloads/{entity}.jsonl")])
    for kind, api in (("github_pr_list", "rest"), ("github_pr_detail", "rest"), ("github_pr_list", "graphql"), ("github_pr_detail", "graphql")):
        facts = {line["id"]: line for line in read(folder / f"expected/{kind}.jsonl")}
        pairs = [(line, facts[line["id"]]) for line in read(folder / f"payloads/{kind}.jsonl")]
        pairs, renamed = newest(pairs, lambda p: (p[1]["facts"]["repo"], p[1]["facts"]["number"]), lambda p: p[1]["facts"]["updated"] or "")
        report.excused["superseded"] += renamed
        pairs, older = newest(pairs, lambda p: ((p[0]["payload"]["base"]["repo"] or {}).get("id") or p[1]["facts"]["repo"], p[1]["facts"]["number"]), lambda p: p[1]["facts"]["updated"] or "")
        report.excused["superseded"] += older
        write(work / "prs.jsonl", [p[0]["payload"] for p in pairs])
        options = [word for entity, option in CHILDREN.items() for word in (option, work / f"{entity}.jsonl")]
        with Pulse() as pulse, Simulator("--github-prs", work / "prs.jsonl", *options) as sim:
            pulse.add_tenant("check")
            pulse.add_github("check", "github", sim.url, "--scope", f"api={api}")
            receipt = pulse.sync("check", "github", code=(0, 8))
            counts = receipt["entities"]["github_prs"]
            print(f"{kind} by {api}: source {counts['source']}, inserted {counts['inserted']}, quarantined {counts['quarantined']}, status {receipt['status']}", flush=True)
            rows = {(row["repository_name"], row["number"]): row for row in pulse.select("SELECT * FROM prs")}
            links = collections.defaultdict(list)
            for link in pulse.select("SELECT * FROM work_item_prs"):
                links[(link["repository_external_id"], link["pr_number"])].append(link)
            known = set()
            for payload, expected in pairs:
                facts, where = expected["facts"], f"{expected['id']} by {api}"
                if str(payload["payload"]["created_at"]).endswith(" UTC"):
                    report.clock_form.add(expected["id"])
                row = rows.get((facts["repo"], facts["number"]))
                report.same(kind, "loaded", where, True, row is not None)
                if row is not None:
                    known.add(f"{facts['repo']}#{facts['number']}")
                    check_pr(report, kind, row, facts, where, links[(row["repository_external_id"], row["number"])])
            for entity in CHILDREN:
                check_child(report, entity, pulse, children[entity], known, api, of_issues)


def run():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--pulse", default="build/pulse")
    parser.add_argument("--only", choices=["jira", "github"])
    options = parser.parse_args()
    os.environ["PULSE_BIN"] = str(pathlib.Path(options.pulse).resolve())
    from pulse import Pulse, Simulator
    report = Report()
    with tempfile.TemporaryDirectory(prefix="pulse-realdata-") as work:
        for name, check in (("jira", check_jira), ("github", check_github)):
            if options.only in (None, name):
                check(report, options.folder, pathlib.Path(work), Pulse, Simulator)
    return report.end()


sys.exit(run())
