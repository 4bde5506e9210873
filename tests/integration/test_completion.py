#!/usr/bin/env python3
"""The completion scripts, run by the shells they are for: what a person would be offered."""
import os
import pathlib
import shutil
import subprocess

from pulse import BIN, Failed, Pulse, check, main

# Words typed, the last one still being written; what must be among the offers.
TYPED = (
    ([""], {"demo", "sync", "tenant", "dead-letter", "help"}),
    (["sy"], {"sync"}),
    (["dead-letter", ""], {"list", "show", "group", "replay", "discard"}),
    (["queue", ""], {"status", "topology"}),
    (["queue", "topology", ""], {"diff", "apply"}),
    (["--tenant", "acme", "job", ""], {"list", "show", "watch", "cancel", "retry"}),
    (["sync", "jira-main", "--f"], {"--full"}),
    (["sync", "--tenant", ""], {"acme", "globex"}),
    (["sync", "--tenant", "acme", ""], {"of-acme"}),
    (["sync", "--entity", "jira_iss"], {"jira_issues"}),
    (["data", "query", "-o", ""], {"table", "json", "ndjson", "csv"}),
    (["data", "schema", "work_it"], {"work_items", "work_item_links"}),
    (["completion", ""], {"bash", "zsh", "fish"}),
)

BASH = """source "$1"; shift
COMP_WORDS=(pulse "$@"); COMP_CWORD=$#; COMP_LINE="pulse $*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
_pulse; printf '%s\\n' "${COMPREPLY[@]}"
"""
# The completion system needs a terminal; what the script hands to it does not.
ZSH = """compdef() { :; }
_files() { :; }
compadd() { shift; print -l -- ${(M)@:#${words[CURRENT]}*}; }
source "$1"; shift
words=(pulse "$@"); CURRENT=$#words
_pulse
"""
FISH = """source $argv[1]
complete -C (string join -- ' ' pulse $argv[2..-1])
"""
SHELLS = {"bash": (["bash", "--norc", "-c"], BASH, ["bash"]), "zsh": (["zsh", "-f", "-c"], ZSH, ["zsh"]), "fish": (["fish", "--no-config", "-c"], FISH, [])}


def offers(pulse, shell, script, words):
    command, program, name = SHELLS[shell]
    path = f"{script.parent}:{os.environ['PATH']}"
    done = subprocess.run([*command, program, *name, script, *words], env=pulse.env | {"PATH": path, "HOME": str(pulse.home)}, capture_output=True, text=True)
    check(done.returncode == 0 or shell != "bash", f"{shell} {words}: exit {done.returncode} {done.stderr}")
    check(not done.stderr, f"{shell} {words} complains: {done.stderr[:600]}")
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


def completes(shell):
    if not shutil.which(shell):
        raise Failed(f"{shell} is not installed; fix: apt-get install {shell}")
    with Pulse() as pulse:
        for tenant in ("acme", "globex"):
            pulse.add_tenant(tenant)
            pulse.run("integration", "add", "jira", "--tenant", tenant, "--name", f"of-{tenant}", "--url", "http://127.0.0.1:1", "--no-check")
        (pulse.home / "pulse").symlink_to(pathlib.Path(BIN).resolve())
        script = pulse.home / f"completion.{shell}"
        script.write_text(pulse.run("completion", shell).out)
        for words, wanted in TYPED:
            found = offers(pulse, shell, script, words)
            check(wanted <= found, f"{shell} {words}: wanted {sorted(wanted)}, offered {sorted(found)[:20]}")
            if words[-1] and not words[-1].startswith("-"):
                check(all(offer.startswith(words[-1]) for offer in found), f"{shell} {words}: {sorted(found)}")
        check("of-globex" not in offers(pulse, shell, script, ["sync", "--tenant", "acme", ""]), f"{shell} offers another tenant's integration")


def test_bash():
    completes("bash")


def test_zsh():
    completes("zsh")


def test_fish():
    completes("fish")


main(test_bash, test_zsh, test_fish)
