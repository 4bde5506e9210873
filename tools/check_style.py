#!/usr/bin/env python3
"""What neither the compiler nor clang-format checks: sizes, sleeping tests, words we do not use, paths of one machine."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_GATE = 800
BANNED = [
    (re.compile(r"\bsleep_for\b|\busleep\("), "waits by sleeping; wait on an event", r"_test\.cc$|/testing/|^tests/"),
    (re.compile(r"(//|#|--).*\bTODO\b(?!\(#\d+\))"), "TODO without an issue number", r"\.(h|cc|py|sql|cmake)$"),
    (re.compile(r"catch \(\.\.\.\)\s*\{\s*\}"), "swallows every exception", r"\.(h|cc)$"),
    (re.compile(r"using namespace "), "using namespace", r"\.(h|cc)$"),
    (re.compile(r"std::regex"), "std::regex overflows the stack on long input", r"\.(h|cc)$"),
    (re.compile(r"(?<![\w.])/(root|home/\w+)/"), "a path of one machine", r"."),
]
BANNED_FOLDERS = {"common", "util", "utils", "helpers", "misc", "core", "manager"}


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines()]


def problems():
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if name == "tools/check_style.py" or name.endswith((".png", ".svg", "package-lock.json")) or not path.is_file():
            continue
        if BANNED_FOLDERS & set(name.split("/")[:-1]):
            yield f"{name}: a folder named for nothing in particular"
        text = path.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        if path.suffix in {".h", ".cc"} and len(lines) > FILE_GATE:
            yield f"{name}: {len(lines)} lines, the gate is {FILE_GATE}"
        if path.suffix == ".h" and name.startswith("src/") and "#pragma once" not in text:
            yield f"{name}: no #pragma once"
        for number, line in enumerate(lines, 1):
            for pattern, what, where in BANNED:
                if re.search(where, name) and pattern.search(line):
                    yield f"{name}:{number}: {what}"


found = list(problems())
print("\n".join(found))
sys.exit(1 if found else 0)
