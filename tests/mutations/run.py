"""Puts each known defect into a copy of the sources and asks whether the tests find it.

A patch NAME.patch begins with three lines, and the diff follows:

    Defect: what is wrong, in one sentence (where Torch-RecHub has it)
    Build: the targets to build
    Test: the command to run then

In a checkout (--tree; a git worktree of HEAD in build/mutations unless given) the commands of the chosen patches must first pass without any patch. Then each patch is applied,
its targets are built, its command is run, and the patch is taken back. A patch is red where the command fails, which is what is wanted. Everything else is a fault: green, a patch
that does not apply, one that does not build. results.json keeps what was found, README.md is written from it, and the exit code is 1 if there was a fault.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 1800      # no test takes so long


def read_patch(path):
    """name, defect, build, test, and a checksum of the whole file."""
    text = path.read_text(encoding="utf-8")
    patch = {"name": path.stem, "checksum": hashlib.sha256(text.encode()).hexdigest()[:16]}
    for line, key in zip(text.splitlines(), ("Defect", "Build", "Test")):
        if not line.startswith(key + ": "):
            sys.exit(f"{path.name}: expected a line '{key}: ...', found '{line}'")
        patch[key.lower()] = line.removeprefix(key + ": ")
    return patch


def patches(folder=HERE):
    return [read_patch(path) for path in sorted(folder.glob("*.patch"))]


def command(tree, *words, **options):
    return subprocess.run(words, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


def make_tree(tree):
    """A checkout of HEAD, with the environment of this one; one that is there is moved to HEAD."""
    head = command(ROOT, "git", "rev-parse", "HEAD").stdout.strip()
    if not (tree / ".git").exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        command(ROOT, "git", "worktree", "prune", check=True)
        command(ROOT, "git", "worktree", "add", "--detach", str(tree), head, check=True)
        (tree / ".venv").symlink_to(ROOT / ".venv")
    command(tree, "git", "checkout", "--force", "--detach", head, check=True)


def build(tree, targets):
    return command(tree, "ninja", "-C", "build", "-j", os.environ.get("RECHUB_JOBS", str(os.cpu_count())), *targets.split())


def test(tree, line):
    try:
        return command(tree, *line.split(), timeout=SECONDS, env={**os.environ, "OMP_NUM_THREADS": "1"})
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(line, 1, f"[ RUN      ] more than {SECONDS} s\n")


def failures(output):
    """The tests that failed, as GoogleTest or pytest names them; where the program died, the one it ran."""
    found = re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)$", output, re.MULTILINE) or re.findall(r"^FAILED (?:\S+?::)?(.+?)(?: - .*)?$", output, re.MULTILINE)
    running = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
    return list(dict.fromkeys(found)) or [f"{name} (died)" for name in running[-1:]]


def try_patch(tree, patch, folder=HERE):
    """What became of a patch: red with the tests that failed, or a fault with what was said."""
    applied = command(tree, "git", "apply", str(folder / f"{patch['name']}.patch"))
    if applied.returncode != 0:
        return "does not apply", applied.stdout
    try:
        built = build(tree, patch["build"])
        if built.returncode != 0:
            return "does not build", built.stdout[-3000:]
        ran = test(tree, patch["test"])
        if ran.returncode == 0:
            return "green", ""
        found = failures(ran.stdout)
        return ("red", found) if found else ("fails without a test", ran.stdout[-3000:])
    finally:
        command(tree, "git", "apply", "--reverse", str(folder / f"{patch['name']}.patch"), check=True)


def check_untouched(tree, chosen):
    commands = {patch["test"]: patch["build"] for patch in chosen}
    for line, targets in commands.items():
        built = command(tree, "./run", "build", "release", "--target", *targets.split())
        if built.returncode != 0:
            sys.exit(f"{targets} does not build without a patch:\n{built.stdout[-3000:]}")
        ran = test(tree, line)
        if ran.returncode != 0:
            sys.exit(f"'{line}' fails without a patch:\n{ran.stdout[-3000:]}")
        if "Running 0 tests" in ran.stdout:
            sys.exit(f"'{line}' runs no test")
        print(f"passes untouched: {line}", flush=True)


def found_by(result):
    if result["verdict"] != "red":
        return f"**{result['verdict']}**"
    return f"`{result['test']}`" + (f" and {result['more']} more" if result["more"] else "")


def page(results):
    rows = [f"| `{result['name']}` | {result['defect']} | {found_by(result)} |" for result in results]
    return "\n".join([
        "# Defects put into the code",
        "",
        "Each patch puts one defect of Torch-RecHub's matching part into our code, where it could stand here, too;",
        "[docs/differences.md](../../docs/differences.md) has the same numbers. `tests/mutations/run.py` applies them one by one, builds the tests and expects some to fail.",
        "It takes some twenty minutes once the tests are built, and is no part of CI, which only checks that every patch still applies and has its row here. This page",
        "is written by it.",
        "",
        f"{sum(result['verdict'] == 'red' for result in results)} of {len(results)} are found.",
        "",
        "| patch | defect | first test that fails |",
        "| --- | --- | --- |",
        *rows,
    ]) + "\n"


def keep(results):
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "README.md").write_text(page(results), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="beginnings of patches' names; all unless given")
    parser.add_argument("--tree", type=pathlib.Path, help="a checkout to work in (build/mutations)")
    arguments = parser.parse_args()
    known = patches()
    chosen = [patch for patch in known if not arguments.names or patch["name"].startswith(tuple(arguments.names))]
    if not chosen:
        sys.exit("no patch has such a name")
    tree = (arguments.tree or ROOT / "build/mutations").resolve()
    if not arguments.tree:
        make_tree(tree)
    check_untouched(tree, chosen)

    stored = HERE / "results.json"
    results = {result["name"]: result for result in json.loads(stored.read_text(encoding="utf-8"))} if stored.exists() else {}
    faults = 0
    for patch in chosen:
        verdict, detail = try_patch(tree, patch)
        results[patch["name"]] = {key: patch[key] for key in ("name", "defect", "checksum")} | {"verdict": verdict}
        if verdict == "red":
            results[patch["name"]] |= {"test": detail[0], "more": len(detail) - 1}
        faults += verdict != "red"
        print(f"{patch['name']}: {verdict}: {detail}", flush=True)
        keep([results[each["name"]] for each in known if each["name"] in results])
    print(f"{len(chosen) - faults} of {len(chosen)} red")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
