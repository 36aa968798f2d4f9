"""What no file may hold: paths of one machine, host names of package registries, unfinished places, lines over 180 columns."""

import re
import sys

from source_files import read, report, source_files

MOST_COLUMNS = 180
# Written in pieces, so that this file passes its own check.
FORBIDDEN = [
    (re.compile(r"(?<![\w.])/(work|root|home)/[\w.]"), "a path of one machine; make it relative, an option or a variable"),
    (re.compile(r"\b(py" r"pi\.org|python" r"hosted\.org|py" r"torch\.org|de" r"bian\.org|npm" r"js\.org)\b"),
     "a registry's host name; say in words which index is meant"),
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|not imple" r"mented)\b"), "an unfinished place; finish it, or write an issue"),
]
NOT_OURS = {"LICENSE", "CODE_OF_CONDUCT.md"}
WIDE = (".md", ".json", ".csv", ".jsonl", ".inter", ".txt", ".patch")


def faults_of(path):
    try:
        text = read(path)
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, reason in FORBIDDEN:
            found = pattern.search(line)
            if found:
                yield f"{path}:{number}: '{found.group(0)}' is {reason}"
        if len(line) > MOST_COLUMNS and not path.endswith(WIDE):
            yield f"{path}:{number}: {len(line)} columns, at most {MOST_COLUMNS}"


def main():
    return report([fault for path in source_files() if path not in NOT_OURS for fault in faults_of(path)])


if __name__ == "__main__":
    sys.exit(main())
