"""schemathesis makes requests from the service's own OpenAPI document, good ones and bad ones, and holds the answers against it."""

import json
import subprocess
import sys

import pytest

from serving import TOKEN, Server


@pytest.fixture(scope="module")
def keeping(sasrec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    (folder / "experiments.toml").write_text('[[experiment]]\nname = "way"\n[[experiment.arm]]\nname = "a"\n[[experiment.arm]]\nname = "b"\nsettings = { k = 5 }\n')
    with Server(sasrec, "--channels", "sasrec,item_knn=0", "--data-dir", folder, "--experiments", folder / "experiments.toml") as running:
        yield running


@pytest.fixture(scope="module")
def several(plain, shelves, tmp_path_factory):
    with Server(plain, shelves, "--channels", "plain,shelves,content=0", "--data-dir", tmp_path_factory.mktemp("several")) as running:
        yield running


@pytest.mark.parametrize("service", ["keeping", "several"])
def test_answers_are_what_the_document_says(service, request, tmp_path):
    server = request.getfixturevalue(service)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server.port}/openapi.json", "--max-examples", "40", "--seed", "1", "--checks", "all",
               "--header", f"Authorization: Bearer {TOKEN}", "--exclude-operation-id", "reload", "--request-timeout", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=tmp_path)  # it keeps its cases in the working directory
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "8 selected / 9 total" in done.stdout


def test_the_document_knows_the_bundles(keeping):
    schemas = json.loads(json.dumps(keeping.get("/openapi.json")))["components"]["schemas"]
    request = schemas["RecommendRequest"]["properties"]
    assert request["channels"]["items"]["enum"] == ["sasrec", "popularity", "item_knn"]
    assert set(request["features"]["properties"]) == {"group"}
    assert request["diversity"]["properties"]["feature"]["enum"] == ["title", "genre"]
    assert request["arms"]["properties"]["way"]["enum"] == ["a", "b"]
    assert schemas["Item"]["oneOf"][0]["properties"]["vector"]["maxItems"] == 16
    assert set(schemas["Item"]["oneOf"][1]["properties"]["features"]["properties"]) == {"title", "genre"}
