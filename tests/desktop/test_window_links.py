"""A click on an address without a browser: the person is told, and has the address."""

from __future__ import annotations

import webbrowser

import pytest

from securechat.desktop import texts
from securechat.desktop.messages.rows import Link
from tests.desktop.driver import Driver

URL = "https://a.example/b"


@pytest.mark.parametrize("problem", [None, webbrowser.Error("no browser")], ids=["none", "error"])
def test_an_address_that_does_not_open_is_said_and_copied(
    chat: Driver, monkeypatch: pytest.MonkeyPatch, problem: Exception | None
) -> None:
    def fail(url: str) -> bool:
        if problem is not None:
            raise problem
        return False

    monkeypatch.setattr(webbrowser, "open", fail)
    chat.control.messages.follow(Link(URL), 0)
    chat.until(lambda: chat.control.model.notices, "it is said")
    assert [notice.text for notice in chat.control.model.notices] == [texts.NO_BROWSER]
    assert chat.root.clipboard_get() == URL
