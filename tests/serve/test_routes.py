"""What the routes answer: the lists of `rechub recommend`, the fallback, filters, channels, and errors in words."""

import json
import shutil

import pytest

from serving import RECHUB, TOKEN, Server, items_of, rechub


def listed(bundle, path, *arguments):
    """(item, score) of `rechub recommend`, which the service must agree with."""
    rechub("recommend", bundle, *arguments, "--json", path)
    return [(row["item"], row["score"]) for row in json.loads(path.read_text())["results"][0]["items"]]


def answered(answer):
    return [(row["item"], row["score"]) for row in answer["items"]]


def assert_same(answer, expected):
    assert [item for item, _ in answered(answer)] == [item for item, _ in expected]
    assert [score for _, score in answered(answer)] == pytest.approx([score for _, score in expected], rel=1e-6)


@pytest.mark.parametrize("channel", ["sasrec", "comirec"])
def test_lists_are_those_of_recommend(server, sasrec, comirec, channel, tmp_path):
    bundle = sasrec if channel == "sasrec" else comirec
    for user in ("u0", "u77"):
        assert_same(server.recommend(user=user, k=15, channels=[channel]), listed(bundle, tmp_path / "out.json", "--user", user, "--k", 15))
    history = ["1005", "1006", "1040"]
    assert_same(server.recommend(history=history, k=10, channels=[channel]), listed(bundle, tmp_path / "out.json", "--history", ",".join(history), "--k", 10))
    diverse = ["--diversity", 0.3, "--diversity-feature", "genre", "--diversity-pool", 40]
    assert_same(server.recommend(user="u3", k=12, channels=[channel], diversity={"weight": 0.3, "feature": "genre", "pool": 40}),
                listed(bundle, tmp_path / "out.json", "--user", "u3", "--k", 12, *diverse))
    assert_same(server.post("/v1/similar", {"item": 1007, "k": 8, "channel": channel}), listed(bundle, tmp_path / "out.json", "--item", "1007", "--k", 8))


def test_features_of_a_request_count_as_in_recommend(server, sasrec, tmp_path):
    request = {"user": "stranger", "history": ["1001", "1002"], "features": {"group": "old"}}
    (tmp_path / "users.jsonl").write_text(json.dumps(request) + "\n")
    assert_same(server.recommend(**request, k=10), listed(sasrec, tmp_path / "out.json", "--users", tmp_path / "users.jsonl", "--k", 10))


def test_seen_items_stay_out_unless_asked_for(server):
    history = ["1010", "1011", "1012"]
    assert not set(history) & set(items_of(server.recommend(history=history, k=10000, filter_seen=True)))
    assert set(history) <= set(items_of(server.recommend(history=history, k=10000, filter_seen=False)))


def test_allow_and_deny_keep_and_hide(server):
    allowed = ["1003", "1004", "1005", 1006]
    answer = server.recommend(history=["1002"], k=10, allow=[*allowed, "nothing", "none"], deny=["1004", "never"])
    assert sorted(items_of(answer)) == ["1003", "1005", "1006"]
    assert answer["unknown"] == {"history": 0, "allow": 2, "deny": 1, "features": []}


@pytest.mark.parametrize("request_body, reason", [
    ({"user": "stranger"}, "unknown user"), ({}, "empty history"), ({"history": []}, "empty history"), ({"history": ["x"]}, "empty history"),
])
def test_who_is_not_known_gets_what_is_popular(server, request_body, reason):
    answer = server.recommend(**request_body, k=5)
    assert answer["fallback"] == {"channel": "popularity", "reason": reason}
    assert len(answer["items"]) == 5
    scores = [row["score"] for row in answer["items"]]
    assert scores == sorted(scores, reverse=True) and scores[0] >= 10 and scores[0] == int(scores[0])
    assert all(row["channels"] == ["popularity"] for row in answer["items"])


