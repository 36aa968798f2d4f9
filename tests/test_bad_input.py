"""What the program says to bad input: a clear message, the exit code of docs, and nothing half-written. One row a kind of mistake."""

import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "rechub"
GOOD = "user_id,item_id,timestamp\n" + "".join(f"{user},{(user + step) % 12},{10 * step}\n" for user in range(20) for step in range(5))


def run(*arguments, code=0, **options):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def tiny(*more):
    return ["--model", "youtube_dnn", "--epochs", 1, "--set", "model.dim=8", "--threads", 1, *more]


# what is wrong, the files, the flags behind `prepare --interactions log.csv`, exit code, parts of the message
MISTAKES = [
    ("misnamed column", {"log.csv": GOOD}, ["--item-col", "itemid"], 3, ["itemid", "did you mean 'item_id'?"]),
    ("missing column", {"log.csv": "user_id,timestamp\n1,2\n"}, [], 3, ["no column looks like the item", "--item-col", "user_id, timestamp"]),
    ("missing time", {"log.csv": "user_id,item_id\n1,2\n"}, [], 3, ["--time-col none"]),
    ("misnamed weight", {"log.csv": GOOD}, ["--weight-col", "timestmp"], 3, ["timestmp", "timestamp"]),
    ("bad row", {"log.csv": GOOD + "1,2\n"}, [], 3, ["log.csv, row 101", "3 fields"]),
    ("bad time", {"log.csv": GOOD + "1,2,noon\n"}, [], 3, ["log.csv, row 101", "'timestamp'", "noon"]),
    ("too many bad rows", {"log.csv": GOOD + "1,2\n1,2,noon\n"}, ["--max-bad-rows", 1], 3, ["row 102", "noon"]),
    ("empty file", {"log.csv": ""}, [], 3, ["log.csv", "empty"]),
    ("header alone", {"log.csv": "user_id,item_id,timestamp\n"}, [], 3, ["log.csv"]),
    ("no file", {"lug.csv": GOOD}, [], 4, ["log.csv: no such file", "did you mean", "lug.csv"]),
    ("not UTF-8", {"log.csv": GOOD.encode() + b"1,\xff\xfe,7\n"}, [], 3, ["row 101", "'item_id'", "UTF-8"]),
    ("empty id", {"log.csv": GOOD + "1,,7\n"}, [], 3, ["row 101", "'item_id'", "empty"]),
    ("NaN feature", {"log.csv": GOOD, "items.csv": "item_id,price\n1,2.5\n2,nan\n"}, ["--item-features", "items.csv"], 3, ["items.csv, row 2", "'price'", "--missing mean"]),
    ("infinite feature", {"log.csv": GOOD, "items.csv": "item_id,price\n1,2.5\n2,inf\n"}, ["--item-features", "items.csv", "--missing", "mean"], 3,
     ["items.csv, row 2", "'price'", "inf"]),
    ("text for a number", {"log.csv": GOOD, "items.csv": "item_id,price\n1,2.5\n2,cheap\n", "f.toml": '[features.price]\nkind = "dense"\n'},
     ["--item-features", "items.csv", "--features", "f.toml"], 3, ["items.csv, row 2", "'price'", "cheap"]),
    ("unknown feature in TOML", {"log.csv": GOOD, "items.csv": "item_id,price\n1,2.5\n", "f.toml": '[features.prise]\nkind = "dense"\n'},
     ["--item-features", "items.csv", "--features", "f.toml"], 2, ["f.toml", "prise", "did you mean price?"]),
    ("two rows of one id", {"log.csv": GOOD, "items.csv": "item_id,price\n1,2.5\n1,3\n"}, ["--item-features", "items.csv"], 3, ["items.csv, row 2", "'1'"]),
    ("ids of another spelling", {"log.csv": GOOD, "items.csv": "item_id,price\nx1,2.5\n"}, ["--item-features", "items.csv"], 3, ["none of its", "spelled in the same way"]),
    ("all filtered away", {"log.csv": GOOD}, ["--min-user-events", 99], 3, ["all 100 events are filtered away", "min_user_events"]),
    ("unknown config key", {"log.csv": GOOD, "c.toml": "[data]\nuser_cal = \"user_id\"\n"}, ["--config", "c.toml"], 2, ["c.toml", "user_cal", "user_col"]),
    ("config of a wrong type", {"log.csv": GOOD, "c.toml": "[data]\nmin_user_events = \"two\"\n"}, ["--config", "c.toml"], 2, ["min_user_events", "whole number"]),
    ("config that is no TOML", {"log.csv": GOOD, "c.toml": "[data\n"}, ["--config", "c.toml"], 2, ["c.toml"]),
    ("unknown flag", {"log.csv": GOOD}, ["--user-cool", "x"], 2, ["--user-cool", "--user-col"]),
    ("too little memory", {"log.csv": GOOD}, ["--max-ram", "1M"], 3,
     ["memory plan for 1.0M", "--max-ram 1.0M is too little", "the program and its reader hold", "32 ids so far take"]),
    ("memory that is no size", {"log.csv": GOOD}, ["--max-ram", "much"], 2, ["max_ram", "4G or 512M"]),
    ("time gaps below none", {"log.csv": GOOD}, ["--time-gap-buckets", -3], 2, ["time_gap_buckets must be 0 (none) to 64, got -3"]),
    ("time gaps beyond 64 bits", {"log.csv": GOOD}, ["--time-gap-buckets", 65], 2, ["time_gap_buckets must be 0 (none) to 64, got 65"]),
    ("no text buckets", {"log.csv": GOOD}, ["--text-buckets", 0], 2, ["text_buckets must be 1 to 2147483645, got 0"]),
    ("text buckets below none", {"log.csv": GOOD}, ["--text-buckets", -5], 2, ["text_buckets must be 1 to", "got -5"]),
    ("one column named twice", {"log.csv": GOOD}, ["--user-col", "item_id", "--item-col", "item_id"], 2,
     ["'item_id'", "both the user and the item", "user_id, item_id, timestamp"]),
    ("the user's column named for items", {"log.csv": GOOD}, ["--item-col", "user_id"], 2, ["'user_id'", "both the user and the item"]),
    ("an id named as time", {"log.csv": GOOD}, ["--time-col", "item_id"], 2, ["'item_id'", "both the time and an id"]),
    ("filters below one", {"log.csv": GOOD}, ["--min-item-events", -1], 2, ["min_user_events and min_item_events must be 1 or more, got 1 and -1"]),
    ("bad rows below none", {"log.csv": GOOD}, ["--max-bad-rows", -1], 2, ["max_bad_rows must be 0 or more, got -1"]),
    ("numbers and dates", {"log.csv": "user_id,item_id,timestamp\n1,2,3.5\n1,3,2020-01-01\n"}, [], 3,
     ["log.csv, row 2", "'timestamp'", "a date, where the rows before hold numbers"]),
    ("dates and numbers", {"log.csv": "user_id,item_id,timestamp\n1,2,2020-01-01 10:00\n1,3,7\n"}, [], 3, ["log.csv, row 2", "a number, where the rows before hold dates"]),
    ("misnamed column's flag", {"log.csv": GOOD}, ["--item-col", "itm"], 3, ["log.csv: there is no column 'itm', which --item-col names"]),
    ("commas for sessions", {"log.csv": GOOD}, ["--format", "sessions"], 2, ["log.csv: sequences and sessions are ids with blanks", "--format csv"]),
    ("crosses of nothing", {"log.csv": GOOD}, ["--crosses", "a*b"], 2, ["there are no features: give user_features"]),
    ("two arrays of vectors", {"log.csv": GOOD}, ["--item-vectors", "a.npy", "b.npy"], 2, ["a .npy file stands alone, and there are 2 files", "numpy.hstack", "Parquet"]),
    ("an array beside Parquet", {"log.csv": GOOD}, ["--item-vectors", "a.parquet", "b.npy"], 2, ["a .npy file stands alone"]),
    ("an array without items", {"log.csv": GOOD}, ["--item-vectors", "a.npy"], 2, ["name it with item_features"]),
    ("truncated gzip", {"log.csv": __import__("gzip").compress(GOOD.encode())[:-20]}, [], 3, ["log.csv"]),
    ("truncated Parquet", {"log.parquet": b"PAR1" + b"x" * 50}, ["--interactions", "log.parquet"], 3, ["log.parquet"]),
]


