"""`client.py` as a program: options, and one sentence when something is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from securechat import __version__
from securechat.client.address import ServerAddress
from securechat.client.settings import Settings
from securechat.client.single_instance import SingleInstance

TOP = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`client.py` with these options, to its end."""
    return subprocess.run(
        [sys.executable, str(TOP / "client.py"), *arguments],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=30, check=False,
    )


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip() == f"Secure Chat {__version__}"


def test_the_folder_is_said_to_hold_what_it_holds() -> None:
    """Keys are never on disk."""
    help_text = " ".join(run("--help").stdout.split())
    assert "where settings and unsent messages are kept" in help_text


def test_a_pin_is_removed_only_on_purpose(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path)
    settings.pin(ServerAddress.parse("localhost:5050"), "a" * 64)
    done = run("--folder", str(tmp_path), "--forget-pin", "localhost")
    assert done.returncode == 0 and "compare" in done.stdout
    assert Settings.load(tmp_path).pins == {}
    assert run("--folder", str(tmp_path), "--forget-pin", "a b").returncode == 1


def test_a_pin_is_removed_from_the_profile_that_has_it(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "profiles" / "work"):
        Settings.load(folder).pin(ServerAddress.parse("localhost:5050"), "a" * 64)
    assert run("--folder", str(tmp_path), "--profile", "work", "--forget-pin", "localhost").returncode == 0
    assert Settings.load(tmp_path).pins
    assert Settings.load(tmp_path / "profiles" / "work").pins == {}


def test_a_second_start_brings_the_first_window_up(tmp_path: Path) -> None:
    """It needs no display for that, and ends well."""
    asked = threading.Event()
    first = SingleInstance.claim(tmp_path, asked.set, calm_s=0.0)
    assert first is not None
    with closing(first):
        done = run("--folder", str(tmp_path), DISPLAY="")
        assert asked.is_set()
    assert done.returncode == 0 and "open already" in done.stdout and done.stderr == ""


def test_each_profile_has_a_window_of_its_own(tmp_path: Path) -> None:
    """What is open for one profile does not stand in the way of another, which gets as far as opening a window."""
    asked = threading.Event()
    first = SingleInstance.claim(tmp_path / "profiles" / "work", asked.set, calm_s=0.0)
    assert first is not None
    with closing(first):
        assert run("--folder", str(tmp_path), "--profile", "home", DISPLAY="").returncode == 2
        assert not asked.is_set()
        assert run("--folder", str(tmp_path), "--profile", "work", DISPLAY="").returncode == 0
        assert asked.is_set()


@pytest.mark.parametrize("name", ["../away", ".", "a b", "con"])
def test_a_name_that_no_profile_can_have_is_said(tmp_path: Path, name: str) -> None:
    done = run("--folder", str(tmp_path), "--profile", name)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "--profile work" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_display_one_sentence_says_what_to_do() -> None:
    done = run(DISPLAY="")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "terminal_client" in done.stderr


def test_what_is_missing_is_told_in_one_sentence(tmp_path: Path) -> None:
    """A package that cannot be imported is named with the command that mends it, before any window is tried."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['platformdirs'] = None\n")
    done = run(PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "platformdirs" in done.stderr and "install" in done.stderr


def test_a_termination_signal_closes_the_window_in_order(tmp_path: Path) -> None:
    """The window says in its debug log that it is up; then it is asked to end."""
    with subprocess.Popen(
        [sys.executable, str(TOP / "client.py"), "--folder", str(tmp_path), "--theme", "dark", "--debug"],
        stderr=subprocess.PIPE, text=True,
    ) as process:
        assert process.stderr is not None
        assert any("the window is up" in line for line in process.stderr)
        assert run("--folder", str(tmp_path)).returncode == 0, "a second start only brings it up"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
