"""Ways to hold up or break the server's disk, so that tests see what happens in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from securechat.errors import StoreError
from securechat.server.storage.messages_sql import MessagesSql, Tx

WAIT_S = 10.0


@contextmanager
def held_commits(store: MessagesSql) -> Iterator[threading.Event]:
    """Within this no transaction begins; the event says that one is waiting to. Let go at the end."""
    real, waiting, go = store.writing, threading.Event(), threading.Event()

    @contextmanager
    def writing() -> Iterator[Tx]:
        waiting.set()
        go.wait(WAIT_S)
        with real() as tx:
            yield tx

    store.writing = writing  # type: ignore[method-assign]
    try:
        yield waiting
    finally:
        store.writing = real  # type: ignore[method-assign]
        go.set()


@contextmanager
def failing_commits(store: MessagesSql) -> Iterator[None]:
    """Within this every transaction is undone at its end, as on a full disk."""
    real = store.writing

    @contextmanager
    def writing() -> Iterator[Tx]:
        with real() as tx:
            yield tx
            raise StoreError("The disk is full.")

    store.writing = writing  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.writing = real  # type: ignore[method-assign]
