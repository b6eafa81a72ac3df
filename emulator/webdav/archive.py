"""Archives: unpack a zip, pack a folder as zip or tar.gz (DAV-11, DAV-12).

Rules:

- A zip is checked before anything is written: names, links, passwords, number and size of entries.
- Entries are unpacked beside the folder, then moved into place. A broken entry changes nothing.
- ``zipfile`` reads no more of an entry than the size that the directory of the zip states.
"""

import os
import shutil
import stat
import zipfile
from datetime import datetime
from pathlib import Path

from werkzeug.exceptions import BadRequest, Conflict, RequestEntityTooLarge

from emulator.fixture.zip_file import TooManyEntriesError, ZipError, open_zip, read_pieces
from emulator.webdav.place import Place
from emulator.workspace.files import Files, is_inside, stamp

MAX_ENTRIES = 20_000
"""The entries of a zip that can be unpacked."""
FREE_UNPACKED_BYTES = 64 * 1024 * 1024
"""The unpacked bytes that each zip may have, however small."""
MAX_EXPANSION = 25
"""The unpacked bytes for each byte of a zip, beyond ``FREE_UNPACKED_BYTES``."""
ENCRYPTED_FLAG = 0x1
"""The flag of an entry with a password (APPNOTE.TXT, 4.4.4)."""
COMPRESSION_LEVEL = 1
"""The fastest level of deflate: nobody keeps these archives for long."""


def unpack(files: Files, place: Place, now: datetime) -> None:
    """Unpack a zip into the folder of the zip; existing files are replaced.

    Args:
        files: The files of the workspace.
        place: The place of the zip.
        now: The time of the new files.

    Raises:
        BadRequest: The file is not a zip, is broken, or has an entry with a forbidden name.
        RequestEntityTooLarge: The zip has too many entries, or too many bytes when unpacked.
        Forbidden: An entry would lie too deep.
        Conflict: A file of the folder has the name of a folder of the zip, or the reverse.
    """
    new, archive = files.reserve(), place.file
    try:
        new.mkdir()
        with archive.open("rb") as stream, open_zip(stream, MAX_ENTRIES) as opened:
            entries = opened.infolist()
            _check(entries, archive.stat().st_size)
            place.check_room(max((e.filename.count("/") for e in entries), default=0))
            _unpack_all(opened, new, now)
        _check_kinds(new, archive.parent)
        _merge(new, archive.parent, now)
    except TooManyEntriesError as error:
        raise RequestEntityTooLarge(f"The zip {error}.") from error
    except ZipError as error:
        raise BadRequest(f"The zip can't be unpacked: {error}.") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    limit = FREE_UNPACKED_BYTES + MAX_EXPANSION * size
    if sum(entry.file_size for entry in entries) > limit:
        raise RequestEntityTooLarge(f"The zip has more than {limit} bytes when unpacked.")
    for entry in entries:
        if not is_inside(entry.filename.removesuffix("/").split("/")):
            raise BadRequest(f"The name {entry.filename[:80]!r} of the zip is not valid.")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadRequest(f"{entry.filename[:80]!r} of the zip is neither file nor folder.")
        if entry.flag_bits & ENCRYPTED_FLAG:
            raise BadRequest(f"{entry.filename[:80]!r} of the zip has a password.")


def _unpack_all(opened: zipfile.ZipFile, new: Path, now: datetime) -> None:
    """Unpack all entries into a new folder; files and folders get the time ``now``."""
    made, times = {str(new)}, (now.timestamp(), now.timestamp())
    for entry in opened.infolist():
        target = os.path.join(new, entry.filename)  # noqa: PTH118 - for 20,000 entries
        folder = os.path.dirname(target)  # noqa: PTH120 - the folder itself, with a slash at the end
        try:
            if folder not in made:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - as above
                made.add(folder)
            if not entry.is_dir():
                with open(target, "wb") as written:  # noqa: PTH123 - as above
                    written.writelines(read_pieces(opened, entry))
                os.utime(target, times)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise BadRequest(f"{entry.filename[:80]!r} of the zip is file and folder.") from error
    for folder, _, _ in os.walk(new):
        os.utime(folder, times)


def _check_kinds(new: Path, folder: Path) -> None:
    """Check the unpacked files before any is moved.

    Raises:
        Conflict: A file of the folder has the name of an unpacked folder, or the reverse.
    """
    present = _list_kinds(folder)
    for name, is_folder in _list_kinds(new).items():
        if present.get(name, is_folder) != is_folder:
            raise Conflict(f"'{name}' exists, and is of another kind.")
        if is_folder and name in present:
            _check_kinds(new / name, folder / name)


def _list_kinds(folder: Path) -> dict[str, bool]:
    """Return the names in a folder, with True for a folder."""
    with os.scandir(folder) as entries:
        return {entry.name: entry.is_dir() for entry in entries}


def _merge(new: Path, folder: Path, now: datetime) -> None:
    """Move the unpacked files into a folder; a folder without a counterpart moves as a whole."""
    present = _list_kinds(folder)
    for name in _list_kinds(new):
        if present.get(name):
            _merge(new / name, folder / name, now)
        else:
            os.replace(f"{new}/{name}", f"{folder}/{name}")  # noqa: PTH105 - as above
    stamp(folder, now)


def pack_zip(files: Files, source: Path, now: datetime) -> None:
    """Pack a file or folder as ``<name>.zip`` beside the source; entries begin with the name."""
    new = files.reserve()
    try:
        with zipfile.ZipFile(
            new, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL, strict_timestamps=False
        ) as archive:
            for file in (source, *sorted(source.rglob("*"))):
                archive.write(file, file.relative_to(source.parent))
        _publish(new, source.with_name(f"{source.name}.zip"), now)
    finally:
        new.unlink(missing_ok=True)


def pack_tar(files: Files, source: Path, name: str, now: datetime) -> None:
    """Pack a file or folder as a tar.gz with a name beside the source."""
    import tarfile  # noqa: PLC0415 - nothing else needs the module

    new = files.reserve()
    try:
        with tarfile.open(new, "w:gz", compresslevel=COMPRESSION_LEVEL) as archive:
            archive.add(source, source.name)
        _publish(new, source.with_name(name), now)
    finally:
        new.unlink(missing_ok=True)


def _publish(new: Path, target: Path, now: datetime) -> None:
    if target.is_dir():
        raise Conflict(f"'{target.name}' is a folder.")
    new.replace(target)
    stamp(target, now)
