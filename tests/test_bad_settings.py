"""Settings that cannot be meant: refused before anything is read, with exit code 2, naming what is allowed."""

import json
import re
import resource

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
        (["--num-negatives", 0], "num_negatives should be from 1 to 1000000, got 0"),
        (["--num-negatives", 2_000_000_000], "num_negatives should be from 1 to 1000000, got 2000000000"),
        (["--hard-negatives", -2], "hard_negatives should be from 0 to 1000, or -1 (the sampler's own), got -2"),
        (["--set", "model.dim=1000000"], "dim should be from 1 to 16384, got 1000000"),
        (["--set", "model.embedding_dim=8"], 'unknown key "embedding_dim" in [model]; did you mean dim?'),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_read(tmp_path, flags, said):
    (tmp_path / "log.csv").write_text("this is not read")
    failed = run("train", "--data", tmp_path / "log.csv", "--model", "sasrec", "--out", tmp_path / "out", *flags, code=2)
    assert said in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(
    "model, option, said",
    [
        ("dssm", "user_dims=-5", "user_dims should be widths from 1 to 16384, got -5"),
        ("dssm", "user_dims=0", "user_dims should be widths from 1 to 16384, got 0"),
        ("dssm", "item_dims=16,-2", "item_dims should be widths from 1 to 16384, got -2"),
        ("youtube_sbc", "embedding_dim=-1", "embedding_dim should be from 1 to 16384, got -1"),
        ("facebook_dssm", "item_dropout=1", "item_dropout should be -1 (dropout), or from 0 to below 1, got 1"),
        ("mind", "user_dims=-5", "user_dims should be widths from 1 to 16384, got -5"),
        ("mind", "hidden_size=-1", "hidden_size should be from 0 (dim) to 16384, got -1"),
        ("comirec_sa", "hidden_size=-1", "hidden_size should be from 0 (dim) to 16384, got -1"),
        ("comirec_dr", "n_interest=1000000000", "n_interest should be from 1 to 1024, got 1000000000"),
        ("sine", "num_prototypes=1000000000", "num_prototypes should be from 1 to 1000000, got 1000000000"),
        ("sine", "regularisation=-1", "regularisation should be 0 (none) or more, got -1"),
        ("sasrec", "num_layers=-1", "num_layers should be from 0 (no blocks) to 64, got -1"),
        ("sasrec", "hidden_size=-1", "hidden_size should be from 0 (dim) to 16384, got -1"),
        ("youtube_dnn", "user_dims=64,0", "user_dims should be widths from 1 to 16384, got 0"),
        ("youtube_dnn", "item_std=-1", "item_std should be 0 (Xavier's) or more, got -1"),
        ("gru4rec", "num_layers=1000000000", "num_layers should be from 1 to 64, got 1000000000"),
        ("narm", "hidden_dropout=1", "hidden_dropout should be from 0 to below 1, got 1"),
        ("stamp", "hidden_size=0", "hidden_size should be from 1 to 16384, got 0"),
        ("mind", "iterations=0", "iterations should be from 1 to 100, got 0"),
        ("comirec_dr", "iterations=1000000000", "iterations should be from 1 to 100, got 1000000000"),
        ("comirec_sa", "attention_size=1000000000", "attention_size should be from 0 (4 x dim) to 16384, got 1000000000"),
        ("comirec_sa", "positions=left", "positions should be newest, oldest or none, got 'left'"),
        ("facebook_dssm", "pooling=median", "pooling should be mean, sum or max, got 'median'"),
        ("youtube_dnn", "pooling=median", "pooling should be mean, sum or max, got 'median'"),
        ("gru4rec", "cell=lstm", "cell should be reset_after or reset_before, got 'lstm'"),
        ("narm", "cell=lstm", "cell should be reset_after or reset_before, got 'lstm'"),
    ],
)
def test_options_of_models_out_of_range_are_refused_before_anything_is_read(tmp_path, model, option, said):
    (tmp_path / "log.csv").write_text("this is not read")
    failed = run("train", "--data", tmp_path / "log.csv", "--model", model, "--out", tmp_path / "out", "--set", f"model.{option}", code=2)
    assert said in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("command", [["train", "--model"], ["tune", "--model"], ["compare", "--models"]])
def test_models_that_need_no_training_are_said_to_be_judged(tmp_path, command):
    failed = run(command[0], "--data", tmp_path, command[1], "item_knn", "--out", tmp_path / "out", code=2)
    assert "item_knn needs no training: judge it by rechub evaluate BUNDLE --baselines item_knn, or beside models by rechub compare --baselines item_knn" in failed.stderr


def test_compare_refuses_options_of_all_models_before_anything_is_read(tmp_path):
    (tmp_path / "log.csv").write_text("this is not read")
    failed = run("compare", "--data", tmp_path / "log.csv", "--models", "all", "--out", tmp_path / "out", "--set", "model.dim=0", code=2)
    assert "dim should be from 1 to 16384, got 0" in failed.stderr


SINGLE = "user_id,item_id,timestamp\n" + "".join(f"{user},{user % 12},{user}\n" for user in range(60))
ONE_ITEM = "user_id,item_id,timestamp\n" + "".join(f"{user},a,{step}\n" for user in range(20) for step in range(5))


