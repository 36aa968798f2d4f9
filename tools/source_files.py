"""The files of the repository as the checks see them: tracked or new, never ignored."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def source_files(*patterns):
    """Paths relative to the root that match one of the git patterns ('*.h'), in name order."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(path for path in set(listing.split("\0")) if path and (ROOT / path).is_file())


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def includes(path):
    """(line number, name) of every #include of a file."""
    text = read(path)
    return [(text.count("\n", 0, match.start(2)) + 1, match.group(2)) for match in INCLUDE.finditer(text)]


def is_torch_header(name):
    return name.split("/")[0] in ("ATen", "torch", "c10") or name == "torch.h"


def report(faults):
    """Prints the faults and gives the exit code."""
    for fault in faults:
        print(fault)
    return 1 if faults else 0