def test_k_reaches_from_1_to_10000(server):
    assert len(server.recommend(user="u1", k=1)["items"]) == 1
    everything = server.recommend(user="u1", k=10000, filter_seen=False)
    assert len(everything["items"]) == 61 == len(set(items_of(everything)))
    for k in (0, -1, 10001, 1.5, "1", None, 1e300):
        status, answer, _ = server.request("POST", "/v1/recommend", {"user": "u1", "k": k})
        assert status == 400 and '"k"' in answer["error"]["message"]


def test_channels_are_chosen_and_named(server):
    knn = server.recommend(history=["1020"], k=3, channels=["item_knn"])
    assert all(row["channels"] == ["item_knn"] for row in knn["items"])
    assert "1021" in items_of(knn)
    content = server.recommend(history=["1020"], k=3, channels=["content"], labels=True)
    assert all("drama" in row["label"] for row in content["items"])
    both = server.recommend(user="u5", k=20, channels=["sasrec", "item_knn"])
    assert {name for row in both["items"] for name in row["channels"]} == {"sasrec", "item_knn"}
    assert any(len(row["channels"]) == 2 for row in both["items"])
    status, answer, _ = server.request("POST", "/v1/recommend", {"user": "u5", "channels": ["sasrek"]})
    assert status == 400 and "did you mean sasrec" in answer["error"]["message"]


def test_labels_are_for_people_and_any_text_is_whole(server):
    labels = {row["item"]: row["label"] for row in server.recommend(user="u1", k=100, filter_seen=False, labels=True)["items"]}
    assert labels["1003"] == 'Title 3, "quoted" & <b>' and labels["999"] == "Never seen, drama"


def test_quota_and_rescoring(sasrec, comirec, tmp_path):
    with Server(sasrec, "--channels", "sasrec=3,popularity=1", "--fusion", "quota") as server:
        answer = server.recommend(user="u2", k=20)
        alone = items_of(server.recommend(user="u2", k=20, channels=["sasrec"]))
        first = [item for item in items_of(answer) if item in alone[:15]]
        assert len(first) == 15  # three of four places
    with Server(f"better={sasrec}", comirec, "--channels", "item_knn,comirec", "--rescore", "better", "--rescore-candidates", 25) as server:
        answer = server.recommend(user="u2", k=10)
        expected = listed(sasrec, tmp_path / "out.json", "--user", "u2", "--k", 100)
        scores = dict(expected)
        assert [row["score"] for row in answer["items"]] == pytest.approx([scores[item] for item in items_of(answer)], rel=1e-5)
        assert [row["score"] for row in answer["items"]] == sorted((row["score"] for row in answer["items"]), reverse=True)
        assert {name for row in answer["items"] for name in row["channels"]} <= {"item_knn", "comirec"}


def test_calibrated_scores_are_probabilities(sasrec):
    with Server(sasrec, "--channels", "sasrec,item_knn", "--fusion", "calibrated") as server:
        scores = [row["score"] for row in server.recommend(user="u9", k=10)["items"]]
        assert scores == sorted(scores, reverse=True) and 0.1 < scores[0] <= 1


