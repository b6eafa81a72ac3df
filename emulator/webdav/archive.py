"""Archives: unpack a zip, pack a folder as zip or tar.gz (DAV-11, DAV-12).

Rules:

- A zip is checked before anything is written: names, links, passwords, number and size of entries.
- Entries are unpacked beside the folder, then moved into place. A broken entry changes nothing.
- ``zipfile`` reads no more of an entry than the size that the directory of the zip states.
"""

import shutil
import stat
import tarfile
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
            for entry in entries:
                _unpack_entry(opened, entry, new)
        _move(new, archive.parent, now)
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


def _unpack_entry(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, new: Path) -> None:
    target = new.joinpath(*entry.filename.removesuffix("/").split("/"))
    try:
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as written:
            written.writelines(read_pieces(opened, entry))
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise BadRequest(f"{entry.filename[:80]!r} of the zip is file and folder.") from error


def _move(new: Path, folder: Path, now: datetime) -> None:
    """Move the unpacked files into a folder.

    Raises:
        Conflict: A file has the name of a folder, or the reverse. Nothing is moved then.
    """
    unpacked = sorted(new.rglob("*"))
    targets = [(file, folder / file.relative_to(new)) for file in unpacked]
    for file, target in targets:
        if target.exists() and target.is_dir() != file.is_dir():
            raise Conflict(f"'{target.name}' exists, and is of another kind.")
    for file, target in targets:
        if file.is_dir():
            target.mkdir(exist_ok=True)
        else:
            file.replace(target)
        stamp(target, now)


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
