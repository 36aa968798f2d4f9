"""train --init-from: a bundle gone on with, on new data."""

import json

import pytest
from safetensors.numpy import load_file
from test_commands import bundle, data, run  # noqa: F401


def test_a_bundle_is_gone_on_with_on_new_data(bundle, data, tmp_path):
    """The same walks with sixty users more, an item that has another number and rows in another order: what was learnt is there before the first epoch."""
    lines = data.read_text().splitlines()
    fresh = tmp_path / "fresh.txt"
    fresh.write_text("\n".join([f"v{i} " + " ".join(["7777" if item == "1003" else item for item in line.split()[1:]]) for i, line in enumerate(lines[:60])] + lines[::-1]) + "\n")
    options = ["--data", fresh, "--format", "sequences", "--init-from", bundle, "--out"]
    done = run("train", *options, tmp_path / "on", "--epochs", 1, "--learning-rate", 1e-9)
    assert "60 of 61 rows are known; of the others, 1 begin as the mean of the known items next to them" in done.stdout + done.stderr
    first = json.loads((tmp_path / "on" / "metrics.jsonl").read_text().splitlines()[0])
    trained = json.loads((bundle.parent / "metrics.json").read_text())
    assert first["NDCG@10"] == pytest.approx(trained["valid"]["metrics"]["NDCG@10"], abs=0.05)
    config = json.loads((tmp_path / "on" / "config.json").read_text())
    assert config["model"] == "sasrec" and config["model_options"]["dim"] == 16 and config["run"]["optimizer"]["learning_rate"] == 1e-9
    assert config["run"]["training"]["batch_size"] == 32  # the bundle's, which was not given again
    # The old catalogue's vectors stay where item.* is frozen.
    run("train", *options, tmp_path / "frozen", "--epochs", 2, "--freeze", "item.*")
    run("train", *options, tmp_path / "free", "--epochs", 2)
    vectors = [load_file(tmp_path / name / "item_vectors.safetensors")["item_vectors"][2:] for name in ("on", "frozen", "free")]
    assert abs(vectors[1] - vectors[0]).max() < 1e-5 < abs(vectors[2] - vectors[0]).max()


def test_going_on_from_a_bundle_says_what_does_not_fit(bundle, data, tmp_path):
    options = ["--data", data, "--format", "sequences", "--init-from", bundle, "--out", tmp_path / "out"]
    assert "no parameter is named tower.*; there are " in run("train", *options, "--freeze", "tower.*", code=2).stderr
    assert "leaves nothing to train" in run("train", *options, "--freeze", "*", code=2).stderr
    assert "nothing of the trained model fits" in run("train", *options, "--set", "model.dim=12", "--set", "model.max_length=7", code=2).stderr
    missing = ["train", "--data", data, "--format", "sequences", "--init-from", tmp_path / "nowhere", "--out", tmp_path / "out"]
    assert "nowhere" in run(*missing, code=4).stderr
    assert "--model is missing" in run("train", "--data", data, "--out", tmp_path / "out", code=2).stderr
    assert not (tmp_path / "out").exists()
