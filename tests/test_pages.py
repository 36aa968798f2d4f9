"""The commands of README.md and docs/ do what the pages say: the blocks of a page run in order, in a fresh folder that holds nothing but configs/ of a checkout.

A block with a line that starts with `rechub` or makes a file (`cat > FILE`, `awk`, `printf`) is run by bash and must end well; one that starts with `import` by
Python. Fenced blocks of `python` run last, as one program that may not warn. A block whose commands have [brackets], alternatives|like|these or words in CAPITALS is a
synopsis: its commands and options must be in --help, and what has no brackets or alternatives is read by the program itself up to the point where it would start
(--explain).
"""

import functools
import os
import pathlib
import re
import subprocess
import sys

import pytest

from test_commands import PROGRAM, ROOT

PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
SHELL = re.compile(r"^(rechub|cat >|awk|printf) ", re.MULTILINE)
COMMAND = re.compile(r"^rechub .*", re.MULTILINE)
CHOICE = r"\[|\.\.\.|\w\|[\w.]"
PLACEHOLDER = re.compile(CHOICE + r"|(?<![\w.@-])[A-Z]{2,}(?![\w@])")
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEREDOC = re.compile(r"<<'?(\w+)'?.*?^\1$", re.MULTILINE | re.DOTALL)


def blocks_of(text):
    """The fenced and indented blocks of a Markdown page, in order."""
    blocks, block, fenced, after_blank = [], [], False, True
    for line in [*text.splitlines(), "end"]:
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            block.append(line)
            continue
        elif line.startswith("    ") and (block or after_blank):
            block.append(line[4:])
            continue
        elif not line and block:
            block.append("")
            continue
        after_blank = not line
        blocks.append("\n".join(block).strip("\n"))
        block = []
    return [block for block in blocks if block]


def commands_of(block):
    """Its calls of the program, without comments; what heredocs hold is none."""
    return [re.sub(r"\s+# .*|\"[^\"]*\"", "", line) for line in COMMAND.findall(HEREDOC.sub("", block))]


def call(arguments, folder, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/python"), "PATH": f"{folder / 'bin'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=folder / "page", env=environment, timeout=110, **options)
    assert done.returncode == 0, f"{arguments[-1]}\nends with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@functools.cache
def options_of(name):
    done = subprocess.run([PROGRAM, name, "--help"], capture_output=True, text=True, timeout=60)
    return set(re.findall(r"--[\w-]+", done.stdout.replace("--[no-]", "--")))


def check_synopsis(command, folder):
    name = command.split()[1]
    unknown = sorted(set(re.findall(r"--[\w-]+", command)) - options_of(name))
    assert not unknown, f"'rechub {name}' has no {', '.join(unknown)}"
    if not re.search(CHOICE, command):
        call(["bash", "-c", re.sub(r"\bNAME\b", "sasrec", re.sub(r"\bN\b", "1", command)) + " --explain"], folder)


def run_page(text, folder):
    """Runs what a page holds; gives how many commands of the program were run, and how many were checked as synopses."""
    (folder / "bin").mkdir()
    (folder / "bin/rechub").symlink_to(pathlib.Path(PROGRAM).resolve())
    (folder / "page").mkdir()
    (folder / "page/configs").symlink_to(ROOT / "configs")
    run = checked = 0
    for block in blocks_of(PYTHON.sub("", text)):
        commands = commands_of(block)
        synopses = [command for command in commands if PLACEHOLDER.search(command)]
        if synopses:
            assert len(synopses) == len(commands), f"commands to run and synopses, which have placeholders, belong into blocks of their own:\n{block}"
            for command in synopses:
                check_synopsis(command, folder)
            checked += len(synopses)
        elif SHELL.search(block):
            call(["bash", "-euo", "pipefail", "-c", block], folder)
            run += len(commands)
        elif block.startswith("import "):
            call([sys.executable, "-c", block], folder)
    if program := "\n".join(PYTHON.findall(text)):
        call([sys.executable, "-W", "error", "-c", program], folder)
    return run, checked


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work(page, tmp_path):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert sum(run_page(text, tmp_path)) == len(COMMAND.findall(re.sub(r"^    ", "", text, flags=re.MULTILINE)))


@pytest.mark.parametrize("page, message", [
    ("Run\n\n    rechub info --modles\n", "ends with 2"),
    ("```\nprintf 'user,item\\n1,2\\n' > log.csv\nrechub prepare --interactions log.csv --out data\n```\n", "--time-col none"),
    ("    rechub train --data DATA --modle NAME --out BUNDLE [--resume]\n", "has no --modle"),
    ("    rechub train --data DATA --model sasrec2 --out sasrec.bundle\n", "did you mean sasrec"),
    ("    rechub info\n    rechub info BUNDLE\n", "blocks of their own"),
    ("```python\nx = 1\n```\nthen\n```python\nassert x == 2, f'x is {x}'\n```\n", "x is 1"),
    ("    rechub info\n\nthen\n\n    import nothing_of_this_name\n", "nothing_of_this_name"),
])
def test_a_command_that_does_not_work_is_found(page, message, tmp_path):
    with pytest.raises(AssertionError, match=message):
        run_page(page, tmp_path)


def test_what_is_run_and_what_is_checked(tmp_path):
    page = "Text `rechub nonsense`\n\n    cat > log.csv <<'EOF'\n    user,item\n\n    EOF\n    rechub info    # all of it\n\n"
    page += "```\nrechub verify BUNDLE\n```\n\n- a list\n    rechub nonsense\n"
    assert run_page(page, tmp_path) == (1, 1)
    assert (tmp_path / "page/log.csv").read_text() == "user,item\n\n"
