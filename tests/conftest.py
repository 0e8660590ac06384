"""What holds for every test: a display, folders of its own, no thread left behind, nothing skipped.

An exception in any thread fails the test too: pytest warns of it, and warnings are errors here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
THREAD_DEADLINE_S = 2.0
XVFB_DEADLINE_S = 20.0
# Where programs keep what belongs to a person. Tests get folders of their own.
PERSONAL_FOLDERS = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}

# Examples are the same in each run of the checks, so that these fail for a change and not by chance.
# Deadlines would measure how busy the machine is. A fixture shared by all examples of a test is meant so.
settings.register_profile(
    "person", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.register_profile("ci", settings.get_profile("person"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "person")


# --- the virtual display --------------------------------------------------------------------------

_xvfb: subprocess.Popen[bytes] | None = None


def start_display() -> None:
    """Start an Xvfb on a free display number and set DISPLAY; or end the run with one sentence."""
    global _xvfb
    if shutil.which("Xvfb") is None:
        pytest.exit("There is no display and no Xvfb: `make test` installs it or says how.", returncode=2)
    read_end, write_end = os.pipe()
    # The server chooses the number itself and writes it once it accepts connections. A session of its own
    # keeps Ctrl+C from ending it before the windows on it are closed.
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    _xvfb = subprocess.Popen(
        [*command, "-noreset"],
        pass_fds=[write_end],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(write_end)
    # A server that hangs is ended by the timer, which ends the read below.
    timer = threading.Timer(XVFB_DEADLINE_S, _xvfb.kill)
    timer.start()
    with open(read_end, "rb") as pipe:
        number = pipe.readline().strip()
    timer.cancel()
    timer.join()
    if not number:
        stop_display()
        pytest.exit("Xvfb did not start.", returncode=2)
    os.environ["DISPLAY"] = f":{number.decode()}"


def stop_display() -> None:
    """End the Xvfb that this run started, and no other."""
    global _xvfb
    if _xvfb is None:
        return
    _xvfb.terminate()
    try:
        _xvfb.wait(5)
    except subprocess.TimeoutExpired:
        _xvfb.kill()
        _xvfb.wait()
    _xvfb = None
    del os.environ["DISPLAY"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whole folders, so that nobody forgets to."""
    for item in items:
        for folder, marker in (("desktop", "gui"), ("e2e", "e2e")):
            if TESTS / folder in item.path.parents:
                item.add_marker(marker)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the display before the first test if one of them opens windows.

    Where tests run side by side, each process has one of its own: two windows cannot both have the keyboard.
    """
    shared = os.environ.get("DISPLAY") and "PYTEST_XDIST_WORKER" not in os.environ
    if session.config.option.collectonly or sys.platform != "linux" or shared:
        return
    markers = {mark.name for item in session.items for mark in item.iter_markers()}
    if markers & {"gui", "e2e"}:
        start_display()


def pytest_unconfigure() -> None:
    stop_display()


# --- nothing is skipped ---------------------------------------------------------------------------


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip or an expected failure into a failure that says so."""
    if report.skipped or hasattr(report, "wasxfail"):
        reason = getattr(report, "wasxfail", "") or report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"skipped or expected to fail, and nothing is here: {reason}"
        with contextlib.suppress(AttributeError):
            del report.wasxfail


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    refuse_skip(report)
    return report


# --- fixtures of every test -----------------------------------------------------------------------


def point_home_to(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let everything that a program looks up as the person's own lie under ``folder``."""
    # The X server's key lies in the home folder on some systems, and windows must still find it.
    key = Path(os.path.expanduser("~")) / ".Xauthority"
    if "XAUTHORITY" not in os.environ and key.exists():
        patch.setenv("XAUTHORITY", str(key))
    for variable, below in PERSONAL_FOLDERS.items():
        patch.setenv(variable, str(folder / below))


@pytest.fixture(scope="session", autouse=True)
def _home_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The home of what lives longer than one test, such as a server shared by a module."""
    with pytest.MonkeyPatch.context() as patch:
        point_home_to(tmp_path_factory.mktemp("home"), patch)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's home folder as the test sees it; not made yet."""
    folder = tmp_path / "home"
    point_home_to(folder, monkeypatch)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for the data of a server or client."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def _no_thread_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread, daemon or not, once its own fixtures are gone."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_DEADLINE_S
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = sorted(thread.name for thread in set(threading.enumerate()) - before)
    assert not left, f"threads left behind: {', '.join(left)}"
