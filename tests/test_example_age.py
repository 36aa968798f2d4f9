"""YoutubeDNN's example age (Covington et al., RecSys 2016, section 3.3): lists follow what is popular now, not what was popular over the whole log."""

import json
import random

from test_commands import run


def test_with_example_age_lists_follow_what_is_popular_now(tmp_path):
    """Everybody takes "old" until seven tenths of the log are over, "new" since; a mean over the log says "old" to everybody, who reads the clock says "new"."""
    draw, rows = random.Random(1), []
    for user in range(600):
        for time in sorted(draw.sample(range(1, 1000), 6)):
            rows.append((f"u{user}", ("old" if time < 700 else "new") if draw.random() < 0.7 else f"i{draw.randrange(20)}", time))
    (tmp_path / "log.csv").write_text("user,item,time\n" + "".join(f"{user},{item},{time}\n" for user, item, time in rows))
    first = {}
    for age in ("false", "true"):
        options = ["--set", f"model.example_age={age}", "--set", "model.dim=16", "--epochs", 30, "--patience", 0, "--learning-rate", 0.01, "--split", "users:0.8,0.1,0.1"]
        run("train", "--data", tmp_path / "log.csv", "--model", "youtube_dnn", "--out", tmp_path / age, *options)
        run("recommend", tmp_path / age, "--history", "i1,i2", "--k", 5, "--keep-seen", "--json", tmp_path / f"{age}.json")
        first[age] = [one["item"] for one in json.loads((tmp_path / f"{age}.json").read_text())["results"][0]["items"]]
    assert first["false"].index("old") < first["false"].index("new")
    assert first["true"][0] == "new"


def test_example_age_needs_times(tmp_path):
    (tmp_path / "log.txt").write_text("".join(f"u{user} a b c d\n" for user in range(9)))
    data = ["--data", tmp_path / "log.txt", "--format", "sequences"]
    refused = run("train", *data, "--model", "youtube_dnn", "--set", "model.example_age=true", "--out", tmp_path / "out", code=2)
    assert "example_age needs the times of events" in refused.stderr and not (tmp_path / "out").exists()
