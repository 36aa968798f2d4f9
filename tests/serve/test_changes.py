"""What the service is told while it runs: items that come and go, users' events, arms of experiments. All at once, and still there after a kill."""

import json
import random
import re
import signal

import pytest

from serving import TOKEN, Server, items_of, rechub, train, write_csv

HISTORY = ["1010", "1011", "1012"]


@pytest.fixture()
def keeping(sasrec, tmp_path):
    return lambda *more: Server(sasrec, "--data-dir", tmp_path / "state", *more)


def put(server, item, body):
    status, answer, _ = server.request("PUT", f"/v1/items/{item}", body, TOKEN)
    assert status == 200, answer
    return answer


def kill(server):
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def test_a_new_item_comes_in_cold_by_its_features(keeping):
    with keeping() as server:
        like = put(server, "new-1013", {"features": {"title": "Title 13", "genre": "comedy"}})
        assert like == {"item": "new-1013", "channels": ["sasrec"]}
        everything = items_of(server.recommend(history=HISTORY, k=100, filter_seen=True))
        assert "new-1013" in everything and len(everything) == 61 - 3 + 1
        nearest = items_of(server.post("/v1/similar", {"item": "new-1013", "k": 3}))
        assert len(nearest) == 3 and "new-1013" not in nearest
        wrong = [({"features": {"genr": "x"}}, "did you mean genre"), ({"vector": [1, 2]}, "must have 16 numbers"), ({}, "either"), ({"vector": ["a"]}, "list of numbers")]
        for body, words in wrong:
            status, answer, _ = server.request("PUT", "/v1/items/x", body, TOKEN)
            assert status == 400 and words in answer["error"]["message"]
        assert server.request("PUT", "/v1/items/x", {"vector": [0] * 16})[0] == 401


def test_the_features_of_live_items_reach_the_content_channel(keeping):
    """1001 and 1005 are comedies, as 1013 and 1017."""
    asked = {"history": ["1001", "1005"], "channels": ["content"], "k": 100, "filter_seen": True}
    channels = ("--channels", "sasrec,content=0", "--cache-megabytes", 1)

    def scores(server, **more):
        return {row["item"]: row["score"] for row in server.recommend(**asked, **more)["items"] if row["channels"] == ["content"]}

    with keeping(*channels) as server:
        before = scores(server)
        assert "new" not in before and "1017" in before
        put(server, "new", {"features": {"title": "Title 13", "genre": "comedy"}})
        put(server, "1017", {"features": {"title": "Title 17", "genre": "drama"}})
        after = scores(server)
        assert after["new"] == pytest.approx(after["1013"]) and "1017" not in after and len(after) == len(before)
        assert "new" not in scores(server, deny=["new"]) and list(scores(server, allow=["new", "1017"])) == ["new"]
        assert "new" not in {row["item"] for row in server.recommend(**{**asked, "history": ["1001", "new"]})["items"]}
        kill(server)
    with keeping(*channels) as server:
        assert scores(server) == after
        assert server.post("/v1/reload", {}, TOKEN) == {"version": 2}
        assert scores(server) == after
        put(server, "1017", {"vector": [1.0] * 16})  # nothing is said of its features any more: those of the data hold
        assert scores(server)["1017"] == before["1017"]
        assert server.request("DELETE", "/v1/items/new", token=TOKEN)[0] == 200
        assert scores(server) == before


def test_live_items_have_labels_and_kinds_of_their_own(keeping):
    """New values are kinds, too; an item without features has none."""
    with keeping("--show", "title,genre", "--cache-megabytes", 0) as server:
        def labels(**more):
            return {row["item"]: row["label"] for row in server.recommend(history=HISTORY, k=70, labels=True, **more)["items"]}

        genres = ["drama", "western", "opera", "western"]
        for i, genre in enumerate(genres):
            put(server, f"new{i}", {"features": {"title": f"New {i}", "genre": genre}})
        put(server, "1013", {"features": {"title": "Title 13", "genre": "western"}})
        put(server, "bare", {"vector": [1.0] * 16})
        shown = labels()
        assert {f"new{i}": f"New {i}, {genre}" for i, genre in enumerate(genres)}.items() <= shown.items()
        assert (shown["1013"], shown["1014"], shown["bare"]) == ("Title 13, western", "Title 14, crime", "")
        chosen = server.recommend(history=HISTORY, k=3, allow=["new0", "new1", "new2", "new3"], diversity={"weight": 1e6, "feature": "genre"})
        assert {genres[int(item[3:])] for item in items_of(chosen)} == {"drama", "western", "opera"}
        server.post("/v1/reload", {}, TOKEN)
        assert labels() == shown
        put(server, "1013", {"vector": [1.0] * 16})
        assert labels()["1013"] == "Title 13, comedy"


def test_items_come_and_go_at_once_and_survive_a_kill(keeping):
    with keeping() as server:
        before = items_of(server.recommend(history=HISTORY, k=10))
        put(server, "a%2Fb%20%C3%A9", {"vector": [3.0] * 16})
        for item in before[:2]:
            assert server.request("DELETE", f"/v1/items/{item}", token=TOKEN)[0] == 200
            assert server.request("DELETE", f"/v1/items/{item}", token=TOKEN)[0] == 404
        after = items_of(server.recommend(history=HISTORY, k=100))
        assert "a/b é" in after and not set(before[:2]) & set(after)
        popular = items_of(server.recommend(k=100))
        assert not set(before[:2]) & set(popular) and len(popular) == 59
        kill(server)
    with keeping() as server:
        assert items_of(server.recommend(history=HISTORY, k=100)) == after
        assert server.post("/v1/reload", {}, TOKEN) == {"version": 2}
        assert items_of(server.recommend(history=HISTORY, k=100)) == after


