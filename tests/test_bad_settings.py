"""Settings that cannot be meant: refused before anything is read, with exit code 2, naming what is allowed."""

import json

import pytest

from test_bad_input import GOOD, prepared, run, tiny  # noqa: F401  (prepared is a fixture)


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--evaluate-every", 0], "evaluate_every should be 1 or more, got 0"),
        (["--num-workers", -1], "num_workers should be from 0 to 256, got -1"),
        (["--epochs", 0], "epochs should be 1 or more, got 0"),
        (["--batch-size", 0], "batch_size should be 1 or more, got 0"),
        (["--patience", -1], "patience should be 0 or more, got -1"),
        (["--learning-rate", -1], "learning_rate should be a number of 0 or more, got -1"),
        (["--beta1", 2], "beta1 should be from 0 to below 1, got 2"),
        (["--epsilon", -1], "epsilon should be above 0, got -1"),
        (["--weight-decay", -1], "weight_decay should be a number of 0 or more, got -1"),
        (["--clip-norm", -1], "clip_norm should be a number of 0 or more, got -1"),
        (["--warmup-steps", -1], "warmup_steps should be 0 or more, got -1"),
        (["--checkpoint-minutes", -1], "checkpoint_minutes should be 0 (none by time) or more, got -1"),
        (["--unknown-user-share", 2], "unknown_user_share should be from 0 to 1, got 2"),
        (["--bootstrap", -1], "expected bootstrap to be 0 (no intervals) or more, got -1"),
        (["--schedule", "cosin"], "unknown schedule 'cosin'"),
        (["--metric", "NDCF@10"], "unknown metric 'NDCF' (did you mean NDCG?)"),
        (["--metric", "Coverage@10"], "unknown metric 'Coverage'"),
        (["--num-negatives", 0], "num_negatives should be 1 or more, got 0"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_read(tmp_path, flags, said):
    (tmp_path / "log.csv").write_text("this is not read")
    failed = run("train", "--data", tmp_path / "log.csv", "--model", "sasrec", "--out", tmp_path / "out", *flags, code=2)
    assert said in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_how_to_prepare_is_refused_for_data_that_is_prepared(prepared, tmp_path):  # noqa: F811
    failed = run("train", "--data", prepared, "--model", "sasrec", "--out", tmp_path / "out", "--min-user-events", 12, code=2)
    assert "is prepared already, so prepare.min_user_events changes nothing" in failed.stderr


@pytest.fixture(scope="module")
def bundle(prepared, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("bundle") / "bundle"
    run("train", "--data", prepared, "--out", out, *tiny())
    return out


def test_judging_by_another_split_says_how_much_of_it_was_trained_on(bundle):
    assert "too good" not in run("evaluate", bundle, "--bootstrap", 0).stderr
    warned = run("evaluate", bundle, "--bootstrap", 0, "--split-protocol", "time:0.4,0.2,0.4").stderr
    # Of five events a user at times 0, 10, 20, 30 and 40, leave-one-out trains the first three.
    assert "20 of the 60 targets of time:0.4,0.2,0.4 were trained on (the training's split was leave-one-out)" in warned


@pytest.mark.parametrize(
    "text, said",
    [
        ('{"user": "1"}\n{"user": "1", "histroy": [1]}\n', "requests.jsonl, line 2: unknown key 'histroy' (did you mean history?)"),
        ("", "requests.jsonl: the file is empty"),
    ],
)
def test_mistakes_in_requests(bundle, tmp_path, text, said):
    (tmp_path / "requests.jsonl").write_text(text)
    assert said in run("recommend", bundle, "--users", tmp_path / "requests.jsonl", code=3).stderr


def test_export_as_json_and_what_it_refuses(bundle, tmp_path):
    run("export", bundle, "--to", "embeddings", "--out", tmp_path / "vectors", "--json", tmp_path / "export.json")
    told = json.loads((tmp_path / "export.json").read_text())
    assert told["to"] == "embeddings" and told["model"] == "youtube_dnn"
    assert set(told["files"]) == {path.name for path in (tmp_path / "vectors").iterdir()} - {"manifest.json"}
    assert "--users does not go with --to onnx" in run("export", bundle, "--to", "onnx", "--users", "all", "--out", tmp_path / "graphs", code=2).stderr


def test_the_options_of_models_are_listed():
    text = run("info", "--models").stdout
    options = text.split("[model] of sasrec", 1)[1].split("[model] of", 1)[0]
    assert "num_heads INT" in options and "[0.5]" in options
