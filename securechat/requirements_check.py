"""Can this Python run Secure Chat? One sentence with the command that mends it, if not.

``server.py`` and ``client.py`` ask before they import anything else of the project. So this file imports the
standard library alone, is written in words that Python 3.8 reads, and knows nothing of the chat. The packages
are looked for as an import would find them and not by their metadata: what counts is what the program gets.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

__all__ = ["problem"]

MINIMUM_PYTHON = (3, 11)
MINIMUM_PYCRYPTODOME = (4, 4)
# pycrypto, abandoned in 2013, answers to the same import name; its last version is 2.6.1, and the first
# pycryptodome is 3.0.
FIRST_PYCRYPTODOME = (3, 0)
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def problem(need_tk: bool = False) -> str | None:
    """What is missing and the command that mends it, as one sentence; None if all is there.

    ``need_tk``: tkinter is needed too, for the window. Raises nothing. Call it from the main thread.
    """
    return _python_problem() or _package_problem(need_tk) or (_tk_problem() if need_tk else None)


def _python_problem() -> str | None:
    if tuple(sys.version_info[:2]) >= MINIMUM_PYTHON:
        return None
    has = ".".join(str(part) for part in sys.version_info[:3])
    return (
        f"Secure Chat needs Python 3.11 or newer and this is {has}: {_python_install_command()}, "
        "then start it with the new Python."
    )


def _python_install_command() -> str:
    if sys.platform == "win32":
        return "run `winget install Python.Python.3.13`"
    if sys.platform == "darwin":
        return "run `brew install python@3.13 python-tk@3.13`"
    if shutil.which("dnf"):
        return "run `sudo dnf install python3.11 python3.11-tkinter`"
    return "run `sudo apt install python3.11 python3.11-venv python3-tk`"


def _package_problem(need_tk: bool) -> str | None:
    crypto = _crypto_version()
    if crypto is not None and crypto < FIRST_PYCRYPTODOME:
        return (
            "The abandoned package pycrypto is in the place of pycryptodome: "
            f"run `{_python()} -m pip uninstall -y pycrypto`, then `{_pip_install('--force-reinstall')}`."
        )
    if crypto is not None and crypto < MINIMUM_PYCRYPTODOME:
        found = ".".join(str(part) for part in crypto)
        return f"pycryptodome is {found} and must be 4.4 or newer: {_mend_packages(need_tk)}."
    missing = [] if crypto is not None else ["pycryptodome"]
    missing += [name for name in ("sqlalchemy", "platformdirs") if not _is_there(name)]
    if not missing:
        return None
    if len(missing) == 1:
        return f"The package {missing[0]} is missing: {_mend_packages(need_tk)}."
    return f"The packages {', '.join(missing[:-1])} and {missing[-1]} are missing: {_mend_packages(need_tk)}."


def _crypto_version() -> tuple[int, int] | None:
    """Major and minor version of the package behind ``Crypto``; None if there is none."""
    if not _imports("Crypto"):
        return None
    version = getattr(importlib.import_module("Crypto"), "version_info", (0, 0))
    return int(version[0]), int(version[1])


def _imports(name: str) -> bool:
    # A tkinter without its library is found and does not import.
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _is_there(name: str) -> bool:
    # Without importing it: SQLAlchemy would cost the start of the window a quarter of a second.
    return importlib.util.find_spec(name) is not None


def _mend_packages(need_tk: bool) -> str:
    # Debian and others forbid pip outside a virtual environment, so there `make` is the shortest way.
    in_venv = sys.prefix != sys.base_prefix
    if not in_venv and Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists():
        return f"run `make {'client' if need_tk else 'run'}` in {_quoted(str(REQUIREMENTS.parent))}"
    return f"run `{_pip_install()}`"


def _pip_install(*options: str) -> str:
    try:
        requirements = os.path.relpath(REQUIREMENTS)
    except (OSError, ValueError):  # the current folder is gone, or on another drive
        requirements = str(REQUIREMENTS)
    if requirements.startswith(os.pardir):
        requirements = str(REQUIREMENTS)
    return " ".join([_python(), "-m pip install", *options, "-r", _quoted(requirements)])


def _python() -> str:
    """This interpreter as a person would type it: its name, if that leads here, else its path."""
    name = Path(sys.executable).name
    # Links are compared as they stand: the `python` of a virtual environment links to another one.
    return name if shutil.which(name) == sys.executable else _quoted(sys.executable)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _tk_problem() -> str | None:
    if _imports("tkinter"):
        return None
    start = "Tk, which draws the window, is missing"
    if sys.platform == "win32":
        return f'{start}: run the Python installer again, choose "Modify" and tick "tcl/tk and IDLE".'
    if sys.platform == "darwin":
        version = ".".join(str(part) for part in sys.version_info[:2])
        return f"{start}: run `brew install python-tk@{version}`."
    if sys.base_prefix != "/usr":  # not the system's own Python, so its packages would not help
        return f"{start} in {_quoted(sys.executable)}: run `make client`, which finds a Python that has it."
    for manager, command in (
        ("apt-get", "sudo apt install python3-tk"),
        ("dnf", "sudo dnf install python3-tkinter"),
        ("zypper", "sudo zypper install python3-tk"),
        ("pacman", "sudo pacman -S tk"),
    ):
        if shutil.which(manager):
            return f"{start}: run `{command}`."
    return f"{start}: install your system's package of Python's tkinter."
