"""The values that differ from run to run: tokens, states, ids, dates and hosts of a recording.

The first answer with such a value binds the recorded value to the answered one. Later answers must
have the bound value, and later requests are sent with the bound value.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote

TIME_TOLERANCE = timedelta(seconds=5)
"""The greatest difference of two instants, each measured from the time of the own request."""
SESSION_MARGIN = timedelta(hours=1)
"""Instants that are older than the recording by more than this are not from the recording."""
MAX_SHIFTS = 1000  # of the recorded time to the answered time
MIN_HEX_CHARACTERS = 16
MIN_MIXED_CHARACTERS = 20
MIN_CHANGES_PER_CHARACTER = 0.3
"""The least part of characters of another kind than the character in front: digits, capitals."""
MIN_NUMBER_DIGITS = 5  # of a number in the answer to a write
NUMBER_NAME = re.compile(r"(?:^|_)(?:id|no|number|link|location)$")
"""The names of members and headers with the number of a new document."""
MIN_EPOCH = 1_000_000_000
"""The least number of seconds since 1970 for an instant: September 2001."""
MILLISECONDS = 1000
TEXT_PIECE = re.compile(
    r"(?P<instant>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| GMT|[+-]\d\d:?\d\d)?)"
    r"|(?P<date>[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)"  # RFC 9110, 5.6.7
    r"|(?P<origin>https?://[^/?#\s\"'<>]+)"
    r"|(?P<escape>%[0-9A-Fa-f]{2})"
    r"|(?P<token>eyJ[\w-]+(?:\.[\w-]*){2})"
    r"|(?P<word>[0-9A-Za-z_-]+)",
    re.ASCII,
)
DIGIT = re.compile(r"\d")
UUID_WORD = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
HEX_WORD = re.compile(r"(?=.*[a-fA-F])(?:[0-9a-f]+|[0-9A-F]+)", re.ASCII)
PLAIN_WORD = re.compile(r"[0-9A-Za-z]+", re.ASCII)
CHARACTER_RUN = re.compile(r"[0-9]+|[a-z]+|[A-Z]+", re.ASCII)
TIME_STAMP = re.compile(r"(?:19|20)\d{12}(?:\d{3})?", re.ASCII)
"""A time to the second or the millisecond in the name of a file."""
STATE_NAMES = frozenset(
    {"_resource_state", "etag", "getetag", "x-dw-resource-state", "resource_state"}
)

NOT_EXISTS = "not_exists"  # RST-3
TOKEN_NAMES = frozenset({"access_token", "refresh_token", "id_token"})
PSEUDONYM = re.compile(
    r"(?:token|secret|client|cookie|id|value|Name|Address|file|email)-\d+|id\d{6,}"
    r"|person-\d+@example\.com",
    re.ASCII,
)
"""A text in place of a hidden text, such as ``token-1``."""
HIDDEN_ORIGIN = re.compile(r"https?://(?:host|instance)-\d+\.example\.com(?::\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: a word or an instant, with the characters in front."""

    before: str
    kind: str
    text: str