@pytest.mark.parametrize("files, flags, code, parts", [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
@pytest.mark.parametrize("command", ["prepare", "train"])
def test_mistakes_in_files_and_flags(tmp_path, command, files, flags, code, parts):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    log = "log.parquet" if "log.parquet" in files else "log.csv"
    flags = [flag for flag in flags if flag not in ("--interactions", "log.parquet")]
    if command == "train" and "c.toml" in files:
        (tmp_path / "c.toml").write_text((tmp_path / "c.toml").read_text().replace("[data", "[prepare"))
    start = ["prepare", "--interactions", log, "--out", "out"] if command == "prepare" else ["train", "--data", log, "--out", "out", *tiny()]
    failed = run(*start, *flags, code=code, cwd=tmp_path)
    for part in parts:
        assert part in failed.stderr
    assert "internal error" not in failed.stderr
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files), "nothing may be left behind"


def test_so_many_bad_rows_are_left_out_and_counted(tmp_path):
    (tmp_path / "log.csv").write_text(GOOD + "1,2\n1,2,noon\n")
    printed = run("prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out", "--max-bad-rows", 2)
    assert "unreadable rows: 2 left out" in printed.stdout and "100 events of 20 users" in printed.stdout
    assert "2 unreadable rows of 102 were left out" in printed.stderr
    assert json.loads((tmp_path / "out/manifest.json").read_text())["rows"]["read"] == 100


def test_the_memory_plan_and_the_refusal_agree_with_what_is_taken(tmp_path):
    draw = random.Random(1)
    rows = "".join(f"u{draw.randrange(60_000)},i{draw.randrange(20_000)},{step}\n" for step in range(800_000))
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\n" + rows)
    command = ["prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out", "--max-ram"]
    refused = run(*command, "100M", code=3).stderr
    planned, needed = (int(re.search(part, refused).group(1)) for part in (r"(\d+)M and the ids are what files of this kind may need", r"(\d+)M would do so far"))
    assert abs(planned - needed) < 60, "the plan is of a full queue of blocks, the refusal of what was read"
    limit = max(planned, needed) + 10   # 80,000 ids of 80 bytes
    taken = run(*command, f"{limit}M", "--json", tmp_path / "result.json").stderr
    assert f"memory plan for {limit}M" in taken and "may need" not in taken
    assert json.loads((tmp_path / "result.json").read_text())["peak_rss_bytes"] <= limit << 20


def test_a_recbole_folder_and_its_types(tmp_path):
    folder = tmp_path / "ml"
    folder.mkdir()
    (folder / "ml.inter").write_text("user_id:token\titem_id:token\ttimestamp:float\n1\t2\t3\n")
    (folder / "ml.item").write_text("item_id:token\tyear:float\n2\t1999\n")
    failed = run("prepare", "--interactions", folder, "--out", tmp_path / "out", code=2)
    assert "ml.item: these are features" in failed.stderr and "the interactions are" in failed.stderr and "ml.inter" in failed.stderr and "--item-features" in failed.stderr
    run("prepare", "--interactions", folder / "ml.inter", "--item-features", folder / "ml.item", "--out", tmp_path / "out")
    (folder / "ml.inter").write_text("user_id:tok\titem_id:token\ttimestamp:float\n1\t2\t3\n")
    failed = run("prepare", "--interactions", folder / "ml.inter", "--out", tmp_path / "out2", code=3)
    assert "the type of the column 'user_id:tok' is not known; RecBole's types are token, float, token_seq, float_seq" in failed.stderr


def test_a_stray_quote_costs_its_row_alone(tmp_path):
    rows = [f"{row % 500},i{row % 70},{1_600_000_000 + row}" for row in range(10_000)]
    rows[100] = '3,"abc,1600000000'
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows) + "\n")
    refused = run("prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out", code=3)
    assert 'log.csv, row 101: a quote (") is not closed' in refused.stderr and '3,"abc,1600000000' in refused.stderr
    printed = run("prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out", "--max-bad-rows", 5)
    assert "9999 events of 500 users" in printed.stdout and "unreadable rows: 1 left out" in printed.stdout


