"""The window itself: its place and look, which are remembered, its least size, and the keys that hold everywhere."""

from __future__ import annotations

import gc
import json
import threading
import tkinter as tk
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from securechat.client.preferences import ZOOM_LEAST, ZOOM_MOST, Preferences, PreferenceStore
from securechat.desktop import texts
from securechat.desktop.app import App
from securechat.desktop.look.theme import ZOOMS, Theme
from securechat.desktop.window import LEAST, SIZE
from securechat.errors import StoreError
from tests.desktop.driver import Driver, FakeNotifier
from tests.desktop.fake_client import FakeClient

Start = Callable[..., App]
PLACE = "700x500+120+80"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program with a window of its own, each time on the same folder; the one before is closed."""
    running: list[App] = []

    def begin(**options: str) -> App:
        while running:
            running.pop().close()
        app = App(
            folder=tmp_path, notifier=FakeNotifier(), client_factory=lambda folder, on_event: FakeClient(),
            **options,  # type: ignore[arg-type]
        )
        running.append(app)
        app.root.update()
        return app

    yield begin
    while running:
        running.pop().close()
    gc.collect()  # an interpreter must not be freed by another thread


@pytest.fixture
def store(tmp_path: Path) -> PreferenceStore:
    return PreferenceStore(tmp_path)


def usual_size(app: App) -> list[int]:
    """Width and height of a window that is not remembered."""
    px, root = app.theme.px, app.root
    return [min(px(SIZE[0]), root.winfo_screenwidth()), min(px(SIZE[1]), root.winfo_screenheight())]


def size(app: App) -> list[int]:
    return [app.root.winfo_width(), app.root.winfo_height()]


def error_of(app: App) -> str:
    assert app.form is not None
    return str(app.form.error["text"])


# --- place --------------------------------------------------------------------------------------------


def test_size_and_place_are_remembered(start: Start, store: PreferenceStore) -> None:
    first = start()
    assert size(first) == usual_size(first)
    first.root.geometry(PLACE)
    first.root.update()
    first.close()
    assert store.load()[0].geometry == PLACE
    assert start().root.geometry() == PLACE


@pytest.mark.parametrize(
    "geometry",
    ["700x500+5000+80", "700x500+-690+80", "700x500+120+3000", "700x500+120+-40", "60x60+120+80", "nonsense", ""],
    ids=["right of it", "left of it", "below", "title out of reach", "a speck", "damaged", "never"],
)
def test_a_place_that_is_off_the_screen_is_not_taken(start: Start, store: PreferenceStore, geometry: str) -> None:
    """Screens come and go: a window that nobody can see cannot even be moved."""
    store.save(Preferences(geometry=geometry))
    app = start()
    assert size(app) == usual_size(app)
    assert app.root.winfo_x() >= 0 and app.root.winfo_y() >= 0


@pytest.mark.parametrize("geometry", ["700x500+-300+80", "700x500+1200+80", "700x500+120+600"])
def test_a_place_that_is_partly_on_the_screen_is_the_persons_choice(
    start: Start, store: PreferenceStore, geometry: str
) -> None:
    store.save(Preferences(geometry=geometry))
    app = start()
    assert app.root.winfo_screenwidth() >= 1300 and app.root.winfo_screenheight() >= 700
    assert app.root.geometry() == geometry


def test_a_window_of_a_larger_screen_fits_this_one(start: Start, store: PreferenceStore) -> None:
    store.save(Preferences(geometry="4000x3000+0+0"))
    app = start()
    assert size(app) == [app.root.winfo_screenwidth(), app.root.winfo_screenheight()]


def test_a_window_that_was_never_up_leaves_the_remembered_place_alone(
    start: Start, store: PreferenceStore, tmp_path: Path
) -> None:
    store.save(Preferences(geometry=PLACE))
    App(folder=tmp_path, notifier=FakeNotifier()).close()
    assert store.load()[0].geometry == PLACE


def test_a_window_of_somebody_else_keeps_its_place(window: Driver, tmp_path: Path) -> None:
    before = window.root.geometry()
    window.app.close()
    assert window.root.geometry() == before
    assert PreferenceStore(tmp_path).load()[0].geometry == ""


def test_it_does_not_get_smaller_than_it_can_be_used_and_that_follows_the_zoom(start: Start) -> None:
    app = start()
    app.root.geometry("450x430")
    app.root.update()
    assert app.root.minsize() == (app.theme.px(LEAST[0]), app.theme.px(LEAST[1]))
    app.change_preferences(replace(app.preferences, zoom=ZOOM_MOST))
    app.root.update()
    assert list(app.root.minsize()) == size(app)
    assert app.root.minsize()[0] == min(app.theme.px(LEAST[0]), app.root.winfo_screenwidth())


# --- look ---------------------------------------------------------------------------------------------


def test_what_was_chosen_holds_at_the_next_start(start: Start) -> None:
    chosen = Preferences("contrast", 1.5, "name", sound=False, do_not_disturb=True, send_typing=False)
    first = start()
    px = first.theme.px(1000)
    first.change_preferences(chosen)
    assert (first.theme.palette.name, first.theme.px(1000)) == ("contrast", pytest.approx(1.5 * px, abs=1))
    second = start()
    assert replace(second.preferences, geometry="") == chosen
    assert (second.theme.palette.name, second.theme.px(1000)) == ("contrast", first.theme.px(1000))
    assert second.form is not None and second.form.winfo_ismapped()


def test_a_change_is_on_the_disk_at_once(start: Start, store: PreferenceStore) -> None:
    app = start()
    app.change_preferences(replace(app.preferences, sound=False))
    assert not store.load()[0].sound


def test_a_theme_given_at_the_start_holds_for_this_time_alone(start: Start, store: PreferenceStore) -> None:
    store.save(Preferences(theme="light"))
    app = start(theme="contrast")
    assert app.theme.palette.name == "contrast"
    app.zoom(1)
    assert app.theme.palette.name == "contrast"
    assert store.load()[0].theme == "light"
    assert start().theme.palette.name == "light"


def test_a_theme_chosen_over_a_given_one_is_remembered(start: Start) -> None:
    app = start(theme="contrast")
    app.change_preferences(replace(app.preferences, theme="dark"))
    assert start().theme.palette.name == "dark"


def test_zoom_goes_from_80_to_200_percent_by_steps_and_not_beyond(start: Start) -> None:
    app = start()
    app.root.focus_force()
    normal = app.theme.px(1000)
    seen = []
    for key in ["<Control-minus>"] * 3 + ["<Control-equal>"] * 9:
        app.root.event_generate(key)
        app.root.update()
        seen.append(app.preferences.zoom)
    assert seen == [0.9, 0.8, 0.8, *ZOOMS[1:], ZOOM_MOST, ZOOM_MOST]
    assert ZOOMS[0] == ZOOM_LEAST and ZOOMS[-1] == ZOOM_MOST
    assert app.theme.px(1000) == pytest.approx(2 * normal, abs=1)
    app.root.event_generate("<Control-Key-0>")
    assert app.theme.px(1000) == normal


@pytest.mark.parametrize(("step", "zoom"), [(1, 1.5), (-1, 1.1), (0, 1.0)])
def test_a_zoom_between_the_steps_goes_on_from_the_nearest(
    start: Start, store: PreferenceStore, step: int, zoom: float
) -> None:
    store.save(Preferences(zoom=1.3))
    app = start()
    assert app.preferences.zoom == 1.3
    app.zoom(step)
    assert app.preferences.zoom == zoom


def test_while_the_form_is_busy_the_look_stays_and_the_rest_is_taken(window: Driver, tmp_path: Path) -> None:
    window.client.hold()
    window.type_form(server="127.0.0.1:5050", username="alice", password="correct horse")
    window.form.submit.invoke()
    window.until(window.client.connecting.is_set)
    theme = window.app.theme
    window.app.change_preferences(replace(window.app.preferences, theme="light", zoom=2.0, sound=False))
    assert window.app.theme is theme
    saved = PreferenceStore(tmp_path).load()[0]
    assert (saved.theme, saved.zoom, saved.sound) == ("system", 1.0, False)
    window.form.cancel.invoke()


def test_the_old_look_is_let_go_of_even_if_drawing_the_new_one_fails(
    window: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    closed: list[Theme] = []
    close = Theme.close
    monkeypatch.setattr(Theme, "close", lambda theme: (closed.append(theme), close(theme)))
    old = window.app.theme
    monkeypatch.setattr(window.app.window, "_redraw", crash)
    with pytest.raises(ZeroDivisionError):
        window.app.zoom(1)
    assert closed == [old]


# --- the disk -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"{", b"\xff\x00", b"[]", b'"' + b"x" * 70_000])
def test_damaged_preferences_are_said_in_the_form_and_kept_aside(
    start: Start, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "preferences.json").write_bytes(content)
    app = start()
    (aside,) = tmp_path.glob("preferences.json.damaged-*")
    assert aside.read_bytes() == content
    assert str(aside) in error_of(app) and "settings" in error_of(app)
    assert replace(app.preferences, geometry="") == Preferences()
    app.change_preferences(replace(app.preferences, theme="light"))
    again = start()
    assert error_of(again) == ""
    assert again.preferences.theme == "light"


def test_one_bad_value_costs_only_itself(start: Start, tmp_path: Path) -> None:
    (tmp_path / "preferences.json").write_text(json.dumps({"theme": "pink", "zoom": 1.25, "sound": "loud"}))
    app = start()
    assert (app.preferences.theme, app.preferences.zoom, app.preferences.sound) == ("system", 1.25, True)
    assert error_of(app) == ""


def test_preferences_that_could_not_be_read_are_not_written_over(
    start: Start, store: PreferenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(Preferences(theme="contrast", zoom=1.5))
    before = (tmp_path / "preferences.json").read_bytes()
    sentence = "Your preferences cannot be read: check the permissions of the file, then start again."
    monkeypatch.setattr(PreferenceStore, "load", lambda store: (Preferences(), sentence))
    app = start()
    assert error_of(app) == sentence
    app.close()
    assert (tmp_path / "preferences.json").read_bytes() == before


def test_a_disk_that_keeps_nothing_is_said_and_the_choice_holds_for_now(
    chat: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(store: PreferenceStore, preferences: Preferences) -> None:
        raise StoreError("The disk is full: make room, then choose again.")

    monkeypatch.setattr(PreferenceStore, "save", refuse)
    chat.app.change_preferences(replace(chat.app.preferences, theme="light"))
    assert chat.app.theme.palette.name == "light"
    assert chat.chat.notice.text == "The disk is full: make room, then choose again."


# --- keys and small services --------------------------------------------------------------------------


def test_control_a_selects_all_of_a_field_and_of_a_text(chat: Driver) -> None:
    chat.write("one\ntwo")
    text = chat.chat.composer.text
    text.focus_force()
    text.event_generate("<Control-a>")
    assert text.get("sel.first", "sel.last") == "one\ntwo"
    chat.control.search.open("words")
    chat.root.update()
    entry = chat.root.focus_get()
    assert isinstance(entry, tk.Entry)
    entry.focus_force()
    entry.event_generate("<Control-a>")
    assert entry.selection_get() == "words"


def test_the_keys_of_the_window_do_not_edit_what_is_written(chat: Driver) -> None:
    """In a text field of Tk, Ctrl+K deletes to the end of the line."""
    chat.write("precious words")
    text = chat.chat.composer.text
    text.mark_set("insert", "1.0")
    text.focus_force()
    text.event_generate("<Control-k>")
    chat.root.update()
    chat.control.sheets.close()
    text.focus_force()
    text.event_generate("<Control-f>")
    assert chat.control.search.is_open
    assert chat.chat.composer.get() == "precious words"


def test_a_second_start_brings_the_window_up_from_any_thread(start: Start) -> None:
    app = start(profile="work")
    assert app.root.title() == texts.profile_title("work")
    app.root.withdraw()
    app.root.update()
    answers: list[bool] = []

    def ask() -> None:
        thread = threading.Thread(target=lambda: answers.append(app.request_raise()), name="other-start")
        thread.start()
        thread.join()

    ask()
    assert not app.root.winfo_ismapped()  # no widget is touched from there
    app.pump.drain()
    app.root.update()
    assert app.root.winfo_ismapped()
    app.close()
    ask()
    assert answers == [True, False]
