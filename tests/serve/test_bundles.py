"""Bundles of different data in one service: each takes the features its data has, and what no data has is refused."""

import pytest

from serving import TOKEN, Server, items_of


@pytest.fixture(scope="module")
def three(plain, sasrec, shelves, tmp_path_factory):
    with Server(plain, sasrec, shelves, "--channels", "plain,sasrec=0,shelves=0,content=0", "--show", "genre", "--data-dir", tmp_path_factory.mktemp("three")) as running:
        yield running


def message(server, *request):
    status, answer, _ = server.request(*request, token=TOKEN)
    assert status == 400, answer
    return answer["error"]["message"]


def test_each_bundle_takes_the_features_its_data_has(three, sasrec, shelves):
    request = {"user": "x", "features": {"group": "old", "age": 33}, "k": 8}
    with Server(sasrec) as server:
        assert three.recommend(**request, channels=["sasrec"])["items"] == server.recommend(user="x", k=8, features={"group": "old"})["items"]
    with Server(shelves) as server:
        assert three.recommend(**request, channels=["shelves"])["items"] == server.recommend(user="x", k=8, features={"age": 33})["items"]
    assert three.recommend(**request)["fallback"]["reason"] == "unknown user", "plain has nothing to go by"
    unknown = three.recommend(user="x", features={"group": "ancient", "age": 33})["unknown"]
    assert unknown == {"history": 0, "allow": 0, "deny": 0, "features": ["group"]}, "no group of that name was in the data"
    told = message(three, "POST", "/v1/recommend", {"features": {"aeg": 3}})
    assert "unknown user or context feature 'aeg' (did you mean age?): plain knows none; sasrec knows group; shelves knows age" in told
    assert '"age" must be a number' in message(three, "POST", "/v1/recommend", {"features": {"age": "old"}, "channels": ["plain"]})
    assert "unknown sequence 'clicks': plain knows none" in message(three, "POST", "/v1/recommend", {"sequences": {"clicks": []}})


def test_an_item_goes_to_the_bundles_whose_data_has_one_of_its_features(three):
    def put(body):
        status, answer, _ = three.request("PUT", "/v1/items/new", body, TOKEN)
        assert status == 200, answer
        return answer["channels"]

    assert put({"features": {"shelf": "shelf 1"}}) == ["shelves"]
    assert put({"features": {"title": "Title 3", "shelf": "shelf 1", "genre": "drama"}}) == ["sasrec", "shelves"]
    both = {channel: three.post("/v1/similar", {"item": "new", "channel": channel, "k": 3})["items"] for channel in ("sasrec", "shelves")}
    assert put({"features": {"title": "Title 3", "genre": "drama"}, "channel": "sasrec"}) == ["sasrec"]
    assert three.post("/v1/similar", {"item": "new", "channel": "sasrec", "k": 3})["items"] == both["sasrec"]
    three.post("/v1/reload", {}, TOKEN)
    assert {channel: three.post("/v1/similar", {"item": "new", "channel": channel, "k": 3})["items"] for channel in ("sasrec", "shelves")} == both
    told = message(three, "PUT", "/v1/items/x", {"features": {"shlf": 1}})
    assert "unknown item feature 'shlf' (did you mean shelf?): plain knows none; sasrec knows title, genre; shelves" in told
    assert "must say which bundle the item is for: plain, sasrec, shelves" in message(three, "PUT", "/v1/items/x", {"features": {"genre": "drama"}, "channel": "nope"})
    assert "plain knows none" in message(three, "PUT", "/v1/items/x", {"features": {"genre": "drama"}, "channel": "plain"})


def test_items_are_described_by_the_first_bundle_that_has_features(three):
    answer = three.recommend(history=["1001", "1005"], channels=["content"], k=5, labels=True, diversity={"weight": 0, "feature": "genre"})
    assert all(row["channels"] == ["content"] and row["label"] == "comedy" for row in answer["items"])
    assert "1009" in items_of(answer) and three.get("/v1/page/settings")["features"] == ["title", "genre"]


def test_the_document_knows_what_each_bundle_takes(three):
    schemas = three.get("/openapi.json")["components"]["schemas"]
    assert set(schemas["RecommendRequest"]["properties"]["features"]["properties"]) == {"group", "age"}
    bodies = [(body["required"], body["properties"]) for body in schemas["Item"]["oneOf"]]
    put = [({*required}, of.get("channel", {}).get("enum"), {*of.get("features", {}).get("properties", {})}) for required, of in bodies]
    assert put == [*(({"vector", "channel"}, [name], set()) for name in ("plain", "sasrec", "shelves")), ({"features", "channel"}, ["sasrec"], {"title", "genre"}),
                   ({"features", "channel"}, ["shelves"], {"genre", "shelf"}), ({"features"}, None, {"title", "genre", "shelf"})]
    assert all(body["properties"]["vector"]["minItems"] == 16 for body in schemas["Item"]["oneOf"][:3])
