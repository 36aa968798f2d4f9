"""A running `rechub serve` for tests: starts it on a free port, talks to it, stops it."""

import csv
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECHUB = pathlib.Path(os.environ.get("RECHUB_PROGRAM", ROOT / "build" / "rechub"))
TOKEN = "a-token-for-tests-only"


def rechub(*arguments, code=0):
    done = subprocess.run([RECHUB, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows(rows)


def make_data(folder):
    """150 users who walk a ring of 60 items with a title and one of four genres; users have an age group. Item 999 is in no history."""
    draw = random.Random(3)
    events = [("user", "item", "time")]
    for user in range(150):
        item = draw.randrange(60)
        for step in range(draw.randrange(5, 12)):
            events.append((f"u{user}", 1000 + item, step))
            item = (item + 1) % 60 if draw.random() < 0.9 else draw.randrange(60)
    write_csv(folder / "events.csv", events)
    genres = ["drama", "comedy", "crime", "\"quoted\" & <b>"]
    items = [("item", "title", "genre"), *((1000 + item, f"Title {item}", genres[item % 4]) for item in range(60)), (999, "Never seen", "drama")]
    write_csv(folder / "items.csv", items)
    write_csv(folder / "users.csv", [("user", "group"), *((f"u{user}", "young" if user % 2 else "old") for user in range(150))])
    rechub("prepare", "--interactions", folder / "events.csv", "--item-features", folder / "items.csv", "--user-features", folder / "users.csv", "--out", folder / "data")
    return folder / "data"


def train(data, model, out, epochs=5, seed=1, *more):
    rechub("train", "--data", data, "--model", model, "--out", out, "--epochs", epochs, "--batch-size", 32, "--learning-rate", 0.01, "--set", "model.dim=16",
           "--set", "model.max_length=10", "--seed", seed, "--overwrite", *more)
    return out


class Server:
    """`with Server(bundle, "--max-body", 1000) as server: server.post("/v1/recommend", {...})`."""

    def __init__(self, *arguments, token=TOKEN):
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        environment.pop("RECHUB_ADMIN_TOKEN", None)
        if token:
            environment["RECHUB_ADMIN_TOKEN"] = token
        self.process = subprocess.Popen([RECHUB, "serve", *map(str, arguments), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.log = []
        line = self.process.stdout.readline()
        found = re.fullmatch(r"serving on http://127\.0\.0\.1:(\d+)\n", line)
        if not found:
            raise AssertionError(line + self.process.stderr.read())
        self.port = int(found[1])
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def stop(self):
        """SIGTERM and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def request(self, method, path, body=None, token=None, headers=None):
        """Status, answer (parsed where it is JSON) and headers, over a connection of its own."""
        connection = self.connect()
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(text) if is_json else text, dict(response.getheaders())

    def get(self, path):
        status, answer, _ = self.request("GET", path)
        assert status == 200, answer
        return answer

    def post(self, path, body, token=None):
        status, answer, _ = self.request("POST", path, body, token)
        assert status == 200, answer
        return answer

    def recommend(self, **body):
        return self.post("/v1/recommend", body)

    def raw(self, data, seconds=5):
        """What comes back to these bytes until the server closes; b"" where it says nothing."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as client:
            try:
                client.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            received = b""
            try:
                while chunk := client.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return received

    def metric(self, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.MULTILINE)[1])

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def items_of(answer):
    return [row["item"] for row in answer["items"]]


class Load:
    """Threads that ask one after the other over kept connections, until the context ends; `answers` has (status, headers, body), `failures` what was no answer."""

    def __init__(self, server, body, threads=4):
        self.server, self.body = server, json.dumps(body)
        self.answers, self.failures, self.running = [], [], True
        self.threads = [threading.Thread(target=self.ask) for _ in range(threads)]

    def ask(self):
        connection = self.server.connect()
        while self.running:
            try:
                connection.request("POST", "/v1/recommend", self.body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                self.answers.append((response.status, response.headers, response.read()))
                if response.getheader("Connection") == "close":
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                if self.running:
                    self.failures.append(error)
                connection.close()
                if isinstance(error, ConnectionRefusedError):
                    return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.running = False
        for thread in self.threads:
            thread.join()
