"""How long a newcomer waits: clone, ./run setup and ./run build without a compiler cache; and how long a change to one model takes until its tests have run.

    ./run bench build

Prints JSON with seconds. Debian packages that are installed already stay so; wheels are installed anew.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import provenance

MODEL = "rechub/models/sasrec.cpp"


def seconds_of(command: list[str], directory: pathlib.Path, **variables: str) -> float:
    start = time.monotonic()
    subprocess.run(command, cwd=directory, env={**os.environ, **variables}, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rechub-build-") as folder:
        clone = pathlib.Path(folder) / "rechub"
        subprocess.run(["git", "clone", "--quiet", provenance.ROOT, clone], check=True)
        uncached = {"CCACHE_DISABLE": "1"}
        result = {"setup": seconds_of(["./run", "setup"], clone), "build": seconds_of(["./run", "build"], clone, **uncached)}
        model = clone / MODEL
        model.write_text(model.read_text() + "\n")
        result["changed_model_until_tested"] = seconds_of(["./run", "test", "models"], clone, **uncached)
    result["setup_and_build"] = result["setup"] + result["build"]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