class Bindings:
    """The bound values of a replay.

    Args:
        origin: The scheme and the host of the server, such as ``http://127.0.0.1:8080``.
        recorded_start: The time of the first request in the recording.
        recorded_texts: The texts of all recorded answers.
        is_redacted: Whether pseudonyms stand in the recording.
        started: The start of an emulator with a clock that is set: the files of the data set are
            as old as the emulator.
    """

    def __init__(
        self,
        origin: str,
        recorded_start: datetime,
        recorded_texts: Iterable[str] = (),
        *,
        is_redacted: bool = False,
        started: datetime | None = None,
    ) -> None:
        self._started = started
        self._is_redacted = is_redacted
        self._origin = origin
        self._recorded = {word for text in recorded_texts for word in _list_generated(text)}
        self._oldest = recorded_start - SESSION_MARGIN
        self._forward: dict[str, str] = {}
        self._backward: dict[str, str] = {}
        self._named: set[str] = set()
        self._shifts: dict[int, timedelta] = {}

    def set_time(self, recorded: datetime, now: datetime) -> None:
        """Note the time of a request: in the recording, and by the clock of the server."""
        shift = now - recorded
        if len(self._shifts) < MAX_SHIFTS:
            self._shifts[round(shift.total_seconds())] = shift

    def bind(self, recorded: str, answered: str) -> None:
        """Bind a value, such as the id of a client."""
        self._forward[recorded] = answered
        self._backward[answered] = recorded

    def find(self, recorded: str) -> str | None:
        """Return the bound value, None for a value without a binding."""
        return self._forward.get(recorded)

    def note_request(self, text: str) -> None:
        """Note the words of a recorded request: the client has chosen the words."""
        self._named.update(piece.text for piece in _split(text))

    def rewrite(self, text: str) -> str:
        """Return a recorded text with the bound values."""
        if text in self._forward:
            return self._forward[text]
        return TEXT_PIECE.sub(lambda found: self._forward.get(found[0], found[0]), text)

    def rewrite_json(self, value: Any) -> Any:
        """Return a recorded JSON value with the bound values."""
        if isinstance(value, str):
            return self.rewrite(value)
        if isinstance(value, dict):
            return {self.rewrite(name): self.rewrite_json(inner) for name, inner in value.items()}
        return [self.rewrite_json(inner) for inner in value] if isinstance(value, list) else value

    def rewrite_target(self, target: str) -> str:
        """Return a recorded path and query with the bound values."""
        return "".join(self._rewrite_encoded(part) for part in re.split(r"([/?&=])", target))

    def _rewrite_encoded(self, part: str) -> str:
        decoded = unquote(part)
        rewritten = self.rewrite(decoded)
        return part if rewritten == decoded else quote(rewritten, safe="()*,:;@!$'+")

    def agree(self, recorded: str, answered: str, name: str, *, writes: bool) -> bool:
        """Compare two texts with regard to the bound values; bind new values.

        Args:
            recorded: The recorded text.
            answered: The answered text.
            name: The name of the member or header, such as ``_resource_state``.
            writes: Whether the request may create documents with ids by the server.
        """
        is_pseudonym = self._is_redacted and PSEUDONYM.fullmatch(recorded)
        if (name in TOKEN_NAMES or is_pseudonym) and recorded and answered:
            return self._agree_as_words(recorded, answered, bindable=True)
        pieces, others = list(_split(recorded)), list(_split(answered))
        return [piece.before for piece in pieces] == [piece.before for piece in others] and all(
            self._agree_in_piece(one, other, name, writes=writes)
            for one, other in zip(pieces, others, strict=True)
        )

    def agree_in_number(self, recorded: float, answered: float) -> bool:
        """Compare two numbers as instants, in seconds or milliseconds."""
        for unit in (1, MILLISECONDS):
            if min(recorded, answered) < MIN_EPOCH * unit:
                continue
            try:
                one, other = (datetime.fromtimestamp(n / unit, UTC) for n in (recorded, answered))
            except (OverflowError, OSError, ValueError):
                continue
            if self._agree_in_time(one, other):
                return True
        return False

    def _agree_in_piece(self, one: Piece, other: Piece, name: str, *, writes: bool) -> bool:
        match one.kind, other.kind:
            case ("instant", "instant") | ("date", "date"):
                return self._agree_in_instant(one.text, other.text)
            case "origin", "origin":
                is_hidden = self._is_redacted and HIDDEN_ORIGIN.fullmatch(one.text)
                bindable = other.text == self._origin or bool(is_hidden)
            case "token", "token":
                bindable = True
            case ("word", "word" | "token") if self._is_redacted and PSEUDONYM.fullmatch(one.text):
                bindable = True
            case "word", "word" if TIME_STAMP.search(one.text):
                bindable = self._agree_in_stamps(one.text, other.text)
            case "word", "word":
                bindable = _may_be_generated(one.text, other.text, name, writes=writes)
            case _:
                return (one.kind, one.text) == (other.kind, other.text)
        return self._agree_as_words(one.text, other.text, bindable=bindable)

    def _agree_as_words(self, recorded: str, answered: str, *, bindable: bool) -> bool:
        """Compare two words with regard to the bound words; bind the words if possible."""
        if recorded in self._forward:
            return self._forward[recorded] == answered
        if not bindable or recorded in self._named:
            return recorded == answered
        if answered in self._backward or (answered != recorded and answered in self._recorded):
            return False  # the answered value is that of another recorded value
        self.bind(recorded, answered)
        return True

    def _agree_in_instant(self, recorded: str, answered: str) -> bool:
        if answered in (recorded, self._forward.get(recorded)):
            return True
        try:
            one, other = _read_instant(recorded), _read_instant(answered)
        except ValueError:
            return False
        alike = DIGIT.sub("0", recorded) == DIGIT.sub("0", answered) or "," in recorded
        if alike and recorded not in self._named and self._agree_in_time(one, other):
            self._forward[recorded] = answered
            return True
        return False

    def _agree_in_stamps(self, recorded: str, answered: str) -> bool:
        """Compare two words except for their times, as in ``Job-a-20260601120000123``."""
        stamps, others = (TIME_STAMP.findall(word) for word in (recorded, answered))
        texts = (TIME_STAMP.sub("*", word) for word in (recorded, answered))
        return len({*texts}) == 1 and all(map(self._agree_in_instant, stamps, others))

    def _agree_in_time(self, recorded: datetime, answered: datetime) -> bool:
        difference = answered - recorded
        return recorded >= self._oldest and (
            any(abs(difference - shift) <= TIME_TOLERANCE for shift in self._shifts.values())
            or (self._started is not None and self._started <= answered <= datetime.now(UTC))
        )