def test_errors_are_json_in_words(server):
    for method, path, body, status, words in [
        ("GET", "/v1/recommend", None, 405, "no such method"),
        ("GET", "/v2", None, 404, "openapi.json"),
        ("POST", "/v1/recommend", "{", 400, "not valid JSON at line 1, column 2"),
        ("POST", "/v1/recommend", {"usr": "x"}, 400, "did you mean user"),
        ("POST", "/v1/recommend", {"user": "u1", "features": {"grop": "old"}}, 400, "did you mean group"),
        ("POST", "/v1/recommend", {"user": "u1", "diversity": {"weight": 1, "feature": "gen"}}, 400, "genre"),
        ("POST", "/v1/similar", {"item": "nothing"}, 404, "there is no item 'nothing'"),
        ("POST", "/v1/similar", {}, 400, '"item" is missing'),
    ]:
        got, answer, headers = server.request(method, path, body)
        assert (got, answer["error"]["status"]) == (status, status) and words in answer["error"]["message"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert server.request("GET", "/v1/recommend")[2]["Allow"] == "POST"


def test_admin_routes_are_off_without_a_token(sasrec, tmp_path):
    with Server(sasrec, token=None) as server:
        assert server.request("POST", "/v1/reload", token=TOKEN)[0] == 404
    (tmp_path / "token").write_text("another-token-of-length\n")
    with Server(sasrec, "--admin-token-file", tmp_path / "token") as server:
        assert server.request("POST", "/v1/reload", token=TOKEN)[0] == 401
        assert server.request("POST", "/v1/reload")[2]["WWW-Authenticate"] == "Bearer"
        assert server.request("POST", "/v1/reload", token="another-token-of-length")[1] == {"version": 2}


def test_wrong_starts_say_what_to_do(sasrec, tmp_path):
    assert "rechub serve" in rechub("serve", code=2).stderr or "bundles" in rechub("serve", code=2).stderr
    rechub("serve", tmp_path / "nothing", code=4)
    assert "did you mean sasrec" in rechub("serve", sasrec, "--channels", "sasrce", code=2).stderr
    assert "known are sasrec, popularity, item_knn, content" in rechub("serve", sasrec, "--fallback", "nope", code=2).stderr
    assert "unknown bundle 'nope': known are sasrec\n" in rechub("serve", sasrec, "--rescore", "nope", code=2).stderr
    (tmp_path / "experiments.toml").write_text('[[experiment]]\nname = "way"\n[[experiment.arm]]\nname = "a"\n[[experiment.arm]]\nname = "b"\nsettings = { k = 5 }\n')
    assert "from 1 to 1,000,000, or 0 for no cache, got 0.5" in rechub("serve", sasrec, "--cache-megabytes", 0.5, code=2).stderr
    assert "--experiments needs --data-dir" in rechub("serve", sasrec, "--experiments", tmp_path / "experiments.toml", code=2).stderr
    assert "port must be" in rechub("serve", sasrec, "--port", 70000, code=2).stderr
    (tmp_path / "token").write_text("short\n")
    assert "16 characters" in rechub("serve", sasrec, "--admin-token-file", tmp_path / "token", code=3).stderr
    assert RECHUB.exists()


def test_config_file(sasrec, tmp_path):
    (tmp_path / "serve.toml").write_text('[recall]\nchannels = ["sasrec", "popularity=0.5"]\nfusion = "reciprocal_rank"\n\n[http]\nmax_body = 300\n')
    with Server(sasrec, "--config", tmp_path / "serve.toml") as server:
        assert {name for row in server.recommend(user="u1", k=20)["items"] for name in row["channels"]} == {"sasrec", "popularity"}
        assert server.request("POST", "/v1/recommend", {"history": ["1001"] * 60})[0] == 413


def test_metrics_are_prometheus_text(server):
    server.recommend(user="u1")
    text = server.get("/metrics")
    assert 'rechub_answers_total{route="/v1/recommend",status="200"}' in text and 'le="+Inf"' in text
    for line in text.splitlines():
        name, value = line.rsplit(" ", 1)
        assert line.startswith("# ") or (name and float(value) >= 0)


def test_a_stored_index_of_another_kind_is_not_opened(sasrec, tmp_path):
    """As one of a library that this build lacks: here of a kind that no build has."""
    bundle = shutil.copytree(sasrec, tmp_path / "sasrec")
    rechub("index", bundle, "--spec", "Flat", "--out", tmp_path / "index")
    (bundle / "index.rchindex").write_bytes((tmp_path / "index").read_bytes().replace(b'"spec":"Flat"', b'"spec":"None"'))
    rechub("evaluate", bundle, "--index", "Flat")
    with Server(bundle) as server:
        assert server.recommend(user="u0", k=3)["items"]