def test_histories_move_on_at_once_and_survive_a_kill(keeping):
    with keeping() as server:
        assert server.recommend(user="newcomer")["fallback"]["reason"] == "unknown user"
        for item in HISTORY:
            assert server.post("/v1/events", {"user": "newcomer", "item": item}, TOKEN) == {"events": 1, "known": 0}
        expected = server.recommend(history=HISTORY)["items"]
        assert server.recommend(user="newcomer")["items"] == expected
        known = [row["item"] for row in reversed(server.get("/v1/page/history?query=u3")["items"])]
        server.post("/v1/events", {"events": [{"user": "u3", "item": item} for item in HISTORY]}, TOKEN)
        moved = server.recommend(user="u3", k=30)["items"]
        assert moved == server.recommend(user="u3", history=known + HISTORY, k=30)["items"]
        assert server.request("POST", "/v1/events", {"user": "u3", "item": "x"})[0] == 401
        kill(server)
    with keeping() as server:
        assert server.recommend(user="newcomer")["items"] == expected
        assert server.recommend(user="u3", k=30)["items"] == moved


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A bundle whose events say how long they were watched, by which device and how long after the one before; times in seconds from 1.7e9 on."""
    folder, draw = tmp_path_factory.mktemp("watched"), random.Random(1)
    walks = [(user, step) for user in range(60) for step in range(8)]
    events = [(f"u{user}", draw.randrange(30), 1_700_000_000 + 1000 * user + step ** 3, round(draw.random(), 2), draw.choice(["tv", "phone"])) for user, step in walks]
    write_csv(folder / "events.csv", [("user", "item", "time", "seconds", "device"), *events, ("early", 1, 4_000_000_000, 1, "tv")])
    rechub("prepare", "--interactions", folder / "events.csv", "--history-cols", "seconds", "--context-cols", "device", "--time-gap-buckets", 12, "--out", folder / "data")
    return train(folder / "data", "youtube_dnn", folder / "watched.bundle", 2)


def test_stored_events_keep_their_features_behind_live_ones(watched, tmp_path):
    with Server(watched, "--data-dir", tmp_path) as server:
        def scores(user="u7", **more):
            return {row["item"]: row["score"] for row in server.recommend(user=user, k=100, filter_seen=False, **more)["items"]}

        def add(user, item, time):
            return server.post("/v1/events", {"user": user, "item": item, "time": time}, TOKEN)["known"]

        before, bare = scores(), scores(history=[row["item"] for row in reversed(server.get("/v1/page/history?query=u7")["items"])])
        assert before != bare, "features of events tell"
        assert add("u7", 3, 1_700_007_343) == 1 and scores() == before
        assert add("u7", "never heard of", 1_700_009_000) == 0 and scores() == before
        assert add("u7", 3, 1_700_009_001) == 0
        soon = scores()
        assert soon != before and scores(features={"device": "tv"}) != scores(features={"device": "phone"})
        assert add("u8", 3, 1_800_000_000) == 0 and add("stranger", 3, 5) == 0 and add("early", 3, 1_800_000_000) == 1, "one wrong time harms one user"
        assert scores("stranger") == scores("stranger", history=["3"]) and server.recommend(user="stranger")["fallback"] is None


def test_answers_are_kept_and_never_stale(keeping):
    with keeping() as server:
        def ask():
            status, answer, headers = server.request("POST", "/v1/recommend", {"user": "u9", "k": 5})
            return headers["X-RecHub-Cache"], answer

        assert ask()[0] == "miss"
        first = ask()
        assert first[0] == "hit"
        gone = first[1]["items"][0]["item"]
        server.request("DELETE", f"/v1/items/{gone}", token=TOKEN)
        cache, answer = ask()
        assert cache == "miss" and gone not in items_of(answer) and ask() == ("hit", answer)
        server.post("/v1/events", {"user": "u9", "item": answer["items"][0]["item"]}, TOKEN)
        cache, answer = ask()
        assert cache == "miss" and ask() == ("hit", answer)
        server.post("/v1/reload", {}, TOKEN)
        assert ask()[0] == "miss"
        assert server.metric("rechub_cache_hits_total") == 3


def test_arms_are_stable_named_and_logged(keeping, tmp_path):
    (tmp_path / "experiments.toml").write_text(
        '[[experiment]]\nname = "way"\n[[experiment.arm]]\nname = "model"\n[[experiment.arm]]\nname = "popular"\nsettings = { channels = ["popularity"] }\n')
    arms = {}
    for _ in range(2):
        with keeping("--experiments", tmp_path / "experiments.toml") as server:
            for user in range(40):
                answer = server.recommend(user=f"u{user}", k=1)
                arm = answer["arms"]["way"]
                assert answer["items"][0]["channels"] == (["popularity"] if arm == "popular" else ["sasrec"])
                assert arms.setdefault(user, arm) == arm
    assert set(arms.values()) == {"model", "popular"}
    lines = [json.loads(line) for line in (tmp_path / "state/exposures.jsonl").read_text().splitlines()]
    assert len(lines) == 80 and all(arms[int(line["user"][1:])] == line["arm"] for line in lines)


def test_a_damaged_log_is_named_at_the_start(keeping, tmp_path):
    with keeping() as server:
        put(server, "x", {"vector": [1.0] * 16})
    log = tmp_path / "state/items-sasrec.log"
    content = bytearray(log.read_bytes())
    content[40] ^= 255
    log.write_bytes(content)
    with pytest.raises(AssertionError, match=re.escape(str(log))):
        keeping()
