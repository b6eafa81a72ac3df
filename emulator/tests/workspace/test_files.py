"""The folder of a workspace."""

import gc
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.store import MemoryStore
from emulator.workspace.files import INITIAL_FOLDERS, Files
from emulator.workspace.workspace import Workspace


def test_the_folders_of_tools_exist_from_the_start() -> None:
    files = Files()
    assert [name for name in INITIAL_FOLDERS if not files.locate(name).is_dir()] == []


def test_a_file_is_written_with_the_folders_above_and_the_time() -> None:
    files, then = Files(), datetime(2024, 5, 1, tzinfo=UTC)
    files.write("Impex/log/deep/x.log", b"text", then)
    written = files.locate("Impex/log/deep/x.log")
    assert (written.read_bytes(), written.stat().st_mtime) == (b"text", then.timestamp())


@pytest.mark.parametrize(
    "path", ["../x", "Impex/../../x", "/etc/x", "Impex//x", "a\\b", "a\0b", ""]
)
def test_no_path_leads_out_of_the_folder(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path inside the folder"):
        Files().locate(path)


def test_a_copy_keeps_the_content_of_a_replaced_file() -> None:
    files = Files()
    files.write("Temp/x", b"before")
    copy = files.copy()
    files.write("Temp/x", b"after")
    files.write("Temp/y", b"new")
    files.restore(copy)
    assert files.locate("Temp/x").read_bytes() == b"before"
    assert not files.locate("Temp/y").exists()


def test_a_copy_is_restored_in_another_workspace() -> None:
    files, other = Files(), Files()
    files.write("Temp/x", b"text")
    other.restore(files.copy())
    assert other.locate("Temp/x").read_bytes() == b"text"


def test_a_dropped_copy_is_removed() -> None:
    files = Files()
    assert files.root.is_dir()
    copy = files.copy()
    files.drop(copy)
    assert not Path(copy).exists()


def test_an_unused_folder_is_not_made_by_copy_and_reset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workspace = Workspace(MemoryStore())
    assert workspace.files.copy() == ""
    workspace.reset()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the names are enough


def test_a_reset_empties_the_folder() -> None:
    workspace = Workspace(MemoryStore())
    workspace.files.write("Cartridges/v1/x", b"text")
    workspace.reset()
    assert list(workspace.files.locate("Cartridges").iterdir()) == []


def test_the_folder_goes_with_the_workspace() -> None:
    workspace = Workspace(MemoryStore())
    root = workspace.files.root
    del workspace
    gc.collect()
    assert not root.exists()


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    one, other = Files(tmp_path / "shared"), Files(tmp_path / "shared")
    one.write("Temp/x", b"text")
    assert other.locate("Temp/x").read_bytes() == b"text"


def test_a_path_has_a_hundred_segments_at_most() -> None:
    files = Files()
    assert files.locate("/".join("a" * 100)).name == "a"
    with pytest.raises(ValueError, match="is not a path inside the folder"):
        files.locate("/".join("a" * 101))


def test_a_missing_copy_changes_nothing() -> None:
    files = Files()
    files.write("Temp/x", b"text")
    with pytest.raises(OSError, match="No such file"):
        files.restore(str(files.root.parent / "copies" / "dropped"))
    assert files.locate("Temp/x").read_bytes() == b"text"
    assert list((files.root.parent / "new").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_shared_folder_is_used_only_if_nobody_else_can_change_it(tmp_path: Path) -> None:
    foreign, own = tmp_path / "open", tmp_path / "own"
    foreign.mkdir()
    foreign.chmod(0o777)
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path)
    for folder in (foreign, linked):
        with pytest.raises(PermissionError, match="is not a folder that only this user can change"):
            assert Files(folder / "a").root
        assert not (folder / "a").exists()
    assert Files(own / "a").root.is_dir()