@pytest.mark.parametrize(
    "log, model, flags, said",
    [
        (SINGLE, "sasrec", ["--first-events", "--split", "time:0.8,0.1,0.1"], "sasrec reads histories, and no user has one"),
        (SINGLE, "mind", ["--first-events", "--split", "time:0.8,0.1,0.1"], "Take a model of features (dssm, facebook_dssm, youtube_dnn, youtube_sbc)"),
        (SINGLE, "gru4rec", ["--first-events", "--split", "time:0.8,0.1,0.1"], "gru4rec reads histories, and no user has one"),
        (ONE_ITEM, "sasrec", ["--loss", "hinge", "--sampler", "hard"], "sampler hard has no negative to give: the catalogue is one item"),
        (GOOD, "facebook_dssm", ["--hard-negatives", 0], "sampler hard with hard_negatives 0 has none to choose: give 1 or more, or take sampler uniform"),
        (GOOD, "facebook_dssm", ["--batch-size", 1], "hard_source in_batch takes other users' targets of a batch, and a batch has one user: raise batch_size (now 1)"),
        (GOOD, "gru4rec", ["--batching", "session_parallel", "--batch-size", 1, "--loss", "bpr", "--sampler", "in_batch"],
         "sampler in_batch takes the other targets of a batch, and every batch has a single one: raise batch_size (now 1)"),
        (GOOD, "youtube_dnn", ["--loss", "bpr", "--num-negatives", 1_000_000, "--sampler", "popularity", "--no-shared", "--set", "model.dim=16384"],
         "the negatives of a step and their scores would take"),
    ],
    ids=["single sasrec", "single mind", "single gru4rec", "one item", "no hard ones", "one user a batch", "one target a batch", "too many negatives"],
)
def test_what_cannot_work_on_the_data_is_refused_before_training(tmp_path, log, model, flags, said):
    (tmp_path / "log.csv").write_text(log)
    failed = run("train", "--data", tmp_path / "log.csv", "--model", model, "--out", tmp_path / "out", "--epochs", 1, *flags, code=2)
    assert said in failed.stderr
    assert "epoch 1" not in failed.stderr and not (tmp_path / "out").exists()


def test_towers_of_features_train_without_histories(tmp_path):
    (tmp_path / "log.csv").write_text(SINGLE)
    run("train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", "--first-events", "--split", "time:0.8,0.1,0.1", *tiny("--set", "model.user_id=true"))


def test_a_model_beyond_the_memory_ends_without_a_trace(prepared, tmp_path):  # noqa: F811
    allow = lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # noqa: E731
    wide = ["--model", "comirec_dr", "--set", "model.dim=4096", "--set", "model.n_interest=40"]  # votes of 5 GB in double
    failed = run("train", "--data", prepared, "--out", tmp_path / "out", *wide, code=70, preexec_fn=allow)
    assert "out of memory: use a smaller batch or model" in failed.stderr and "frame #" not in failed.stderr


@pytest.mark.parametrize(
    "many, least",
    [(["popularity", "--num-negatives", 1_000_000], 300), (["queue", "--queue-size", 1_000_000], 300), (["uniform", "--num-negatives", 1, "--hard-negatives", 1000], 4)],
)
def test_the_memory_plan_counts_negatives(prepared, tmp_path, many, least):  # noqa: F811
    failed = run("train", "--data", prepared, "--out", tmp_path / "out", *tiny("--max-ram", "50M", "--loss", "bpr", "--sampler", *many), code=3)
    assert "--max-ram 50M is too little to train in" in failed.stderr
    size, unit = re.search(r"([\d.]+)([MG]) negatives and their scores", failed.stderr).groups()
    assert float(size) * {"M": 1, "G": 1024}[unit] >= least, failed.stderr


def test_flags_that_nothing_reads_are_named_and_a_config_files_are_not(prepared, tmp_path):  # noqa: F811
    given = ["--margin", 0.3, "--num-negatives", 64, "--mine-from", 3, "--reduction", "label_attention"]
    warned = run("train", "--data", prepared, "--out", tmp_path / "flags", *tiny(*given)).stderr
    assert "loss.margin changes nothing here: it is of loss hinge, and the loss is softmax" in warned
    assert "sampler.num_negatives changes nothing here: it is of the samplers uniform, popularity, mixed and hard, and the sampler is none" in warned
    assert "sampler.mine_from changes nothing here: it is of hard_source mined, and there are no hard negatives" in warned
    assert "training.reduction changes nothing here: it is of models with several vectors a user, and this model has one" in warned
    (tmp_path / "other.toml").write_text("[loss]\nmargin = 0.3\n[sampler]\nnum_negatives = 64\n")
    assert "changes nothing" not in run("train", "--data", prepared, "--out", tmp_path / "file", *tiny("--config", tmp_path / "other.toml")).stderr
    read = ["--loss", "hinge", "--sampler", "hard", "--margin", 0.3, "--num-negatives", 8]
    assert "changes nothing" not in run("train", "--data", prepared, "--out", tmp_path / "read", *tiny(*read)).stderr


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
