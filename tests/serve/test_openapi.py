"""schemathesis makes requests from the service's own OpenAPI document, good ones and bad ones, and holds the answers against it."""

import subprocess
import sys

from serving import TOKEN


def test_answers_are_what_the_document_says(server):
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server.port}/openapi.json", "--max-examples", "40", "--seed", "1", "--checks", "all",
               "--header", f"Authorization: Bearer {TOKEN}", "--exclude-operation-id", "reload", "--request-timeout", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout or "passed" in done.stdout
