"""The files of a workspace: a folder with the roots of WebDAV.

Rules:

- The folder is made on first use, and removed with the workspace or at the end of the process.
- A file is never changed in place: a new version replaces the file. So copies of the folder share
  the content through hard links, and a snapshot takes time for the number of files, not their size.
- No link leads out of the folder, because nothing here makes symbolic links.
"""

import os
import re
import shutil
import stat
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from uuid import uuid4

ROOTS = (
    *("Cartridges", "Catalogs", "Dynamic", "Impex", "Libraries", "Logs", "Realmdata"),
    *("Securitylogs", "Static", "Temp"),
)
"""The folders that no client can remove (DAV-2)."""
INITIAL_FOLDERS = (*ROOTS, "Impex/log", "Impex/src/instance", "Logs/jobs")
"""The folders of a new workspace (DAV-4)."""
FILE_NAME = re.compile(r"[^/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")
"""Names that every file system and XML can hold."""
MAX_NAME_BYTES = 255
MAX_SEGMENTS = 100
"""The segments of a path. Python copies and removes trees recursively, up to about 1,000 levels."""
NO_FILES = ""
"""The copy of a folder that was never used."""


@dataclass(frozen=True, slots=True)
class FilePermission:
    """A permission for a file or a folder with all content.

    Attributes:
        segments: The path, the root in lower case; empty for all files.
        writes: Whether the permission allows changes.
    """

    segments: tuple[str, ...]
    writes: bool

    def covers(self, segments: Sequence[str], *, writes: bool) -> bool:
        """Return whether the permission allows to read or change a path."""
        asked = (*(name.lower() for name in segments[:1]), *segments[1:])
        return asked[: len(self.segments)] == self.segments and (self.writes or not writes)


ALL_FILES = (FilePermission((), writes=True),)


class Files:
    """The folder of a workspace.

    Args:
        folder: A folder that several processes share; None for a temporary folder of this process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._base: Path | None = None
        self._lock = RLock()

    @property
    def root(self) -> Path:
        """The folder with the roots of WebDAV; made on first use."""
        return self._open() / "live"

    def locate(self, path: str) -> Path:
        """Return the place of a path such as ``Impex/log/x.log``.

        Raises:
            ValueError: The path leads out of the folder.
        """
        if not is_inside(path.split("/")):
            raise ValueError(f"'{path[:80]}' is not a path inside the folder")
        return self.root.joinpath(*path.split("/"))

    def write(self, path: str, content: bytes, now: datetime | None = None) -> None:
        """Write a file, and make the folders above the file.

        Args:
            path: The path of the file, such as ``Impex/log/x.log``.
            content: The whole content.
            now: The time of the file; the time of the system if None.

        Raises:
            ValueError: The path leads out of the folder.
        """
        target = self.locate(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        new = self.reserve()
        new.write_bytes(content)
        new.replace(target)
        if now is not None:
            stamp(target, now)

    def reserve(self) -> Path:
        """Return an unused path on the same file system, for a file or folder in the making."""
        return self._open() / "new" / uuid4().hex

    def remove(self, target: Path) -> None:
        """Remove a file or a folder in one step.

        Raises:
            FileNotFoundError: The path does not exist.
        """
        doomed = self.reserve()
        target.rename(doomed)
        if doomed.is_dir():
            shutil.rmtree(doomed)
        else:
            doomed.unlink()

    def copy(self) -> str:
        """Copy the folder; return the path of the copy, ``NO_FILES`` for an unused folder."""
        with self._lock:
            if not self._is_used:
                return NO_FILES
            target = self._open() / "copies" / uuid4().hex
            shutil.copytree(self.root, target, copy_function=os.link)
            return str(target)

    def restore(self, copy: str = NO_FILES) -> None:
        """Replace the folder by a copy of any workspace. ``NO_FILES`` makes the folder empty.

        Raises:
            OSError: The copy was dropped meanwhile: FileNotFoundError, or ``shutil.Error``.
        """
        with self._lock:
            if copy == NO_FILES and not self._is_used:
                return
            new, old = self.reserve(), self.reserve()
            try:
                if copy == NO_FILES:
                    _make_folders(new)
                else:
                    shutil.copytree(copy, new, copy_function=os.link)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
            self.root.rename(old)
            new.rename(self.root)
            shutil.rmtree(old)

    def drop(self, copy: str) -> None:
        """Delete a copy of the folder."""
        if copy != NO_FILES:
            shutil.rmtree(copy, ignore_errors=True)

    @property
    def _is_used(self) -> bool:
        return self._base is not None or (self._folder is not None and self._folder.is_dir())

    def _open(self) -> Path:
        """Return the folder of everything; make the folder on first use."""
        with self._lock:
            if self._base is None:
                self._base = self._make()
            return self._base

    def _make(self) -> Path:
        if self._folder is None:
            base = Path(tempfile.mkdtemp(prefix="ocapi-emulator-"))
            weakref.finalize(self, _remove_own, base, os.getpid())
        else:
            base = self._folder
            base.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(base.parent)
            base.mkdir(mode=0o700, exist_ok=True)
        for name in ("new", "copies"):
            (base / name).mkdir(exist_ok=True)
        new = base / "new" / uuid4().hex
        _make_folders(new)
        try:
            new.rename(base / "live")
        except OSError:  # another process was faster
            shutil.rmtree(new)
        return base


def is_inside(segments: list[str]) -> bool:
    """Return whether the segments of a path stay below the folder of the path."""
    return len(segments) <= MAX_SEGMENTS and all(
        FILE_NAME.fullmatch(segment)
        and segment not in (".", "..")
        and len(segment.encode()) <= MAX_NAME_BYTES
        for segment in segments
    )


def stamp(path: Path, now: datetime) -> None:
    """Set the times of a new file or folder, and of the folder above."""
    for changed in (path, path.parent):
        with suppress(FileNotFoundError):  # somebody else may remove it at once
            os.utime(changed, (now.timestamp(), now.timestamp()))


def _check_owner(folder: Path) -> None:
    """Check that the folder of all shared workspaces is ours: others can guess the name.

    Raises:
        PermissionError: The folder is a link, belongs to another user, or is open to others.
    """
    found = folder.lstat()
    owner = getattr(os, "getuid", lambda: found.st_uid)()  # Windows has no such user ids
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o022:
        raise PermissionError(f"{folder} is not a folder that only this user can change")


def _make_folders(base: Path) -> None:
    for name in INITIAL_FOLDERS:
        (base / name).mkdir(parents=True, exist_ok=True)


def _remove_own(base: Path, process: int) -> None:
    """Remove a temporary folder, unless a child of the process ends."""
    if os.getpid() == process:
        shutil.rmtree(base, ignore_errors=True)
