#!/usr/bin/env python3
"""Fails when a file under src/pulse includes a module its own module may not use (the generated layers.txt)."""
import pathlib, re, sys
root = pathlib.Path(__file__).resolve().parent.parent
allowed, tests_may = {}, {}
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    line = line.split("#")[0].strip()
    if line:
        module, _, deps = line.partition(":")
        used, _, test_only = deps.partition("|")
        allowed[module] = set(used.split()) | {module}
        tests_may[module] = allowed[module] | set(test_only.split())
src, bad = root / "src/pulse", 0
def module_of(path):                       # longest declared prefix wins: queue/memory before queue
    parts = path.split("/")
    for n in range(len(parts), 0, -1):
        if "/".join(parts[:n]) in allowed:
            return "/".join(parts[:n])
for file in sorted(src.rglob("*")):
    if file.suffix not in (".h", ".cc"):
        continue
    rel = file.relative_to(src).as_posix()
    own = module_of(rel.rsplit("/", 1)[0])
    if own is None:
        bad += 1; print(f"{rel}: module not listed in the generated layers.txt"); continue
    for number, text in enumerate(file.read_text().splitlines(), 1):
        hit = re.match(r'#include "pulse/(.+)/[^/]+"', text)
        may = tests_may if file.stem.endswith("_test") or file.stem.startswith("test_") else allowed
        if hit and module_of(hit.group(1)) not in may[own]:
            bad += 1; print(f"src/pulse/{rel}:{number}: {own} may not include {hit.group(1)}")
sys.exit(1 if bad else 0)
