"""Each LibTorch operator that has an ONNX form, in ONNX Runtime, against LibTorch, at a size that it was not traced with."""

import os
import pathlib
import re
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "tests/probes/onnx_probe"
CASES = re.findall(r'^      \{"(\w+)",', (ROOT / "tests/probes/onnx_probe.cpp").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("onnx")
    done = subprocess.run([PROBE, root], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(CASES)} cases\n"
    return root


@pytest.mark.parametrize("name", CASES)
def test_onnx_runtime_computes_what_libtorch_does(folder, name):
    path = folder / f"{name}.onnx"
    onnx.checker.check_model(path, full_check=True)
    tensors = load_file(folder / f"{name}.safetensors")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {entry.name: tensors[entry.name] for entry in session.get_inputs()})
    assert result.dtype == tensors["expected"].dtype
    np.testing.assert_allclose(result, tensors["expected"], rtol=1e-5, atol=1e-5)


def test_every_emitter_has_a_case(folder):
    emitters = {op for path in (ROOT / "rechub/export").glob("emitters_*.cpp") for op in re.findall(r'\{"(?:aten|rechub)::(\w+)",', path.read_text())}
    probed = (ROOT / "tests/probes/onnx_probe.cpp").read_text() + "".join(path.read_text() for path in (ROOT / "rechub/ops").glob("*.cpp"))
    # Other names of an operator that has a case, and what the tracer writes by itself.
    others = {"true_divide", "concat", "broadcast_to", "reshape_as", "linalg_norm", "bitwise_and", "bitwise_or", "bitwise_not", "__and__", "__or__", "contiguous", "clone",
              "detach", "alias", "dropout", "baddbmm"}
    missing = sorted(op for op in emitters - others if not re.search(rf"\b{op}\b", probed))
    assert not missing
