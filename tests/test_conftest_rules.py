"""What conftest.py promises is true of tests that break the promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

TESTS = Path(__file__).resolve().parent
SETTINGS = '[pytest]\nfilterwarnings = error\nmarkers =\n    gui: a window\n    e2e: a process\n'


def run_sample(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on one sample test under a copy of conftest.py."""
    (folder / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    conftest = (TESTS / "conftest.py").read_text(encoding="utf-8")
    # The samples do leave threads behind, so nothing is gained by waiting for them.
    conftest = conftest.replace("THREAD_DEADLINE_S = 2.0", "THREAD_DEADLINE_S = 0.05")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "test_sample.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", "test_sample.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50)


def test_thread_left_behind_skip_and_exception_in_a_thread_fail(folder: Path) -> None:
    """One run shows each: threads that outlive a test, skips, expected failures, exceptions in threads."""
    done = run_sample(folder, """
import threading
import pytest

stop = threading.Event()
threading._register_atexit(stop.set)

def test_daemon():
    threading.Thread(target=stop.wait, name="forgotten-daemon", daemon=True).start()

def test_plain():
    threading.Thread(target=stop.wait, name="forgotten-plain").start()

def test_skipped():
    pytest.skip("no time")

@pytest.mark.skip(reason="no wish")
def test_marked():
    pass

@pytest.mark.xfail(reason="no hope")
def test_expected():
    assert False

def test_exception_in_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()

def test_good():
    thread = threading.Thread(target=print)
    thread.start()
""")
    words = done.stdout
    assert done.returncode == 1, words + done.stderr
    assert "threads left behind: forgotten-daemon" in words
    assert "threads left behind: forgotten-plain" in words
    for reason in ("no time", "no wish", "no hope"):
        assert reason in words
    assert "ZeroDivisionError" in words
    # The two that leave threads pass and fail in the check after it; a mark skips before the test is called.
    assert words.splitlines()[-1].strip("= ").startswith("3 failed, 3 passed, 3 errors"), words


def test_module_that_skips_itself_fails_the_run(folder: Path) -> None:
    done = run_sample(folder, "import pytest\npytest.skip('not here', allow_module_level=True)\n")
    assert done.returncode != 0
    assert "not here" in done.stdout


def test_window_test_gets_a_display_that_ends_with_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without DISPLAY one Xvfb is started; when the run is over its process is gone."""
    monkeypatch.delenv("DISPLAY", raising=False)
    done = run_sample(folder, """
import os
import tkinter
import pytest

@pytest.mark.gui
def test_window():
    root = tkinter.Tk()
    root.update()
    root.destroy()
    with open("display", "w") as file:
        file.write(os.environ["DISPLAY"])
""")
    assert done.returncode == 0, done.stdout + done.stderr
    number = (folder / "display").read_text().removeprefix(":")
    assert not Path(f"/tmp/.X{number}-lock").exists()  # noqa: S108 - the X server's own lock file


def test_home_of_a_test_is_its_own(home: Path, tmp_path: Path) -> None:
    assert home.is_relative_to(tmp_path)
    assert Path.home() == home
    assert Path(platformdirs.user_data_dir("securechat")).is_relative_to(home)


def test_folder_starts_empty(folder: Path) -> None:
    assert list(folder.iterdir()) == []
