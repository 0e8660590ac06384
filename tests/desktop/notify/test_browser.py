"""Addresses open in threads of their own; that there is no browser is told, and nothing hangs with one that does."""

from __future__ import annotations

import queue
import threading
import webbrowser
from collections.abc import Iterator

import pytest

from securechat.desktop.notify.browser import MOST, Browser

DEADLINE_S = 5.0
URL = "https://a.example/b"


class Desk:
    """A browser whose behaviour the test sets, and what is told."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.opened: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.outcome: bool | Exception = True
        self.free = threading.Event()
        self.free.set()
        self.browser = Browser(self.told.put)

    def open(self, url: str) -> bool:
        """In place of the real one."""
        self.opened.put((url, threading.current_thread().name))
        self.free.wait(DEADLINE_S)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def click(self) -> None:
        self.browser.open(URL, lambda: self.told.put("failed"))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk()
    monkeypatch.setattr(webbrowser, "open", made.open)
    yield made
    made.free.set()
    assert made.browser.close(DEADLINE_S)


def test_an_address_opens_in_a_thread_of_its_own(desk: Desk) -> None:
    desk.click()
    assert desk.opened.get(timeout=DEADLINE_S) == (URL, "desktop-browser")
    assert desk.browser.close(DEADLINE_S) and desk.told.empty()


@pytest.mark.parametrize("outcome", [False, webbrowser.Error("no browser"), FileNotFoundError()])
def test_that_there_is_no_browser_is_told(desk: Desk, outcome: bool | Exception) -> None:
    desk.outcome = outcome
    desk.click()
    assert desk.told.get(timeout=DEADLINE_S) == "failed"
    assert desk.browser.close(DEADLINE_S) and desk.told.empty()


def test_a_defect_goes_to_the_owner(desk: Desk) -> None:
    desk.outcome = ZeroDivisionError()
    desk.click()
    assert desk.told.get(timeout=DEADLINE_S) is desk.outcome
    assert desk.browser.close(DEADLINE_S) and desk.told.empty()


def test_only_a_few_are_waited_for_and_closing_has_a_deadline(desk: Desk) -> None:
    desk.free.clear()
    for _ in range(MOST):
        desk.click()
        desk.opened.get(timeout=DEADLINE_S)
    assert desk.told.empty()
    desk.click()
    assert desk.told.get(timeout=DEADLINE_S) == "failed" and desk.opened.empty()
    assert not desk.browser.close(0.01)
    desk.free.set()
    assert desk.browser.close(DEADLINE_S)
    desk.click()
    desk.opened.get(timeout=DEADLINE_S)
