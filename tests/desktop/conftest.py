"""Windows for the tests of this folder; each is closed at the end of its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.driver import Driver


@pytest.fixture
def open_window(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Makes driven windows; see `Driver` for the options."""
    made: list[Driver] = []

    def make(**options: object) -> Driver:
        made.append(Driver(tmp_path, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for driver in made:
        driver.close()


@pytest.fixture
def window(open_window: Callable[..., Driver]) -> Driver:
    """A window that shows the form, set to logging in."""
    made = open_window(visible=True)
    made.form.tabs["login"].invoke()
    made.form.focus_first()
    return made


@pytest.fixture
def chat(window: Driver) -> Driver:
    """A window that is logged in."""
    window.log_in()
    return window
