"""Asks tests/probes/model_probe for a small model with random weights: its vectors, weights and gradients in double precision."""

import json
import os
import pathlib
import subprocess
import types

from safetensors.numpy import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "tests/probes/model_probe"

# No longer than the probe's max_length of 8; an empty one, one with a repeated item, one of the full length.
HISTORIES = [[3, 4, 5], [2], [], [7, 8, 9, 10, 11, 3], [4, 4], [13, 1, 12, 2, 6, 6, 5, 9]]


def model_names():
    return subprocess.run([PROGRAM, "--list"], capture_output=True, text=True, check=True).stdout.split()


def ask(directory, model, options, histories=HISTORIES, weights=None):
    """options (merged), weights (random unless given), gradients, users [R, Q, D], items [N, D], loss."""
    request, out = {"model": model, "options": options, "histories": histories}, directory / "out.safetensors"
    if weights:
        request["weights"] = str(directory / "weights.safetensors")
        save_file(weights, request["weights"])
    (directory / "request.json").write_text(json.dumps(request))
    done = subprocess.run([PROGRAM, directory / "request.json", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tensors = load_file(out)
    answer = types.SimpleNamespace(options=json.loads(done.stdout), users=tensors["users"], items=tensors["items"], loss=tensors["loss"])
    for kind in ("weight", "gradient"):
        setattr(answer, kind + "s", {name.removeprefix(kind + "/"): value for name, value in tensors.items() if name.startswith(kind + "/")})
    return answer
