"""rechub compare: the report says what the commands say, models are not trained twice, and the page shows the figures of the report."""

import html.parser
import json
import random
import shutil
import signal
import subprocess
import time

import pytest

from test_commands import PROGRAM, run

MODELS = ["dssm", "sasrec", "youtube_dnn"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """150 users on a ring of 40 items, with noise."""
    draw = random.Random(2)
    path = tmp_path_factory.mktemp("data") / "sequences.txt"
    with open(path, "w") as out:
        for user in range(150):
            item, items = draw.randrange(40), []
            for _ in range(draw.randrange(5, 15)):
                items.append(f"i{item}")
                item = (item + 1) % 40 if draw.random() < 0.8 else draw.randrange(40)
            out.write(" ".join([f"u{user}", *items]) + "\n")
    return path


def command(data, out, *more, models=",".join(MODELS), epochs=4):
    small = ["--epochs", epochs, "--batch-size", 32, "--dim", 16, "--learning-rate", 0.01, "--depth", 30, "--k", "5,10"]
    raw = [] if data.is_dir() else ["--format", "sequences"]
    return ["compare", "--data", data, *raw, "--models", models, "--out", out, *small, *more]


@pytest.fixture(scope="module")
def report_dir(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare") / "report"
    run(*command(data, out))
    return out


@pytest.fixture(scope="module")
def report(report_dir):
    return json.loads((report_dir / "report.json").read_text())


def test_all_are_there_best_first(report):
    names = [row["name"] for row in report["models"]]
    assert set(MODELS) <= set(names) and {"popularity", "item_knn", "own_favourites", "ease"} <= set(names)
    values = [row["metrics"]["NDCG@10"] for row in report["models"]]
    assert values == sorted(values, reverse=True) and report["best"] == names[0]
    assert report["left_out"] == []


def test_the_report_says_what_evaluate_says(report, report_dir, tmp_path):
    others = ["--against", f"{report_dir}/models/dssm,{report_dir}/models/youtube_dnn", "--baselines", "popularity,item_knn,own_favourites,ease"]
    run("evaluate", report_dir / "models/sasrec", *others, "--k", "5,10", "--slices", "--beyond-accuracy", "--json", tmp_path / "result.json")
    result = json.loads((tmp_path / "result.json").read_text())
    rows = {row["name"]: row for row in report["models"]}
    for name, judged in {**result["others"], "sasrec": result}.items():
        for part in ("metrics", "intervals", "slices", "protocol"):
            assert rows[name][part] == judged[part], (name, part)


def test_differences_are_to_the_best_user_by_user(report, report_dir, tmp_path):
    best = report["best"]
    other = next(row for row in report["models"] if row["kind"] == "model" and row["name"] != best)
    run("evaluate", report_dir / "models" / other["name"], "--k", "5,10", "--baselines", "popularity", "--json", tmp_path / "result.json")
    difference = other["difference"]["NDCG@10"]
    best_value = report["models"][0]["metrics"]["NDCG@10"]
    assert difference[0] == pytest.approx(best_value - other["metrics"]["NDCG@10"], abs=1e-6)
    assert difference[1] <= difference[0] <= difference[2]
    for row in report["models"]:
        low, high = row["difference"]["NDCG@10"][1:]
        assert row["is_level"] == (low <= 0 <= high)
    assert report["models"][0]["difference"]["NDCG@10"] == [0, 0, 0]


def test_the_course_of_training_is_that_of_the_bundle(report, report_dir):
    for row in report["models"]:
        if row["kind"] != "model":
            continue
        epochs = [json.loads(line) for line in (report_dir / "models" / row["name"] / "metrics.jsonl").read_text().splitlines()]
        assert [point["value"] for point in row["curve"]] == [epoch["NDCG@10"] for epoch in epochs]
        assert row["training_seconds"] == pytest.approx(sum(epoch["seconds"] + epoch["evaluation_seconds"] for epoch in epochs))
        assert row["epochs"] == 4 and row["parameters"] > 0 and row["users_per_second"] > 0


def test_overlap_is_symmetric_and_whole_with_itself(report):
    names, values = report["overlap"]["names"], report["overlap"]["values"]
    assert names == [row["name"] for row in report["models"]] and report["overlap"]["k"] == 10
    for i in range(len(names)):
        assert values[i][i] == 1
        for j in range(len(names)):
            assert 0 <= values[i][j] == values[j][i] <= 1
    assert values[names.index("popularity")][names.index("sasrec")] < 1


def test_every_pair_is_fused_and_held_against_the_better_one(report):
    count = len(report["models"])
    assert len(report["fusions"]) == count * (count - 1) // 2
    values = {row["name"]: row["metrics"]["NDCG@10"] for row in report["models"]}
    for pair in report["fusions"]:
        assert values[pair["over"]] == max(values[name] for name in pair["names"])
        gain, low, high = pair["gain"]
        assert gain == pytest.approx(pair["metrics"]["NDCG@10"] - values[pair["over"]], abs=1e-6)
        assert low <= gain <= high


def test_lists_are_made_of_head_torso_and_tail(report):
    for row in report["models"]:
        assert sum(row["list_shares"].values()) == pytest.approx(1)
    shares = {row["name"]: row["list_shares"]["head"] for row in report["models"]}
    assert shares["popularity"] == max(shares.values())


def test_a_model_is_not_trained_twice_and_a_new_one_is_added(data, report_dir):
    stamps = {name: (report_dir / "models" / name / "weights.safetensors").stat().st_mtime_ns for name in MODELS}
    again = run(*command(data, report_dir, models="gru4rec," + ",".join(MODELS)))
    assert again.stderr.count("trained before") == 3
    assert {name: (report_dir / "models" / name / "weights.safetensors").stat().st_mtime_ns for name in MODELS} == stamps
    assert "gru4rec" in [row["name"] for row in json.loads((report_dir / "report.json").read_text())["models"]]
    run(*command(data, report_dir))


def test_other_settings_are_refused_or_trained_again(data, report_dir, tmp_path):
    copy = tmp_path / "report"
    shutil.copytree(report_dir, copy)
    refused = run(*command(data, copy, models="dssm", epochs=5), "--baselines", "none", code=3)
    assert "training.epochs was 4, now 5" in refused.stderr and "--overwrite" in refused.stderr
    run(*command(data, copy, "--overwrite", "--baselines", "none", models="dssm", epochs=5))
    rows = json.loads((copy / "report.json").read_text())["models"]
    assert [row["epochs"] for row in rows] == [5]


def test_a_killed_comparison_goes_on(data, tmp_path):
    full = command(data, tmp_path / "straight", "--checkpoint-steps", 2, models="sasrec", epochs=30)
    run(*full)
    out = tmp_path / "killed"
    arguments = command(data, out, "--checkpoint-steps", 2, models="sasrec", epochs=30)
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(out.glob("models/sasrec.training/checkpoints/step-*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run(*arguments)
    one, other = (json.loads((folder / "report.json").read_text())["models"][0] for folder in (tmp_path / "straight", out))
    assert one["metrics"] == other["metrics"]


def test_what_cannot_be_trained_is_left_out_with_its_reason(data, tmp_path):
    run("prepare", "--interactions", data, "--format", "sequences", "--out", tmp_path / "data")
    done = run(*command(tmp_path / "data", tmp_path / "out", "--max-ram", "64K", models="dssm", epochs=1))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [row["name"] for row in report["left_out"]] == ["ease"]
    assert "needs" in report["left_out"][0]["reason"] and "ease is left out" in done.stderr


def test_wrong_usage(data, tmp_path):
    assert "sasrec" in run(*command(data, tmp_path / "x", models="sasrek"), code=2).stderr
    assert "item_knn" in run(*command(data, tmp_path / "x", "--baselines", "item_kn"), code=2).stderr
    run(*command(data, tmp_path / "x", "--depth", 3), code=2)


class Page(html.parser.HTMLParser):
    """What a page asks for from elsewhere, and the report in it."""

    def __init__(self, text):
        super().__init__()
        self.outside, self.report, self._in_report = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href") and not (value or "").startswith(("#", "data:")):
                self.outside.append(value)
        self._in_report = ("id", "report") in attributes

    def handle_data(self, data):
        if self._in_report:
            self.report += data

    def handle_endtag(self, tag):
        self._in_report = False


def test_the_page_holds_the_report_and_loads_nothing(report_dir):
    text = (report_dir / "index.html").read_text()
    page = Page(text)
    assert page.outside == []
    assert json.loads(page.report) == json.loads((report_dir / "report.json").read_text())
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_the_page_shows_the_figures_of_the_report(report_dir):
    page = report_dir / "index.html"
    browse = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", page.as_uri()]
    shown = subprocess.run(browse, capture_output=True, text=True, timeout=120).stdout
    report = json.loads((report_dir / "report.json").read_text())
    rows = shown[shown.index('id="results-table"'):]
    for row in report["models"]:
        at = rows.index(f">{row['name']}<")
        assert f"{row['metrics']['NDCG@10']:.4f}" in rows[at:at + 400]
    for heading in ("Results", "Training", "Popularity bias and coverage", "Slices", "Overlap of the lists", "Gain of fusing two"):
        assert f">{heading}</h2>" in shown
    assert shown.count("<svg") == shown.count('role="img"') > 5
