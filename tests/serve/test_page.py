"""The page at /: loads nothing from elsewhere, and shows a user's history and recommendations with names and channels."""

import re
import shutil
import subprocess

import pytest

from browser import Page
from serving import TOKEN, Server, items_of, rechub, write_csv

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


def shown(server, query):
    browse = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom", f"http://127.0.0.1:{server.port}/{query}"]
    return subprocess.run(browse, capture_output=True, text=True, timeout=120).stdout


def listed(dom, name):
    return re.findall(r'data-item="([^"]*)"', dom[dom.index(f'<ol id="{name}">'):].split("</ol>")[0])


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Items 1 to 200, so that 1, 12 and 2 are the beginnings of others."""
    folder = tmp_path_factory.mktemp("numbered")
    write_csv(folder / "events.csv", [("user", "item", "time"), *((f"u{user}", 1 + (user * 5 + step) % 200, step) for user in range(80) for step in range(5))])
    rechub("train", "--data", folder / "events.csv", "--model", "youtube_dnn", "--out", folder / "bundle", "--epochs", 1, "--set", "model.dim=8")
    with Server(folder / "bundle") as running:
        running.bundle = folder / "bundle"
        yield running


def test_the_page_is_closed_to_the_outside(server):
    status, page, headers = server.request("GET", "/")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy and "frame-ancestors 'none'" in policy
    for path in ("/", "/page.css", "/page.js"):
        assert "://" not in server.get(path)
    assert not re.search(r"\son\w+=|style=|<script>", page)


def test_what_the_page_looks_up(server):
    settings = server.get("/v1/page/settings")
    assert [channel["name"] for channel in settings["channels"]] == ["sasrec", "comirec", "popularity", "item_knn", "content"]
    assert settings["features"] == ["title", "genre"] and settings["items"] == 61 and settings["first_user"] == "u0"
    found = server.get("/v1/page/items?query=TITLE%2017")["items"]
    assert found == [{"item": "1017", "label": "Title 17, comedy"}]
    assert len(server.get("/v1/page/items?query=")["items"]) == 20
    assert server.get("/v1/page/users?query=u14")["users"][0] == "u14"
    history = server.get("/v1/page/history?query=u3")
    assert history["is_known"] and history["count"] == len(history["items"]) >= 5
    assert not server.get("/v1/page/history?query=nobody")["is_known"]


def test_the_page_looks_up_the_items_that_are_live(sasrec, tmp_path):
    with Server(sasrec, "--show", "title,genre", "--data-dir", tmp_path / "state") as server:
        again, other = {"title": "Title 17 again", "genre": "comedy"}, {"title": "Another name"}
        for item, body in (("new-1", {"features": again}), ("1018", {"features": other}), ("bare", {"vector": [1] * 16})):
            assert server.request("PUT", f"/v1/items/{item}", body, TOKEN)[0] == 200
        assert server.get("/v1/page/items?query=title%2017")["items"] == [{"item": "new-1", "label": "Title 17 again, comedy"}, {"item": "1017", "label": "Title 17, comedy"}]
        assert server.get("/v1/page/items?query=1018")["items"] == [{"item": "1018", "label": "Another name"}]
        assert server.get("/v1/page/items?query=bare")["items"] == [{"item": "bare", "label": ""}]
        for item in ("new-1", "1017", "bare"):
            assert server.request("DELETE", f"/v1/items/{item}", None, TOKEN)[0] == 200
        assert server.get("/v1/page/items?query=title%2017")["items"] == server.get("/v1/page/items?query=bare")["items"] == []


def test_the_page_can_be_off(sasrec):
    with Server(sasrec, "--no-page") as server:
        for path in ("/", "/page.js", "/v1/page/settings", "/v1/page/history?query=u3"):
            assert server.request("GET", path)[0] == 404
        assert server.recommend(user="u3")["items"]


def test_a_feature_that_prepare_left_out_is_said_to_be_kept_how(numbered, tmp_path):
    refused = rechub("serve", numbered.bundle, "--show", "name", code=2).stderr
    assert "there is no item feature 'name'" in refused and 'unless a --features file says kind = "sparse" of it' in refused
    names = [("item", "name"), *((1 + i, f"A name of its own {i}") for i in range(200))]
    write_csv(tmp_path / "items.csv", names)
    (tmp_path / "features.toml").write_text('[features.name]\nkind = "sparse"\n')
    data = ["prepare", "--interactions", numbered.bundle.parent / "events.csv", "--item-features", tmp_path / "items.csv"]
    assert "name is left out" in (lambda done: done.stdout + done.stderr)(rechub(*data, "--out", tmp_path / "without"))
    rechub(*data, "--features", tmp_path / "features.toml", "--out", tmp_path / "with")
    rechub("train", "--data", tmp_path / "with", "--model", "youtube_dnn", "--out", tmp_path / "bundle", "--epochs", 1, "--set", "model.dim=8")
    with Server(tmp_path / "bundle", "--show", "name") as named:
        assert named.get("/v1/page/items?query=17")["items"][0] == {"item": "17", "label": "A name of its own 16"}


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_the_page_shows_history_and_recommendations(server):
    dom = shown(server, "?user=u7")
    assert 'data-state="answered"' in dom
    assert listed(dom, "items") == items_of(server.recommend(user="u7", k=20, labels=True))
    assert listed(dom, "history") == [row["item"] for row in server.get("/v1/page/history?query=u7")["items"]]
    assert re.search(r"Title \d+, (drama|comedy|crime)", dom) and ">sasrec</span>" in dom
    assert re.search(r"20 items in [\d.]+ ms · cache: (hit|miss)", dom)


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_the_page_takes_a_typed_history_and_lambda_and_names_the_fallback(server, sasrec):
    dom = shown(server, "?history=1005,1006&lambda=60&feature=genre")
    weight = float(re.search(r'<output id="weight-value">([\d.]+)</output>', dom)[1])
    expected = server.recommend(history=["1005", "1006"], k=20, labels=True, diversity={"weight": weight, "feature": "genre"})
    assert items_of(expected) != items_of(server.recommend(history=["1005", "1006"], k=20))
    assert listed(dom, "items") == items_of(expected) and listed(dom, "history") == ["1006", "1005"]
    assert "popularity steps in: unknown user" in shown(server, "?user=nobody")
    with Server(sasrec, "--channels", "sasrec,popularity") as other:
        assert "not by a history: unknown user" in shown(other, "?user=nobody")
    assert "&lt;b&gt;" in shown(server, "?history=1003") and "<b>" not in shown(server, "?history=1003")


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_a_lambda_of_0_stands_in_for_that_of_an_arm(sasrec, tmp_path):
    arms = "".join(f'[[experiment.arm]]\nname = "{weight}"\nsettings = {{ diversity = {{ weight = {weight}, feature = "genre" }} }}\n' for weight in (50, 60))
    (tmp_path / "experiments.toml").write_text(f'[[experiment]]\nname = "variety"\n{arms}')
    with Server(sasrec, "--data-dir", tmp_path / "data", "--experiments", tmp_path / "experiments.toml") as other:
        plain, varied = (items_of(other.recommend(user="u7", k=20, **more)) for more in ({"diversity": {"weight": 0, "feature": "genre"}}, {}))
        assert plain != varied
        assert listed(shown(other, "?user=u7&feature=genre"), "items") == varied
        assert listed(shown(other, "?user=u7&feature=genre&lambda=0"), "items") == plain


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_an_item_is_taken_by_its_name(server, tmp_path):
    shown_history = "[...document.querySelectorAll('#history [data-item]')].map((row) => row.dataset.item).join()"
    with Page(BROWSER, f"http://127.0.0.1:{server.port}/?history=1007", tmp_path) as page:
        page.wait("document.body.dataset.state === 'answered'")
        page.type("search", "title 17, COMEDY")
        page.press("Enter", "\r")
        page.wait(f"{shown_history} === '1017,1007'")
        page.type("search", "comedy")
        page.press("Enter", "\r")
        page.wait("document.getElementById('error').innerText.startsWith('Several items match comedy')")
        assert page.evaluate(shown_history) == "1017,1007"


@pytest.mark.skipif(BROWSER is None, reason="chromium is not there")
def test_an_item_is_taken_when_it_is_chosen_not_while_it_is_typed(numbered, tmp_path):
    assert numbered.get("/v1/page/items?query=9")["items"][0]["item"] == "9"
    shown_history = "[...document.querySelectorAll('#history [data-item]')].map((row) => row.dataset.item).join()"
    with Page(BROWSER, f"http://127.0.0.1:{numbered.port}/?history=7", tmp_path) as page:
        page.wait("document.body.dataset.state === 'answered'")
        page.type("search", "123")
        page.wait("[...document.getElementById('found').options].map((option) => option.value).join() === '123'")
        assert page.evaluate(shown_history) == "7" and page.evaluate("document.getElementById('search').value") == "123"
        page.press("Enter", "\r")
        page.wait(f"{shown_history} === '123,7'")
        assert page.evaluate("document.getElementById('search').value") == ""
        # A suggestion that is chosen is taken at once, and once, though browsers tell of it twice.
        page.type("search", "2")
        page.evaluate("""{ const search = document.getElementById('search'); search.value = '12';
                       for (const type of ['input', 'change']) search.dispatchEvent(new Event(type, { bubbles: true })); }""")
        page.wait(f"{shown_history} === '12,123,7'")
        page.type("search", "4567")
        page.press("Enter", "\r")
        page.wait("document.getElementById('error').innerText.startsWith('No item has the id 4567')")
        assert page.evaluate(shown_history) == "12,123,7" and page.evaluate("document.getElementById('search').value") == "4567"
