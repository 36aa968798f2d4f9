"""Under load: overload is refused and passes, bundles are swapped without a failed or mixed answer, SIGTERM ends in order."""

import json
import pathlib
import shutil
import signal
import socket
import time

import pytest

from serving import TOKEN, Load, Server, train
from swapping import swap_under_load


def flip_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_swaps_under_load_fail_no_request_and_mix_no_answer(sasrec, data, tmp_path):
    other = train(data, "sasrec", tmp_path / "other", 1, 9)
    found = swap_under_load([sasrec, other], tmp_path / "model.bundle", {"user": "u4", "k": 20}, 6)  # bench/endurance_bench.py does it a hundred times
    assert found["swaps"] == 6 and found["answers"] > 20 and found["versions_seen"] >= 3
    assert found["failed"] == 0 and found["mixed"] == 0


def test_a_broken_bundle_is_refused_and_the_old_one_stays(sasrec, tmp_path):
    bundle = tmp_path / "model.bundle"
    shutil.copytree(sasrec, bundle)
    with Server(bundle) as server:
        before = server.recommend(user="u4")
        for name in ("weights.safetensors", "item_vectors.safetensors", "config.json", "data/events.arrow", "manifest.json"):
            (bundle / name).unlink()  # the running service maps the old file
            shutil.copy(sasrec / name, bundle / name)
            flip_byte(bundle / name)
            status, answer, _ = server.request("POST", "/v1/reload", token=TOKEN)
            assert status == 409 and "the old bundles stay" in answer["error"]["message"], name
            (bundle / name).unlink()
            shutil.copy(sasrec / name, bundle / name)
        (bundle / "weights.safetensors").unlink()
        assert server.request("POST", "/v1/reload", token=TOKEN)[0] == 409
        assert server.recommend(user="u4") == before
        shutil.copy(sasrec / "weights.safetensors", bundle / "weights.safetensors")
        assert server.post("/v1/reload", {}, TOKEN) == {"version": 2}
        assert server.recommend(user="u4")["items"] == before["items"]


def test_overload_is_refused_with_retry_after_and_passes(sasrec):
    with Server(sasrec, "--max-waiting", 3, "--threads", 1, "--cache-megabytes", 0) as server:
        with Load(server, {"user": "u1", "k": 10000, "filter_seen": False, "labels": True}, threads=16) as load:
            time.sleep(2)
            assert server.get("/healthz") == {"status": "ok"}
        statuses = {status for status, _, _ in load.answers}
        assert statuses == {200, 503} and not load.failures
        for status, headers, text in load.answers:
            assert status == 200 or (headers["Retry-After"] == "1" and json.loads(text)["error"]["status"] == 503)
        assert server.metric("rechub_requests_overloaded_total") == sum(status == 503 for status, _, _ in load.answers)
        time.sleep(0.2)
        assert server.recommend(user="u1")["items"]


def test_a_worker_has_no_threads_of_its_own(sasrec):
    """Requests run beside each other. A team of threads behind every worker costs more than half of the answers a second, as they wait for each other."""
    with Server(sasrec, "--threads", 2, "--cache-megabytes", 0) as server:
        threads = lambda: len(list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir()))  # noqa: E731
        assert server.get("/healthz")
        before = threads()
        with Load(server, {"history": [str(1000 + i) for i in range(10)], "k": 50}, threads=6):
            time.sleep(1)
        assert threads() == before


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_turns_readiness_off_finishes_what_runs_and_ends(sasrec, name):
    with Server(sasrec, "--drain-seconds", 4) as server:
        idle = server.connect()
        idle.request("GET", "/readyz")
        assert idle.getresponse().read()
        with Load(server, {"user": "u1", "k": 50}, threads=3) as load:
            time.sleep(0.3)
            before = len(load.answers)
            began = time.monotonic()
            server.process.send_signal(getattr(signal, name))
            time.sleep(0.3)
            status, answer, headers = server.request("GET", "/readyz")
            assert status == 503 and headers["Connection"] == "close"
            load.running = False  # what is asked until here is answered
            assert server.process.wait(timeout=20) == 0
            assert time.monotonic() - began < 10
        assert len(load.answers) > before and {status for status, _, _ in load.answers} == {200}
        assert not load.failures


def test_a_connection_that_is_kept_is_told_of_the_end_and_not_cut(sasrec):
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with Server(sasrec, "--drain-seconds", 5) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(20)]
        for client in clients:
            client.sendall(request)
            assert b"Connection: close" not in client.recv(10000)
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        for turn, client in enumerate(clients):  # while requests are still answered
            time.sleep(max(0.0, began + 0.04 * (turn + 1) - time.monotonic()))
            client.sendall(request)
            answer = b""
            while chunk := client.recv(10000):  # ends in order: a connection that is reset would raise
                answer += chunk
            assert answer.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in answer, turn
            client.close()
        assert server.process.wait(timeout=20) == 0
