"""Time from `git clone` to the first delivered message: `python -m benchmarks.first_message`.

Clones this checkout's last commit, runs the README's first command there, and lets one user register with real keys
and the real password stretching, post, and read the post back from the server's history as another user.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_TOP = Path(__file__).parent.parent
_TALK = """
import sys, tempfile
from pathlib import Path
from securechat.client.chat_client import ChatClient
link, folder = sys.argv[1], Path(sys.argv[2])
with ChatClient(folder / "alice") as alice, ChatClient(folder / "bob") as bob:
    alice.connect(link, "alice", "correct horse battery", register=True)
    bob.connect(link, "bob", "battery horse correct", register=True)
    alice.wait_stored(alice.send("first"))
    for event in bob.events(timeout_s=10):
        if any(message.text == "first" for message in bob.messages()):
            print("delivered", flush=True)
            break
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        clone = f"{folder}/clone"
        subprocess.run(["git", "clone", "-q", str(_TOP), clone], check=True)
        arguments = "ARGS=--host 127.0.0.1 --port 0"
        server = subprocess.Popen(
            ["make", "run", arguments],
            cwd=clone,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert server.stdout is not None
        link = next((line.split()[-1] for line in server.stdout if line.startswith("Join link:")), "")
        listening = time.perf_counter() - begun
        python = f"{clone}/.venv/bin/python"
        done = subprocess.run([python, "-c", _TALK, link, folder], cwd=clone, text=True, capture_output=True)
        took = time.perf_counter() - begun
        os.killpg(server.pid, 15)
        server.wait()
        if "delivered" not in done.stdout:
            sys.exit(f"the message did not arrive:\n{done.stderr}")
        print(f"listening {listening:.1f} s, first message delivered {took:.1f} s after git clone began")


if __name__ == "__main__":
    main()
