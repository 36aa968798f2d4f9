"""Where a measured figure comes from: commit, machine, hashes of settings and data."""

import hashlib
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]


def data_directory() -> pathlib.Path:
    return pathlib.Path(os.environ.get("RECHUB_DATA", ROOT.parent / "shared/data"))


def commit() -> str:
    """The commit of the work tree; `+` marks sources that differ from it."""
    git = lambda *arguments: subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()  # noqa: E731
    changed = git("status", "--porcelain", "--", "rechub", "CMakeLists.txt", "cmake")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def machine() -> dict:
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    flags = next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), [])
    isa = "avx512" if "avx512f" in flags else "avx2" if "avx2" in flags else "baseline"
    return {"cpu": model, "cores": os.cpu_count(), "isa": isa}
