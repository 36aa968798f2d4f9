"""Sizes and names: at most 400 lines a file (most under 250), names that say what a file holds, and every .cpp built by some CMakeLists.txt."""

import pathlib
import re
import sys

from source_files import ROOT, read, report, source_files

MOST_LINES = 400
USUAL_LINES = 250
EMPTY_NAMES = ("util", "helper", "common", "misc")


def build_files(path):
    """The CMakeLists.txt of a file's folder and of the folders above it."""
    for folder in pathlib.PurePosixPath(path).parents:
        candidate = ROOT / folder / "CMakeLists.txt"
        if candidate.is_file():
            yield candidate


def is_built(path):
    """Whether a build file names the source, or names its target by a function that adds the ending (rechub_bench(flat_bench))."""
    file = pathlib.PurePosixPath(path)
    name = re.compile(rf"(?<![\w.]){re.escape(file.name)}(?![\w.])|rechub_\w+\({re.escape(file.stem)}(?![\w.])")
    return any(name.search(build_file.read_text(encoding="utf-8")) for build_file in build_files(path)) or any(path in read(file) for file in source_files("*CMakeLists.txt"))


def main():
    faults, long_files = [], []
    for path in source_files("*.h", "*.cpp", "*.py", "*.sh", "*.cmake", "*CMakeLists.txt", "run", ".ci/run"):
        lines = read(path).count("\n")
        if lines > MOST_LINES:
            faults.append(f"{path}: {lines} lines, {MOST_LINES} is where a file is split by concept")
        elif lines > USUAL_LINES:
            long_files.append(f"{path} {lines}")
        bad = [word for word in EMPTY_NAMES if word in pathlib.PurePosixPath(path).name.lower()]
        if bad:
            faults.append(f"{path}: '{bad[0]}' says nothing; name what its functions share")
        if path.endswith(".cpp") and not is_built(path):
            faults.append(f"{path}: no CMakeLists.txt builds it; add it to the one in its folder")
    if long_files:
        print(f"over {USUAL_LINES} lines: " + ", ".join(long_files))
    return report(faults)


if __name__ == "__main__":
    sys.exit(main())
