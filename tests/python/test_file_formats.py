"""Files we write are read by the libraries that define their formats, and files those write are read by us."""

import os
import pathlib
import subprocess

import numpy as np
import pytest
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "tests/probes/format_probe"


def probe(*arguments):
    return subprocess.run([PROBE, *arguments], capture_output=True, text=True)


def sample_tensors():
    random = np.random.default_rng(1)
    types = [np.bool_, np.uint8, np.int8, np.uint16, np.int16, np.float16, np.uint32, np.int32, np.float32, np.uint64, np.int64, np.float64]
    tensors = {f"of {np.dtype(t).name}": random.integers(0, 2, size=(3, 5)).astype(t) for t in types}
    tensors |= {"scalar": np.array(2.5, np.float32), "empty": np.zeros((0, 4), np.int64), "näme": random.normal(size=7), "odd bytes": np.arange(5, dtype=np.uint8)}
    return tensors


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].dtype == values.dtype and found[name].shape == values.shape
        np.testing.assert_array_equal(found[name], values)


def test_safetensors_through_our_reader_and_writer(tmp_path):
    theirs, ours, again = tmp_path / "theirs", tmp_path / "ours", tmp_path / "again"
    save_file(sample_tensors(), theirs, metadata={"made by": "tést"})
    done = probe("copy-safetensors", theirs, ours)
    assert done.returncode == 0, done.stderr
    assert_same(load_file(ours), sample_tensors())
    with safe_open(ours, "numpy") as file:
        assert file.metadata() == {"made by": "tést"}
    assert probe("copy-safetensors", ours, again).returncode == 0
    assert again.read_bytes() == ours.read_bytes()


@pytest.mark.parametrize("damage", ["cut", "longer", "header length", "offset", "type"])
def test_damaged_safetensors_are_refused_by_both(tmp_path, damage):
    path = tmp_path / "damaged"
    save_file({"a": np.arange(4, dtype=np.float32), "b": np.arange(4, dtype=np.int32)}, path)
    whole = path.read_bytes()
    damaged = {
        "cut": whole[:-1],
        "longer": whole + b"x",
        "header length": b"\xff" + whole[1:],
        "offset": whole.replace(b"[16,32]", b"[15,31]"),
        "type": whole.replace(b"F32", b"F33"),
    }[damage]
    assert damaged != whole
    path.write_bytes(damaged)
    with pytest.raises(SafetensorError):
        load_file(path)
    done = probe("copy-safetensors", path, tmp_path / "copy")
    assert done.returncode == 3 and str(path) in done.stderr
    assert not (tmp_path / "copy").exists()


def test_tensorboard_reads_our_event_files(tmp_path):
    for _ in range(2):  # a run and its continuation
        assert probe("write-tensorboard", tmp_path).returncode == 0
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2 and all(file.name.startswith("events.out.tfevents.") for file in files)
    events = EventAccumulator(str(files[0]), size_guidance={"scalars": 0})
    events.Reload()
    assert events.Tags()["scalars"] == ["train/loss", "valid/NDCG@10", "größe"]
    losses = events.Scalars("train/loss")
    assert [event.step for event in losses] == list(range(200))
    np.testing.assert_array_equal([event.value for event in losses], (1 / np.arange(1, 201)).astype(np.float32))
    assert all(later.wall_time >= earlier.wall_time > 1.6e9 for earlier, later in zip(losses, losses[1:]))
    (metric,) = events.Scalars("valid/NDCG@10")
    assert (metric.step, metric.value) == (2**40, 0.0625)
    assert events.Scalars("größe")[0].value == np.float32(-3e30)