def test_a_user_with_one_event_trains_nothing_and_is_counted(tmp_path):
    (tmp_path / "log.csv").write_text(GOOD + "99,3,5\n")
    printed = run("train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", *tiny())
    assert "sequences with fewer than two training events: 1 of 21" in printed.stderr + printed.stdout
    run("recommend", tmp_path / "out", "--user", 99, "--k", 3)


def test_users_of_one_event_alone_are_refused(tmp_path):
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\n" + "".join(f"{user},1,1\n" for user in range(9)))
    failed = run("train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", *tiny(), code=3)
    assert "leaves nothing to judge" in failed.stderr and "leave-one-out needs 3" in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_text_among_whole_numbers_keeps_every_spelling(tmp_path):
    (tmp_path / "log.csv").write_text("user,item,time\n1,9007199254740993,1\n1,9007199254740992,2\n1,x7,3\n1,7,4\n2,007,1\n2,7,2\n2,x7,3\n2,x8,4\n")
    run("train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", *tiny())
    assert "7" in run("recommend", tmp_path / "out", "--history", "007,9007199254740992", "--k", 5).stdout.split()
    for item in ("007", "9007199254740993"):
        run("recommend", tmp_path / "out", "--item", item, "--k", 2)
    assert "there is no item '9007199254740994'" in run("recommend", tmp_path / "out", "--item", "9007199254740994", code=4).stderr


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("value", ["N/A", "1.5", "9223372036854775808", "007"])
@pytest.mark.parametrize("column", ["user_id", "item_id"])
def test_one_id_that_makes_text_of_whole_numbers_is_told(tmp_path, column, value, place):
    bad = f"{value},3,7\n" if column == "user_id" else f"3,{value},7\n"
    header, *rows = GOOD.splitlines(keepends=True)
    (tmp_path / "log.csv").write_text(header + (bad if place == "first" else "") + "".join(rows) + (bad if place == "last" else ""))
    printed = run("prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out").stderr
    row, ids = (1 if place == "first" else 101), (20 if column == "user_id" else 12)
    warning = f"log.csv, row {row}, column '{column}': the id '{value}' is not a plain whole number of 64 bits, as {ids} of the {ids + 1} ids"
    assert [line for line in printed.splitlines() if line.startswith("warning:")] and warning in printed


