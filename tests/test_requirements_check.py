"""Each thing that may be missing is answered with one sentence and the command that mends it."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import types
from pathlib import Path

import pytest

from securechat import requirements_check
from securechat.requirements_check import problem

ROOT = Path(__file__).resolve().parent.parent


def hide(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Let importing these fail as if they were not installed."""
    for name in names:
        patch.setitem(sys.modules, name, None)


def put_crypto(patch: pytest.MonkeyPatch, *version: object) -> None:
    """Put a package of this version in the place of Crypto."""
    module = types.ModuleType("Crypto")
    module.version_info = version  # type: ignore[attr-defined]
    patch.setitem(sys.modules, "Crypto", module)


@pytest.fixture
def in_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python in whose environment pip may install."""
    monkeypatch.setattr(sys, "prefix", "/example/venv")


@pytest.fixture
def no_tk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is there but Tk, on the system's own Python."""
    hide(monkeypatch, "tkinter")
    monkeypatch.setattr(sys, "base_prefix", "/usr")


def one_sentence(text: str | None) -> str:
    assert text is not None
    assert "\n" not in text and text.endswith(".") and text.count(". ") == 0
    return text


def test_nothing_is_missing_here() -> None:
    assert problem() is None
    assert problem(need_tk=True) is None


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 13)])
def test_too_old_python_comes_before_all_else(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    hide(monkeypatch, "Crypto", "tkinter")
    monkeypatch.setattr(sys, "version_info", version)
    text = one_sentence(problem(need_tk=True))
    assert "needs Python 3.11 or newer" in text
    assert ".".join(map(str, version)) in text
    assert "`" in text


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 1), (4, 0, 0)])
def test_python_that_is_new_enough_is_accepted(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert problem() is None


@pytest.mark.parametrize(
    ("platform", "manager", "command"),
    [
        ("win32", None, "winget install"),
        ("darwin", None, "brew install"),
        ("linux", "dnf", "dnf install"),
        ("linux", "apt-get", "apt install"),
    ],
)
def test_new_python_is_installed_by_the_systems_own_command(
    monkeypatch: pytest.MonkeyPatch, platform: str, manager: str | None, command: str
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(requirements_check.shutil, "which", lambda name: name if name == manager else None)
    assert command in one_sentence(problem())


@pytest.mark.usefixtures("in_venv")
def test_one_missing_package_is_named_with_the_pip_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    hide(monkeypatch, "platformdirs")
    text = one_sentence(problem())
    assert text.startswith("The package platformdirs is missing: run `")
    assert text.endswith("-m pip install -r requirements.txt`.")
    assert Path(sys.executable).name in text


@pytest.mark.usefixtures("in_venv")
def test_all_missing_packages_are_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "Crypto", "sqlalchemy", "platformdirs")
    text = one_sentence(problem())
    assert text.startswith("The packages pycryptodome, sqlalchemy and platformdirs are missing: run `")


@pytest.mark.usefixtures("in_venv")
def test_requirements_file_has_its_whole_path_from_another_folder(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(folder)
    hide(monkeypatch, "platformdirs")
    assert str(ROOT / "requirements.txt") in one_sentence(problem())


@pytest.mark.usefixtures("in_venv")
def test_path_with_a_space_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "platformdirs")
    monkeypatch.setattr(sys, "executable", "/example folder/python")
    assert 'run `"/example folder/python" -m pip' in one_sentence(problem())


@pytest.mark.parametrize(("need_tk", "target"), [(False, "make run"), (True, "make client")])
def test_where_pip_is_forbidden_make_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path, need_tk: bool, target: str
) -> None:
    """A system whose Python carries EXTERNALLY-MANAGED refuses pip install outside an environment."""
    (folder / "EXTERNALLY-MANAGED").touch()
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(requirements_check.sysconfig, "get_path", lambda name: str(folder))
    hide(monkeypatch, "sqlalchemy")
    text = one_sentence(problem(need_tk))
    assert f"run `{target}` in" in text
    assert "pip" not in text


@pytest.mark.usefixtures("in_venv")
@pytest.mark.parametrize("version", [(3, 20, "0"), (4, 3, "1")])
def test_old_pycryptodome_is_named_with_its_version(
    monkeypatch: pytest.MonkeyPatch, version: tuple[object, ...]
) -> None:
    put_crypto(monkeypatch, *version)
    text = one_sentence(problem())
    assert text.startswith(f"pycryptodome is {version[0]}.{version[1]} and must be 4.4 or newer: run `")
    assert "pip install -r" in text


@pytest.mark.parametrize("version", [(4, 4, "0"), (4, 10, "0")])
def test_new_enough_pycryptodome_is_accepted(
    monkeypatch: pytest.MonkeyPatch, version: tuple[object, ...]
) -> None:
    put_crypto(monkeypatch, *version)
    assert problem() is None


def test_abandoned_pycrypto_is_to_be_removed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    put_crypto(monkeypatch, 2, 6, 1, "final", 0)
    text = one_sentence(problem())
    assert "abandoned package pycrypto" in text
    assert text.index("pip uninstall -y pycrypto") < text.index("pip install --force-reinstall -r")


@pytest.mark.usefixtures("no_tk")
@pytest.mark.parametrize(
    ("platform", "manager", "command"),
    [
        ("linux", "apt-get", "`sudo apt install python3-tk`"),
        ("linux", "dnf", "`sudo dnf install python3-tkinter`"),
        ("linux", "pacman", "`sudo pacman -S tk`"),
        ("linux", None, "install your system's package"),
        ("darwin", None, "`brew install python-tk@3."),
        ("win32", None, 'tick "tcl/tk and IDLE"'),
    ],
)
def test_missing_tk_is_mended_by_the_systems_own_command(
    monkeypatch: pytest.MonkeyPatch, platform: str, manager: str | None, command: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(requirements_check.shutil, "which", lambda name: name if name == manager else None)
    text = one_sentence(problem(need_tk=True))
    assert text.startswith("Tk, which draws the window, is missing")
    assert command in text


@pytest.mark.usefixtures("no_tk")
def test_python_of_ones_own_without_tk_is_not_mended_by_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "base_prefix", "/example/python")
    assert "`make client`" in one_sentence(problem(need_tk=True))


@pytest.mark.usefixtures("no_tk")
def test_server_does_not_need_tk() -> None:
    assert problem() is None


def test_bare_python_without_any_package_gets_the_sentence() -> None:
    """A real interpreter with no site-packages at all: importing the check itself needs none."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    code += "from securechat.requirements_check import problem; print(problem())"
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    text = one_sentence(done.stdout.strip())
    assert "The packages pycryptodome, sqlalchemy and platformdirs are missing" in text


@pytest.mark.parametrize("file", ["securechat/__init__.py", "securechat/requirements_check.py"])
def test_check_is_readable_for_an_old_python(file: str) -> None:
    """An old Python must come as far as the sentence; a SyntaxError would be a traceback."""
    ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_check_imports_the_standard_library_alone() -> None:
    module = importlib.import_module("securechat.requirements_check")
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
