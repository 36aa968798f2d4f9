"""The program as a shell sees it: pages, exit codes, where output goes, and what `rechub info` tells."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECHUB = pathlib.Path(os.environ.get("RECHUB_BUILD", ROOT / "build")) / "rechub"


def rechub(*arguments, **options):
    return subprocess.run([RECHUB, *arguments], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    (root / "clicks.csv").write_text("user,item,time\n" + "".join(f"{user},{item},{100 * user + item}\n" for user in range(1, 6) for item in range(user, user + 4)))
    done = rechub("prepare", "--interactions", root / "clicks.csv", "--out", root / "prepared")
    assert done.returncode == 0, done.stderr
    return root / "prepared"


def test_version_and_pages():
    assert rechub("--version").stdout.startswith("rechub ")
    overview = rechub("--help").stdout
    for line in overview.split("commands\n")[1].split("\n\n")[0].splitlines():
        page = rechub(line.split()[0], "--help")
        assert page.returncode == 0 and page.stdout.startswith(f"usage: rechub {line.split()[0]}")
        assert all(len(text) <= 100 for text in page.stdout.splitlines())


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        ([], 2, "a command is needed"),
        (["inof"], 2, "did you mean info?"),
        (["info", "--jsno"], 2, "unknown flag --jsno; did you mean --json?"),
        (["info", "--threads", "many"], 2, '--threads must be a whole number, got "many"'),
        (["info", "--config", "/no/such.toml"], 4, "cannot open /no/such.toml: No such file or directory"),
        (["info", "/no/such/directory"], 4, "/no/such/directory: there is no such directory"),
        (["info", "/"], 4, "neither a bundle nor a prepared data set"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(arguments, code, message):
    done = rechub(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr and done.stderr.count("\n") == 1


def test_a_full_disk_behind_the_output_is_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run([RECHUB, "info"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "is the disk full?" in done.stderr


def test_a_reader_that_goes_is_no_error():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([RECHUB, "info"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_info_about_the_program():
    told = json.loads(rechub("info", "--json", "--threads", "1").stdout)
    assert told["threads"] == 1 and told["isa"] in told["supported_isas"] and told["arrow"] and told["libtorch"]
    assert json.loads(rechub("info", "--json", env={**os.environ, "RECHUB_ISA": "reference"}).stdout)["isa"] == "reference"


def test_info_about_a_data_set(dataset):
    told = json.loads(rechub("info", dataset, "--json").stdout)
    assert told["kind"] == "data set"
    assert [told["manifest"][key] for key in ("events", "users", "items")] == [20, 5, 8]
    text = rechub("info", dataset).stdout
    assert "20 of 5 users on 8 items, 4.0 a user" in text and str(dataset.parent / "clicks.csv") in text


def test_info_names_the_damaged_file(dataset):
    events = dataset / "events.arrow"
    whole = events.read_bytes()
    events.write_bytes(whole[:-1])
    done = rechub("info", dataset)
    events.write_bytes(whole)
    assert done.returncode == 3 and str(events) in done.stderr


def test_explain_prints_a_config_that_gives_the_same(tmp_path):
    explained = rechub("train", "--data", "any", "--model", "gru4rec", "--out", tmp_path / "b", "--epochs", "3", "--set", "optimizer.learning_rate=0.01", "--explain")
    assert explained.returncode == 0, explained.stderr
    assert "epochs = 3 " in explained.stdout and "[model]" in explained.stdout and not (tmp_path / "b").exists()
    config = tmp_path / "c.toml"
    config.write_text(explained.stdout)
    again = rechub("train", "--config", config, "--explain")
    assert again.returncode == 0, again.stderr
    values = [[line.split(" #")[0].rstrip() for line in text.splitlines()] for text in (explained.stdout, again.stdout)]
    assert values[0] == values[1]
