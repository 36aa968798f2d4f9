"""Hot swaps under load, for a test of a few and a benchmark of many."""

import json
import pathlib
import shutil
import time

from serving import TOKEN, Load, Server, items_of


def swap_under_load(bundles, served: pathlib.Path, body: dict, swaps: int, threads: int = 4) -> dict:
    """Serves one of two bundles by turns, from the folder `served`, while `threads` clients ask for `body`. Counts answers, requests that failed (no answer, or not 200) and mixed
    answers: items that are not those which the bundle of the answer's version gave when it was alone."""
    shutil.copytree(bundles[0], served)
    with Server(served, "--cache-megabytes", 0) as server:
        expected = {1: items_of(server.recommend(**body))}
        slowest = 0
        with Load(server, body, threads) as load:
            for turn in range(swaps):
                shutil.rmtree(served)
                shutil.copytree(bundles[(turn + 1) % 2], served)
                began = time.monotonic()
                if server.post("/v1/reload", {}, TOKEN) != {"version": turn + 2}:
                    raise AssertionError("a version was passed over")
                slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
    with Server(bundles[1]) as server:
        expected[0] = items_of(server.recommend(**body))
    if expected[0] == expected[1]:
        raise AssertionError("both bundles answer alike: a mixed answer could not be told")
    answers = [json.loads(text) for status, _, text in load.answers if status == 200]
    return {
        "swaps": swaps,
        "answers": len(load.answers),
        "failed": len(load.failures) + len(load.answers) - len(answers),
        "mixed": sum(items_of(answer) != expected[answer["version"] % 2] for answer in answers),
        "versions_seen": len({answer["version"] for answer in answers}),
        "slowest_swap_seconds": slowest,
    }
