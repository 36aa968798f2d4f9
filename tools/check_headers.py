"""Every header compiles alone. Headers that reach LibTorch take seconds each and are checked with --torch only.

A header that its own .cpp includes first is proven by the build and skipped. What passed is remembered in build/lint by a hash of all that it includes.
"""

import concurrent.futures
import hashlib
import os
import subprocess
import sys

from source_files import ROOT, includes, is_torch_header, read, report, source_files

WHEELS = next(iter(sorted((ROOT / ".venv" / "lib").glob("python3*/site-packages"))), ROOT)
FLAGS = ["-std=c++20", "-fsyntax-only", "-fopenmp", "-DFMT_HEADER_ONLY=1", "-DRECHUB_SIMD_LEVEL=avx2", "-DRECHUB_SIMD_WIDTH=8", "-mavx2", "-mfma", "-I.", "-x", "c++"]
WHEEL_FLAGS = [f"-isystem{WHEELS}/{path}" for path in ("pyarrow/include", "torch/include", "torch/include/torch/csrc/api/include")]
PASSED = ROOT / "build" / "lint"


def closure(path, seen):
    """The headers of ours that `path` reaches, itself included."""
    if path in seen or not (ROOT / path).is_file():
        return seen
    seen.add(path)
    for _, name in includes(path):
        closure(name, seen)
    return seen


def proven_by_source(path):
    source = path[:-2] + ".cpp"
    return (ROOT / source).is_file() and next(iter(includes(source)), (0, ""))[1] == path


def fault_of(path, reached):
    key = hashlib.sha256("\0".join([*FLAGS, *(read(file) for file in sorted(reached))]).encode()).hexdigest()
    stamp = PASSED / key
    if stamp.exists():
        return None
    # An including line instead of the header itself, so that the compiler does not warn of #pragma once in a main file.
    line = f'#include "{path}"\n'
    run = subprocess.run([os.environ.get("CXX", "g++"), *FLAGS, *WHEEL_FLAGS, "-"], input=line, cwd=ROOT, capture_output=True, text=True)
    if run.returncode == 0:
        stamp.touch()
        return None
    return f"{path} does not compile alone:\n" + "\n".join(run.stderr.splitlines()[:6])


def main():
    with_torch = "--torch" in sys.argv[1:]
    PASSED.mkdir(parents=True, exist_ok=True)
    jobs = []
    for path in source_files("rechub/*.h"):
        reached = closure(path, set())
        reaches_torch = any(is_torch_header(name) for file in reached for _, name in includes(file))
        if not proven_by_source(path) and (with_torch or not reaches_torch):
            jobs.append((path, reached))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return report([fault for fault in pool.map(lambda job: fault_of(*job), jobs) if fault])


if __name__ == "__main__":
    sys.exit(main())
