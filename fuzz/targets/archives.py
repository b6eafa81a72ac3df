"""Archives: uploaded zips, unpacked by WebDAV and imported by the job."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from struct import pack
from warnings import catch_warnings

from fuzz.bounds import Check, Finding
from fuzz.engine import Target
from fuzz.message import Message
from fuzz.mutation import COMMON_TOKENS, Corpus, mutate, shrink
from fuzz.served import Served, opened
from fuzz.targets.documents import FILES
from fuzz.targets.requests import BEARER, DATA, FORM, JSON, WEBDAV, fill

NAMES: tuple[str, ...] = (
    *(
        "x/catalogs/c/catalog.xml",
        "x/meta/m.xml",
        "x/sites/RefArch/site.xml",
        "x/version.txt",
        "x/",
    ),
    *(
        "../x.txt",
        "x/../../y.txt",
        "/etc/x",
        "C:\\x",
        "x\\..\\..\\y",
        "x/./y",
        "x//y",
        "",
        ".",
        "..",
    ),
    *(
        "x/a\0b",
        "x/" + "n" * 300,
        "x/" * 150 + "y",
        "x/\ud7ff\u202e",
        "x/CON",
        "x/a",
        "x/a/b",
        "x/a/",
    ),
    *("x/webdav/client_permissions.json", "x/a.json", "__MACOSX/x", "x/inner.zip", "x/jobs.xml"),
)
LINK = 0o120777 << 16
KINDS = (0, 0, 0, 0o100644 << 16, 0o040755 << 16, LINK, 0o010644 << 16, 0xFFFFFFFF)
"""The external attributes of entries: files, folders, a link, a pipe."""
BOMB_BYTES = 3_000_000
DIRECTORY_ENTRIES = 30_000
MAX_ENTRIES = 6
PATH = WEBDAV + b"/Impex/src/instance/f/x.zip"
MAX_FILES_BESIDE = 200


def make_zip(source: Random) -> bytes:
    """Return a zip with a few entries, some with hostile names, attributes or sizes."""
    content = io.BytesIO()
    with catch_warnings(action="ignore"), zipfile.ZipFile(content, "w") as archive:
        for _ in range(source.randint(0, MAX_ENTRIES)):
            info = zipfile.ZipInfo(source.choice(NAMES) or "a", (1980, 1, 1, 0, 0, 0))
            info.filename = source.choice((info.filename, source.choice(NAMES)))
            info.external_attr = source.choice(KINDS)
            info.compress_type = source.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(info, draw_content(source))
    data = content.getvalue()
    return repeat_directory(data) if source.randrange(50) == 0 else data


def draw_content(source: Random) -> bytes:
    """Return the content of an entry: XML, a bomb, a zip, or few bytes."""
    match source.randrange(8):
        case 0:
            return b"\0" * source.randint(0, BOMB_BYTES)
        case 1:
            return Corpus((b'{"client_permissions":[]}',)).draw(source)
        case _:
            return source.choice(FILES.seeds)


def repeat_directory(data: bytes) -> bytes:
    """Return a zip with many copies of an entry in the directory."""
    begin, end = data.find(b"PK\1\2"), data.rfind(b"PK\5\6")
    if begin < 0:
        return data
    second = data.find(b"PK\1\2", begin + 4)
    entry = data[begin : second if second > 0 else end]
    number = min(DIRECTORY_ENTRIES, 2_000_000 // len(entry))
    directory = entry * number
    closing = pack("<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(directory), begin, 0)
    return data[:begin] + directory + closing


@dataclass(frozen=True)
class ZipCorpus:
    """Zips of a few entries; most are mutated."""

    def draw(self, source: Random) -> bytes:
        """Return a zip, whole or damaged."""
        data = make_zip(source)
        tokens = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"\xff\xff\xff\xff", *COMMON_TOKENS)
        return data if source.getrandbits(1) else mutate(source, data, tokens, (data,))

    def shrink(self, case: bytes, fails: Callable[[bytes], bool]) -> bytes:
        """Return a smaller failing zip."""
        return shrink(case, fails)


@contextmanager
def _open() -> Iterator[Check]:
    served = Served(fixtures="samples")
    token = served.token.encode()
    served.ask(fill(Message(b"MKCOL", WEBDAV + b"/Impex/src/instance", (BEARER,)), token))
    served.ask(fill(Message(b"MKCOL", WEBDAV + b"/Impex/src/instance/f", (BEARER,)), token))
    base = served.workspace.files.root.parent
    before = _list_beside(base)

    def check(data: bytes) -> None:
        for message in (
            Message(b"PUT", PATH, (BEARER,), data),
            Message(b"POST", PATH, (BEARER, FORM), b"method=UNZIP"),
            Message(
                *(b"POST", DATA + b"/jobs/sfcc-site-archive-import/executions", (BEARER, JSON)),
                b'{"file_name":"f/x.zip","mode":"merge"}',
            ),
        ):
            served.check(fill(message, token))
        served.workspace.work.finish()
        if _list_beside(base) != before:
            raise Finding(
                f"files beside the folder of the workspace: {_list_beside(base) - before}"
            )
        if any(file.is_symlink() for file in base.rglob("*")):
            raise Finding("there is a link in the folder of the workspace")
        served.ask(fill(Message(b"DELETE", PATH.removesuffix(b"/x.zip"), (BEARER,)), token))
        served.ask(fill(Message(b"MKCOL", PATH.removesuffix(b"/x.zip"), (BEARER,)), token))

    with opened(served):
        yield check


def _list_beside(base: Path) -> set[str]:
    """Return the names beside and above the files of the workspace."""
    own = {f"{base.name}/{file.relative_to(base)}" for file in base.glob("*")}
    own |= {f"new/{file.name}" for file in (base / "new").glob("*")}
    return own | {file.name for file in (base / "live").glob("*")}


TARGETS = (Target("archives", ZipCorpus(), _open, weight=2),)