def test_ids_of_text_are_no_news(tmp_path):
    (tmp_path / "log.csv").write_text("user_id,item_id,timestamp\n" + "".join(f"{user},{code},{user}\n" for user in range(9) for code in ("17", "1e", "f0", "x7")))
    assert "warning" not in run("prepare", "--interactions", tmp_path / "log.csv", "--out", tmp_path / "out").stderr


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "log.csv").write_text(GOOD)
    run("prepare", "--interactions", folder / "log.csv", "--out", folder / "data")
    return folder / "data"


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_data_set_trains_nothing(prepared, tmp_path, damage):
    for name in ("events.arrow", "users.arrow", "items.arrow", "user_ids.arrow", "item_ids.arrow", "manifest.json"):
        copy = tmp_path / f"{name}.data"
        shutil.copytree(prepared, copy)
        content = bytearray((copy / name).read_bytes())
        if damage == "truncated":
            (copy / name).write_bytes(content[:-1])
        elif damage == "missing":
            (copy / name).unlink()
        else:
            content[len(content) // 2] ^= 4
            (copy / name).write_bytes(content)
        lost = damage == "missing" and name == "manifest.json"
        failed = run("train", "--data", copy, "--out", tmp_path / "out", *tiny(), code=3)
        assert lost or name in failed.stderr
        assert not (tmp_path / "out").exists()


def limited(size):
    """A file may not grow beyond `size`, which says to a writer what a full disk says."""
    def set_limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return set_limit


def long_log(path):
    draw = random.Random(1)
    path.write_text("user_id,item_id,timestamp\n" + "".join(f"{user},{draw.randrange(3000)},{step}\n" for user in range(400) for step in range(12)))


@pytest.mark.parametrize("size, what", [(20_000, "events.arrow"), (300_000, "")], ids=["preparing", "a checkpoint or the bundle"])
@pytest.mark.parametrize("checkpoints", [0, 3])
def test_a_full_disk_in_training_ends_with_3_and_leaves_no_half_bundle(tmp_path, size, what, checkpoints):
    long_log(tmp_path / "log.csv")
    command = ["train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", "--model", "youtube_dnn", "--epochs", 2, "--batch-size", 64, "--set", "model.dim=64",
               "--threads", 1, "--checkpoint-steps", checkpoints]
    failed = run(*command, code=3, preexec_fn=limited(size))
    assert "File too large" in failed.stderr and what in failed.stderr
    assert not (tmp_path / "out").exists()
    left = [path for path in tmp_path.rglob("*") if ".tmp" in path.name or path.name.startswith(".")]
    assert not left, left
    run(*command, "--resume")
    run("verify", tmp_path / "out")


def test_a_full_disk_keeps_the_bundle_that_was_there(tmp_path):
    long_log(tmp_path / "log.csv")
    command = ["train", "--data", tmp_path / "log.csv", "--out", tmp_path / "out", "--model", "youtube_dnn", "--epochs", 1, "--set", "model.dim=64", "--threads", 1]
    run(*command)
    before = {path.relative_to(tmp_path): path.read_bytes() for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()}
    run(*command, "--overwrite", "--seed", 2, code=3, preexec_fn=limited(300_000))
    assert {path.relative_to(tmp_path): path.read_bytes() for path in sorted((tmp_path / "out").rglob("*")) if path.is_file()} == before
    run("verify", tmp_path / "out")


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_full_disk_leaves_no_half_list(prepared, tmp_path, ending):
    run("train", "--data", prepared, "--out", tmp_path / "bundle", *tiny())
    (tmp_path / "users.csv").write_text("user_id\n" + "".join(f"{user}\n" for user in range(20)) * 200)
    failed = run("recommend", tmp_path / "bundle", "--users", tmp_path / "users.csv", "--seen", "keep", "--out", tmp_path / f"out.{ending}", code=3, preexec_fn=limited(10_000))
    assert f"out.{ending}" in failed.stderr and "File too large" in failed.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "users.csv"]


def test_resume_without_a_checkpoint_says_so(prepared, tmp_path):
    printed = run("train", "--data", prepared, "--out", tmp_path / "out", *tiny(), "--resume")
    assert "there is no checkpoint in" in printed.stderr and "training starts anew" in printed.stderr
