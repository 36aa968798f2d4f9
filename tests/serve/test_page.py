"""The page at /: loads nothing from elsewhere, and shows a user's history and recommendations with names and channels."""

import re
import shutil
import subprocess

import pytest

from serving import Server, items_of

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


def shown(server, query):
    browse = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", "--dump-dom", f"http://127.0.0.1:{server.port}/{query}"]
    return subprocess.run(browse, capture_output=True, text=True, timeout=120).stdout


def listed(dom, name):
    return re.findall(r'data-item="([^"]*)"', dom[dom.index(f'<ol id="{name}">'):].split("</ol>")[0])


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


def test_the_page_can_be_off(sasrec):
    with Server(sasrec, "--no-page") as server:
        for path in ("/", "/page.js", "/v1/page/settings", "/v1/page/history?query=u3"):
            assert server.request("GET", path)[0] == 404
        assert server.recommend(user="u3")["items"]


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
