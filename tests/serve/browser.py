"""A page in Chromium that tests type into, driven by the DevTools protocol over a pipe."""

import json
import os
import subprocess
import time


class Page:
    """`with Page(browser, url, folder) as page: page.type("search", "12"); page.wait("document.title")`."""

    def __init__(self, browser, url, folder):
        ours_in, commands = os.pipe()
        self.answers, ours_out = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4.
        start = 'exec "$0" --headless=new --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir="$3" about:blank 3<&"$1" 4>&"$2"'
        self.process = subprocess.Popen(["bash", "-c", start, browser, str(ours_in), str(ours_out), str(folder)], pass_fds=(ours_in, ours_out),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(ours_in)
        os.close(ours_out)
        self.commands, self.read, self.last, self.session = os.fdopen(commands, "wb", buffering=0), b"", 0, None
        target = self.send("Target.createTarget", url=url)["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.commands.close()
        os.close(self.answers)

    def send(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.read:
                part = os.read(self.answers, 1 << 16)
                assert part, "the browser has ended"
                self.read += part
            line, self.read = self.read.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("id") == self.last:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, expression):
        return self.send("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, expression, timeout=20):
        """Until the expression is true."""
        end = time.monotonic() + timeout
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"{expression}: not in {timeout} s\n{self.evaluate('document.body.innerText')}"
            time.sleep(0.05)

    def type(self, field, text):
        """Key by key, as a person does: the page sees each."""
        self.evaluate(f"document.getElementById('{field}').focus()")
        for key in text:
            self.press(key, key)

    def press(self, key, text):
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=13 if key == "Enter" else 0)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)
        time.sleep(0.2)
