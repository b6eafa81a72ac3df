"""Recordings as files: a line of JSON with the source, and a line for each exchange."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

import orjson
from marshmallow import Schema, ValidationError

from emulator.corpus.form import FORMAT_NAME, ExchangeSchema, Headers, HeadSchema
from emulator.json_pointer import point

FILE_SUFFIX = ".jsonl"
MAX_RECORDING_BYTES = 64 * 1024 * 1024
MAX_LINE_BYTES = 8 * 1024 * 1024
MAX_EXCHANGES = 10_000  # of a recording
MAX_JSON_DEPTH = 100  # of arrays and objects in a body
BODY_DEPTH = 2  # of a body's value in a line
_HEAD, _EXCHANGE = HeadSchema(), ExchangeSchema()
BodyForm = Literal["json", "text", "base64"]


class CorpusError(ValueError):
    """A recording can't be read or written; the message names file, line and member."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a message.

    Attributes:
        form: ``json`` for a JSON value, ``text`` for other UTF-8, ``base64`` for other bytes.
        value: The JSON value, the text, or the bytes.
    """

    form: BodyForm
    value: Any

    @classmethod
    def of(cls, content: bytes, media_type: str = "") -> "Body | None":
        """Return the body with some content, None for no content.

        Args:
            content: The bytes without a content coding.
            media_type: The value of the Content-Type header.
        """
        if not content:
            return None
        if "json" in media_type.lower():
            try:
                value = orjson.loads(content)
            except orjson.JSONDecodeError:
                value = content
            if value is not content and not _is_deeper(value, MAX_JSON_DEPTH):
                return cls("json", value)
        try:
            return cls("text", content.decode())
        except UnicodeDecodeError:
            return cls("base64", content)

    @property
    def content(self) -> bytes:
        """The bytes of the body; JSON without white space."""
        match self.form:
            case "json":
                return orjson.dumps(self.value)
            case "text":
                return str(self.value).encode()
            case _:
                return bytes(self.value)


@dataclass(frozen=True, slots=True)
class Request:
    """A recorded request.

    Attributes:
        method: The method, such as ``PATCH``.
        target: Path and query as sent, in characters of ASCII.
        headers: The headers.
        body: The body, None for none.
    """

    method: str
    target: str
    headers: Headers = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded answer.

    Attributes:
        status: The status code.
        headers: The headers.
        body: The body, None for none.
    """

    status: int
    headers: Headers = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A recorded request and the answer.

    Attributes:
        request: The request.
        answer: The answer.
        at: Seconds since the clock of the recording.
        name: A short text, empty for none.
        source: What answered, if it differs from the head; so do ``link``, ``evidence`` and
            ``recorded``.
        link: The place of the evidence, a URL.
        evidence: One of ``EVIDENCE``.
        recorded: The date, such as ``2026-11-29``.
        grades: The names of ``GRADES`` to compare; all if empty.
        at_least: Whether the answer may have more members than the recorded body.
    """

    request: Request
    answer: Answer
    at: float = 0.0
    name: str = ""
    source: str = ""
    link: str = ""
    evidence: str = ""
    recorded: str = ""
    grades: tuple[str, ...] = ()
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The description of a recording.

    Attributes:
        source: What answered, in words.
        evidence: One of ``EVIDENCE``.
        recorded: The date of the recording, such as ``2026-11-29``.
        clock: The time of the first exchange, in ISO 8601 with a time zone.
        link: The place of the evidence, a URL; empty for none.
        dialect: The dialect of the server, empty if unknown.
        data_set: The bundled data set, or a folder beside the file; empty for none.
        hidden: The number of replaced secrets by kind, such as ``{"token": 3}``.
    """

    source: str
    evidence: str
    recorded: str
    clock: str
    link: str = ""
    dialect: str = ""
    data_set: str = ""
    hidden: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording.

    Attributes:
        head: The description.
        exchanges: The exchanges in order.
        name: The name of the file without the suffix.
        folder: The folder of the file.
    """

    head: Head
    exchanges: tuple[Exchange, ...]
    name: str = ""
    folder: Path = Path()


def find_header(headers: Headers, name: str) -> str:
    """Return the value of a header, several values joined by a comma; empty for no header."""
    return ", ".join(value for given, value in headers if given.lower() == name.lower())


def find_recordings(places: Iterable[Path]) -> list[Path]:
    """Return the given files, and the recordings in folders by name.

    Raises:
        CorpusError: A place is missing, or a folder has no recording.
    """
    found: list[Path] = []
    for place in places:
        files = sorted(place.rglob(f"*{FILE_SUFFIX}")) if place.is_dir() else [place]
        if not files:
            raise CorpusError(f"the folder '{place}' has no recording (*{FILE_SUFFIX})")
        if not place.exists():
            raise CorpusError(f"'{place}' is neither a file nor a folder")
        found += files
    return list(dict.fromkeys(found))


def read(file: Path) -> Recording:
    """Return the recording of a file.

    Raises:
        CorpusError: The file can't be read, is too large, has no exchange, or has a wrong line or
            member.
    """
    try:
        if not S_ISREG(file.stat().st_mode):  # a pipe may never end, or never begin
            raise CorpusError(f"{file}: not a regular file")
        with file.open("rb") as stream:
            content = stream.read(MAX_RECORDING_BYTES + 1)
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}") from error
    if len(content) > MAX_RECORDING_BYTES:
        raise CorpusError(f"{file}: the file has more than {MAX_RECORDING_BYTES} bytes")
    recording = parse(content, str(file))
    if not recording.exchanges:
        raise CorpusError(f"{file}: the file has no exchange")
    return replace(recording, name=file.name.removesuffix(FILE_SUFFIX), folder=file.parent)


def parse(content: bytes, origin: str = "recording") -> Recording:
    """Return the recording of some lines; empty lines are passed over.

    Args:
        content: The lines in UTF-8.
        origin: The name of the file, for messages.

    Raises:
        CorpusError: A line or a member is wrong.
    """
    lines = [(n, line) for n, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise CorpusError(f"{origin}: the file has no line")
    if len(lines) > MAX_EXCHANGES + 1:
        raise CorpusError(f"{origin}: the file has more than {MAX_EXCHANGES} exchanges")
    (first, head), *others = lines
    described = Head(**_load(_HEAD, head, f"{origin}, line {first}"))
    exchanges = [_read_exchange(line, f"{origin}, line {number}") for number, line in others]
    return Recording(described, tuple(exchanges))


def render(recording: Recording) -> bytes:
    """Return the lines of a recording, in the form for ``parse``.

    Raises:
        CorpusError: The recording has a value that can't be read again.
    """
    lines = [render_head(recording.head), *map(render_exchange, recording.exchanges)]
    content = b"".join(lines)
    parse(content, recording.name or "recording")
    return content


def write(file: Path, recording: Recording) -> None:
    """Write a recording; an existing file is replaced as a whole.

    Raises:
        CorpusError: The recording has a wrong value, or the file can't be written.
    """
    content = render(recording)
    beside = _beside(file)
    try:
        beside.write_bytes(content)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CorpusError(f"{file}: {error.strerror}") from error


def check_writable(file: Path) -> None:
    """Check that a recording can be written, before anything is recorded.

    Raises:
        CorpusError: The folder takes no new file.
    """
    beside = _beside(file)
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise CorpusError(f"'{file}' can't be written: {error.strerror}") from error


def _beside(file: Path) -> Path:
    """Return the file that becomes a recording once it is whole."""
    return file.with_name(f".{file.name}.new")


def render_head(head: Head) -> bytes:
    """Return the first line of a recording."""
    shown: dict[str, Any] = {
        "format": FORMAT_NAME,
        "recorded": head.recorded,
        "source": head.source,
    }
    shown |= {"link": head.link, "evidence": head.evidence, "dialect": head.dialect}
    shown |= {"data_set": head.data_set, "clock": head.clock, "hidden": dict(head.hidden)}
    return orjson.dumps(shown) + b"\n"


def render_exchange(exchange: Exchange) -> bytes:
    """Return the line of an exchange.

    Raises:
        CorpusError: A body has a value other than JSON.
    """
    request, answer = exchange.request, exchange.answer
    shown: dict[str, Any] = {}
    for name in ("name", "source", "link", "evidence", "recorded"):
        if value := getattr(exchange, name):
            shown[name] = value
    asked = {"method": request.method, "target": request.target}
    shown["request"] = asked | _show_content(request.headers, request.body)
    shown["answer"] = {"status": answer.status} | _show_content(answer.headers, answer.body)
    shown["at"] = exchange.at
    if exchange.grades:
        shown["grades"] = exchange.grades
    if exchange.at_least:
        shown["at_least"] = True
    try:
        return orjson.dumps(shown) + b"\n"
    except TypeError as error:
        raise CorpusError(f"{request.method} {request.target}: {error}") from error


def _show_content(headers: Headers, body: Body | None) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    shown: dict[str, Any] = {
        "headers": {name: found[0] if len(found) == 1 else found for name, found in grouped.items()}
    }
    if body is not None:
        binary = body.form == "base64"
        shown[body.form] = b64encode(body.value).decode() if binary else body.value
    return shown


def _read_exchange(line: bytes, place: str) -> Exchange:
    loaded = _load(_EXCHANGE, line, place)
    request, answer = loaded.pop("request"), loaded.pop("answer")
    return Exchange(
        Request(**_take_body(request, f"{place}: /request")),
        Answer(**_take_body(answer, f"{place}: /answer")),
        **loaded,
    )


def _take_body(message: dict[str, Any], place: str) -> dict[str, Any]:
    """Replace the member with the body by the body itself."""
    forms: tuple[BodyForm, ...] = ("json", "text", "base64")
    given = [(form, message.pop(form)) for form in forms if form in message]
    if len(given) > 1:
        names = " and ".join(form for form, _ in given)
        raise CorpusError(f"{place}: {names} exclude each other")
    if given:
        message["body"] = Body(*given[0])
    return message


def _load(schema: Schema, line: bytes, place: str) -> dict[str, Any]:
    """Return the checked members of a line.

    Raises:
        CorpusError: The line is too long, is no JSON, or has a wrong member.
    """
    if len(line) > MAX_LINE_BYTES:
        raise CorpusError(f"{place}: the line has more than {MAX_LINE_BYTES} bytes")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise CorpusError(f"{place}: {error}") from error
    if not isinstance(value, dict):
        raise CorpusError(f"{place}: the line is not an object")
    if _is_deeper(value, MAX_JSON_DEPTH + BODY_DEPTH):
        raise CorpusError(f"{place}: a body is deeper than {MAX_JSON_DEPTH} levels")
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        pointer, message = next(point("", error.messages))
        raise CorpusError(f"{place}: {pointer or '/'}: {message}") from error
    loaded.pop("format", None)
    return loaded


def _is_deeper(value: Any, bound: int) -> bool:
    """Return True for a value with more levels of arrays and objects."""
    level = _keep_nested([value])
    for _ in range(bound):
        level = [found for one in level for found in _keep_nested(_list_inner(one))]
    return bool(level)


def _keep_nested(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, (dict, list))]


def _list_inner(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
