"""Each profile has a folder of its own, and no name leads out of the program's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from securechat.client.profiles import profile_folder
from securechat.client.settings import default_folder
from securechat.errors import LocalProtocolError


@pytest.mark.parametrize("name", ["a", "work", "Alice.2_b-c", "9", "x" * 32, "console"])
def test_a_profile_lies_below_the_folder(folder: Path, name: str) -> None:
    assert profile_folder(folder, name) == folder / "profiles" / name
    assert profile_folder(None, name) == default_folder() / "profiles" / name
    assert not (folder / "profiles").exists()


def test_no_name_is_the_folder_itself(folder: Path) -> None:
    assert profile_folder(folder, "") == folder
    assert profile_folder(None, "") is None


@pytest.mark.parametrize(
    "name",
    [".", "..", "../x", "a/b", "a\\b", "a b", " ", ".hidden", "-x", "_x", "x.", "x" * 33, "ü", "a\n", "a\0", "٣",
     "con", "NUL", "com1", "lpt9.txt", "C:"],
)
def test_a_name_that_cannot_be_one_is_refused_with_an_example(folder: Path, name: str) -> None:
    with pytest.raises(LocalProtocolError, match="--profile work"):
        profile_folder(folder, name)
