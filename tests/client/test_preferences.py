"""What a person chose is there again, and a damaged file costs no more than the choices in it."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.client.preferences import Preferences, PreferenceStore
from securechat.errors import StoreError

CHOSEN = Preferences("contrast", 1.5, "name", False, True, False, "800x600+10+-20")


def written(folder: Path, content: object) -> PreferenceStore:
    """A store whose file holds this: bytes as they are, all else as JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / "preferences.json").write_bytes(data)
    return PreferenceStore(folder)


def asides(folder: Path) -> list[Path]:
    return list(folder.glob("preferences.json.damaged-*"))


def test_the_first_start_has_the_usual_choices_and_writes_nothing(folder: Path) -> None:
    assert PreferenceStore(folder / "none").load() == (Preferences(), "")
    assert not (folder / "none").exists()


def test_what_was_chosen_is_there_again(folder: Path) -> None:
    PreferenceStore(folder / "new").save(CHOSEN)
    assert PreferenceStore(folder / "new").load() == (CHOSEN, "")


def test_without_a_folder_the_place_of_the_system_is_used(home: Path) -> None:
    PreferenceStore().save(CHOSEN)
    assert PreferenceStore().load() == (CHOSEN, "")
    assert [path for path in home.rglob("preferences.json") if "securechat" in path.parts]


def test_only_the_owner_reads_the_file(folder: Path) -> None:
    PreferenceStore(folder).save(CHOSEN)
    assert sys.platform == "win32" or stat.S_IMODE((folder / "preferences.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"\xff\0", b"[]", b"{", b"[" * 60_000, b'{"zoom": ' + b"1" * 5000 + b"}", b" " * 70_000]
)
def test_a_damaged_file_is_set_aside_and_said(folder: Path, content: bytes) -> None:
    loaded, sentence = written(folder, content).load()
    assert loaded == Preferences()
    [aside] = asides(folder)
    assert aside.read_bytes() == content
    assert str(aside) in sentence and "settings" in sentence
    assert PreferenceStore(folder).load() == (Preferences(), "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"), ("theme", ["light"]), ("zoom", 0.79), ("zoom", 2.01), ("zoom", True), ("zoom", "1"),
        ("zoom", float("nan")), ("notices", None), ("sound", 1), ("do_not_disturb", "yes"), ("send_typing", {}),
        ("geometry", "800x600"), ("geometry", "0x0+1+1"), ("geometry", "800x600+1+1\n"), ("geometry", 5),
        ("geometry", "9999999x1+0+0"), ("geometry", "-zoomed 1"), ("geometry", "٨x٨+٨+٨"),
    ],
)
def test_a_value_that_is_not_allowed_falls_to_its_default_alone(folder: Path, name: str, value: object) -> None:
    good = {"theme": "dark", "zoom": 1.25, "notices": "nothing", "sound": False, "do_not_disturb": True,
            "send_typing": False, "geometry": "1x1-5+5"}
    loaded, sentence = written(folder, {**good, name: value, "unknown": 1}).load()
    assert sentence == "" and not asides(folder)
    expected = Preferences(**{**good, name: getattr(Preferences(), name)})  # type: ignore[arg-type]
    assert loaded == expected


@given(content=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["theme", "zoom", "notices", "sound", "geometry"]) | st.text(), inner
    ),
))
def test_no_content_stops_the_start(folder: Path, content: object) -> None:
    loaded, _ = written(folder, content).load()
    assert loaded.theme in ("light", "dark", "contrast", "system")
    assert 0.8 <= loaded.zoom <= 2.0


def test_a_file_that_cannot_be_read_is_said_and_stays(folder: Path) -> None:
    (folder / "preferences.json").mkdir()
    loaded, sentence = PreferenceStore(folder).load()
    assert loaded == Preferences() and "cannot be read" in sentence and "permissions" in sentence
    assert (folder / "preferences.json").is_dir()


def test_a_damaged_file_that_cannot_be_renamed_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    loaded, sentence = written(folder, b"{").load()
    assert loaded == Preferences() and "Permission denied" in sentence and "Delete the file" in sentence


def test_a_disk_that_refuses_leaves_the_old_choices(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PreferenceStore(folder)
    store.save(CHOSEN)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="free space"):
            store.save(Preferences())
    assert store.load() == (CHOSEN, "")


def test_what_an_interrupted_save_left_is_removed(folder: Path) -> None:
    (folder / ".preferences.json.abc.new").write_bytes(b"half")
    PreferenceStore(folder).load()
    assert list(folder.iterdir()) == []
