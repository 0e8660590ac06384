"""The project's own files agree with each other and speak of the project alone."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import securechat

ROOT = Path(__file__).resolve().parent.parent
EMPTY_STORE = '{"version": 1, "users": {}}'
LONGEST_FILE = 500
# Folders that are made and not kept, for a copy of the project that is no git checkout.
NOT_KEPT = re.compile(r"/\.git/|/\.venv/|/server_data/|/__pycache__/|/\.[a-z]+_cache/|/\.hypothesis/|/htmlcov/")
# What belongs to the machine of whoever wrote a line. In pieces, so that this file does not hold it itself.
FOREIGN_WORDS = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:root|work|opt)/\w",
            r"(?<![\w.])/home/(?!alice|bob|carol|\.\.\.)\w",
            r"(?<![\w.])/Users/(?!alice|bob|carol)\w",
            r"\bpypi" + r"\.org",
            r"pythonhosted" + r"\.org",
            r"--(?:extra-)?index" + r"-url",
            r"(?:deb|archive)\.(?:debian|ubuntu)" + r"\.",
            r"(?<!\w)(?:\.\./)?shared/" + r"(?:DESIGN|PROTOCOL|STYLE|design|vectors)",
        ]
    )
)


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout


def is_checkout() -> bool:
    """False for a copy without history, such as an unpacked archive."""
    return (ROOT / ".git").exists()


def kept_files() -> list[Path]:
    """Every file that is or would be committed."""
    if is_checkout():
        names = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
        return sorted({ROOT / name for name in names if name and (ROOT / name).is_file()})
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not NOT_KEPT.search(path.as_posix()))


def text_of(path: Path) -> str:
    """The text of a file; nothing for a picture or other bytes."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def requirement_lines(name: str) -> list[str]:
    """The lines of a requirements file that name a package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def test_requirements_files_equal_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert requirement_lines("requirements.txt") == project["dependencies"]
    assert requirement_lines("requirements-dev.txt") == project["optional-dependencies"]["dev"]


def test_each_requirement_has_an_upper_bound() -> None:
    lines = requirement_lines("requirements.txt") + requirement_lines("requirements-dev.txt")
    assert [line for line in lines if not re.fullmatch(r"[\w-]+>=[\d.]+,<\d+", line)] == []


def test_changelog_has_a_section_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(securechat.__version__)} ", changelog, re.MULTILINE)


def test_committed_credential_store_is_empty() -> None:
    """The index is asked: the working file fills with people as soon as somebody uses the checkout."""
    if is_checkout():
        assert git("show", ":users.json").rstrip("\n") == EMPTY_STORE
    else:
        assert (ROOT / "users.json").read_text(encoding="utf-8").startswith('{"version": 1,')


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in kept_files()
        if path.name != "users.json"
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (match := FOREIGN_WORDS.search(line))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "/" + "root/project",
        'open("/' + 'work/file")',
        "cd /" + "home/somebody",
        "see ../" + "shared" + "/DESIGN.md",
        "https://pypi" + ".org/simple",
        "pip install --index" + "-url x",
    ],
)
def test_foreign_word_is_noticed(line: str) -> None:
    assert FOREIGN_WORDS.search(line)


@pytest.mark.parametrize("line", ["tests/work/x", "shared by all", "https://example.org/root/x", "/usr/bin"])
def test_plain_word_is_not_foreign(line: str) -> None:
    assert not FOREIGN_WORDS.search(line)


def test_no_python_file_is_too_long() -> None:
    lengths = {path: len(text_of(path).splitlines()) for path in kept_files() if path.suffix == ".py"}
    long = [f"{path.relative_to(ROOT)}: {count}" for path, count in lengths.items() if count > LONGEST_FILE]
    assert not long, f"look for the second idea hiding in {', '.join(long)}"


def test_every_test_folder_is_a_package() -> None:
    """Two test files of one name would collide otherwise."""
    folders = {path.parent for path in kept_files() if path.is_relative_to(ROOT / "tests") and path.suffix == ".py"}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_ci_script_can_be_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
