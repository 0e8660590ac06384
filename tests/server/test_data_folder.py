"""Who may use a data folder, with which modes, and what is said otherwise."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.errors import DamagedStore, FolderInUse, FolderProblem
from securechat.server.data_folder import DataFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def opened(folder: Path) -> Iterator[DataFolder]:
    data = DataFolder.open(folder / "data")
    yield data
    data.close()


def test_everything_is_inside_a_chosen_folder(opened: DataFolder, folder: Path) -> None:
    inside = folder / "data"
    assert opened.folder == inside
    assert mode(inside) == 0o700
    files = (opened.database, opened.identity_file, opened.users_file, opened.log_file)
    assert {file.parent for file in files} == {inside}
    assert opened.users_file.name == "users.json"


def test_default_folder_has_users_json_beside_it(folder: Path) -> None:
    data = DataFolder.open(top_folder=folder)
    data.close()
    assert data.folder == folder / "server_data"
    assert mode(data.folder) == 0o700
    assert data.users_file == folder / "users.json"


def test_users_file_may_be_elsewhere(folder: Path) -> None:
    (folder / "else").mkdir()
    data = DataFolder.open(folder / "data", folder / "else" / "people.json")
    data.close()
    assert data.users_file == folder / "else" / "people.json"
    assert data.database.parent == folder / "data"


def test_second_opener_is_refused_until_the_first_closes(opened: DataFolder, folder: Path) -> None:
    with pytest.raises(FolderInUse, match=r"Another server is using the folder .*data.*--data"):
        DataFolder.open(folder / "data")
    opened.close()
    opened.close()
    DataFolder.open(folder / "data").close()


def test_same_users_file_in_two_data_folders_is_refused(opened: DataFolder, folder: Path) -> None:
    (folder / "link.json").symlink_to(opened.users_file)
    for users in (opened.users_file, folder / "link.json"):
        with pytest.raises(FolderInUse, match=r"\.json.*--users"):
            DataFolder.open(folder / "other", users)
    # The refused opener has let go of its own folder.
    DataFolder.open(folder / "other").close()


def test_lock_holds_against_another_process_and_ends_with_it(folder: Path) -> None:
    """A killed server leaves no lock behind."""
    script = (
        "import sys; from pathlib import Path; from securechat.server.data_folder import DataFolder;"
        "data = DataFolder.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(FolderInUse):
            DataFolder.open(folder / "data")
        process.kill()
    DataFolder.open(folder / "data").close()


def test_own_folder_that_became_readable_is_closed_again(opened: DataFolder) -> None:
    opened.close()
    opened.folder.chmod(0o755)
    DataFolder.open(opened.folder).close()
    assert mode(opened.folder) == 0o700


def test_foreign_readable_folder_is_refused_and_left(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(FolderProblem, match=r"open to other users.*chmod 700"):
        DataFolder.open(folder)
    assert mode(folder) == 0o755
    assert os.listdir(folder) == ["holiday.jpg"]


def test_impossible_folder_is_a_problem_with_a_next_step(folder: Path) -> None:
    (folder / "file").write_bytes(b"x")
    for path in (folder / "file", folder / "file" / "data"):
        with pytest.raises(FolderProblem, match="--data"):
            DataFolder.open(path)


def test_folder_that_refuses_files_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "data").mkdir(mode=0o700)
    real = os.open

    def refuse(path: str | Path, *rest: int) -> int:
        if Path(path).name == "lock":
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FolderProblem, match=r"cannot be written: Permission denied.*--data"):
        DataFolder.open(folder / "data")


def test_missing_folder_of_the_users_file_is_a_problem(folder: Path) -> None:
    with pytest.raises(FolderProblem, match="--users"):
        DataFolder.open(folder / "data", folder / "none" / "users.json")
    DataFolder.open(folder / "data").close()


def test_identity_is_kept_privately(opened: DataFolder) -> None:
    assert opened.read_identity() is None
    opened.write_identity(b"secret key")
    assert opened.read_identity() == b"secret key"
    assert mode(opened.identity_file) == 0o600


def test_empty_or_unreadable_identity_is_not_taken_for_none(opened: DataFolder) -> None:
    opened.identity_file.write_bytes(b"")
    with pytest.raises(DamagedStore, match="backup"):
        opened.read_identity()
    opened.identity_file.unlink()
    opened.identity_file.mkdir()
    with pytest.raises(FolderProblem, match="could not be read"):
        opened.read_identity()


def test_leftovers_of_a_crash_are_removed_at_the_next_start(opened: DataFolder) -> None:
    opened.close()
    leftover = opened.folder / ".users.json.abc.new"
    leftover.write_bytes(b"x")
    DataFolder.open(opened.folder).close()
    assert not leftover.exists()