def _split(text: str) -> Iterator[Piece]:
    """Yield the pieces of a text; the last piece has no kind, and follows the rest of the text."""
    end = 0
    for found in TEXT_PIECE.finditer(text):
        yield Piece(text[end : found.start()], str(found.lastgroup), found[0])
        end = found.end()
    yield Piece(text[end:], "", "")


def _may_be_generated(recorded: str, answered: str, name: str, *, writes: bool) -> bool:
    """Return True for two words that a server may have made, each in another run."""
    if name.lower() in STATE_NAMES:
        forms = {HEX_WORD.fullmatch(word) is None for word in (recorded, answered)}
        return NOT_EXISTS not in (recorded, answered) and len(forms) == 1
    if len(recorded) != len(answered):
        return False
    pair = (recorded, answered)
    if all(word.isdecimal() for word in pair):
        return writes and len(recorded) >= MIN_NUMBER_DIGITS and bool(NUMBER_NAME.search(name))
    return any(all(map(form, pair)) for form in (UUID_WORD.fullmatch, _is_long_hex, _is_mixed))


def _is_long_hex(word: str) -> bool:
    return len(word) >= MIN_HEX_CHARACTERS and HEX_WORD.fullmatch(word) is not None


def _is_mixed(word: str) -> bool:
    """Return True for a random word, such as ``jrjJA8OnurCWrDkVqwVgMrQgL8``."""
    if len(word) < MIN_MIXED_CHARACTERS or not PLAIN_WORD.fullmatch(word):
        return False
    return len(CHARACTER_RUN.findall(word)) > len(word) * MIN_CHANGES_PER_CHARACTER


def _list_generated(text: str) -> Iterator[str]:
    """Yield the words of a text with the form of generated words, numbers left out."""
    for piece in _split(text):
        word = piece.text
        if piece.kind == "word" and (
            UUID_WORD.fullmatch(word) or _is_long_hex(word) or _is_mixed(word)
        ):
            yield word


def _read_instant(text: str) -> datetime:
    """Return the instant of ISO 8601, of an HTTP header or of a stamp.

    Raises:
        ValueError: There is no such instant.
    """
    if "," in text:
        return parsedate_to_datetime(text)
    if text.isdecimal():  # a stamp
        text = f"{text[:8]}T{text[8:14]}.{text[14:] or '0'}"
    instant = datetime.fromisoformat(text.removesuffix(" GMT"))
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
