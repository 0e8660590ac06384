"""A client's process for `kill -9`: `FOLDER SERVER NAME DRAFT TEXT...`.

Registers, prints "online", and waits: for the loss of the connection, or for a line on its input. Then it posts the
texts, keeps the draft, prints "kept", and waits to be killed.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from securechat.client import ChatClient
from securechat.client.events import ConnectionState, Event, StateChanged
from tests.e2e.person import PASSWORD
from tests.keys import quick_stretch, rsa_key

KEY = 9


def main(folder: str, server: str, name: str, draft: str, *texts: str) -> None:
    begin = threading.Event()

    def note(event: Event) -> None:
        if isinstance(event, StateChanged) and event.state is ConnectionState.WAITING:
            begin.set()

    def read() -> None:
        if sys.stdin.readline():
            begin.set()

    threading.Thread(target=read, name="input", daemon=True).start()
    client = ChatClient(Path(folder), stretch=quick_stretch, generate_rsa=lambda: rsa_key(KEY), on_event=note)
    client.connect(server, name, PASSWORD, register=True)
    print("online", flush=True)
    begin.wait()
    for text in texts:
        client.send(text)
    if draft:
        client.set_draft(draft)
    print("kept", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
