"""Unpacked files between existing files, and the bound of a folder's page."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.exceptions import Conflict

from emulator import Emulator
from emulator.tests.control_client import ask
from emulator.webdav import archive, operation
from emulator.webdav.place import Place
from emulator.workspace.files import Files

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
FILES = "/on/demandware.servlet/webdav/Sites/Temp"


def unpack(files: Files, *names: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name in names:
            written.writestr(name, "new")
    (files.root / "Temp/x.zip").write_bytes(content.getvalue())
    archive.unpack(files, Place(("Temp", "x.zip"), files.root / "Temp/x.zip", ""), NOW)


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("old")


def read_all(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "x.zip"
    }


def test_unpacked_files_lie_between_existing_files() -> None:
    files = Files()
    folder = files.root / "Temp"
    put(folder, "a/b/kept", "a/b/replaced", "a/kept")
    unpack(files, "a/b/replaced", "a/b/c/new", "a/b/", "d/e/new", "new", "empty/f/")
    assert read_all(folder) == {
        "a/b/c/new": "new",
        "a/b/kept": "old",
        "a/b/replaced": "new",
        "a/kept": "old",
        "d/e/new": "new",
        "new": "new",
    }
    assert (folder / "empty/f").is_dir()
    changed = ("a", "a/b", "a/b/c", "a/b/c/new", "a/b/replaced", "d", "d/e", "empty/f", "new")
    assert {(folder / name).stat().st_mtime for name in changed} == {NOW.timestamp()}


@pytest.mark.parametrize(
    ("present", "name"), [("a/b", "a/b/c"), ("a/b/c", "a/b"), ("a/b/c/d", "a/b/c")]
)
def test_file_in_place_of_a_folder_moves_nothing(present: str, name: str) -> None:
    files = Files()
    folder = files.root / "Temp"
    put(folder, present)
    with pytest.raises(Conflict, match="is of another kind"):
        unpack(files, "first", name)
    assert read_all(folder) == {present: "old"}


def test_page_of_a_folder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(fixtures="samples")
    put(emulator.workspace.files.root / "Temp", "a", "b")
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    assert ask(emulator, "GET", f"{FILES}/", headers=headers).status_code == 200
    monkeypatch.setattr(operation, "MAX_LISTED_ENTRIES", 1)
    answer = ask(emulator, "GET", f"{FILES}/", headers=headers)
    assert (answer.status_code, "more than 1 entries" in answer.text) == (403, True)
