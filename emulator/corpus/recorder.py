"""The recorder: keeps exchanges in memory, and returns the recording without sensitive values.

Nothing is written to disk before the redaction: a value that shows late in a recording that it is
sensitive must be missing in earlier exchanges, too. So the exchanges are read at least twice.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from emulator.corpus.exchange import MAX_EXCHANGES, Exchange
from emulator.corpus.known import Known, count
from emulator.corpus.message import Raw, redact
from emulator.corpus.pattern import KEPT_HOSTS
from emulator.corpus.pseudonym import Pseudonyms
from emulator.corpus.redaction import Redactor
from emulator.corpus.sensitive import Kind, Names

MAX_RECORDED_BYTES = 32 * 1024 * 1024
"""The bytes of all exchanges of a recording together."""
MAX_EXCHANGE_BYTES = 5 * 1024 * 1024
"""The bytes of an exchange; a line of a file is longer, because of escapes and Base64."""
SANDBOX = re.compile(r"(?P<realm>[a-z]{4})-\d{3}(?=\.)")
MAX_PASSES = 3
"""The passes that hide; the first one shows all values but those inside other values."""


@dataclass(frozen=True)
class Redacted:
    """Exchanges without sensitive values.

    Attributes:
        exchanges: The exchanges in order.
        known: The hidden values.
        issued: The pseudonyms.
        counts: The number of different values, and of occurrences, by kind.
    """

    exchanges: tuple[Exchange, ...]
    known: Known
    issued: frozenset[str]
    counts: dict[str, tuple[int, int]]


class Recorder:
    """Exchanges in memory.

    Args:
        names: The kinds of members.
        instances: The base URLs of the instance and of the recorder.
        limit: The most exchanges to keep.

    Attributes:
        names: As given.
        full: The reason why further exchanges are not kept, empty for none.
        too_large: The number of exchanges that were too large to be kept.
        begun: The time of the first kept exchange, None before.
    """

    def __init__(self, names: Names, instances: Iterable[str], limit: int = MAX_EXCHANGES) -> None:
        self.names = names
        self.full = ""
        self.too_large = 0
        self.begun: datetime | None = None
        self._limit = limit
        self._raws: list[Raw] = []
        self._size = 0
        self._lock = Lock()
        self._instances = Known()
        for url in instances:
            add_instance(self._instances, url)
        self._preview = Redactor(names, self._instances, Pseudonyms())

    def __len__(self) -> int:
        return len(self._raws)

    def add(self, raw: Raw) -> bool:
        """Keep an exchange; return False without room for the exchange."""
        with self._lock:
            if raw.size > MAX_EXCHANGE_BYTES:
                self.too_large += 1
                return False
            if not self.full and len(self._raws) >= self._limit:
                self.full = f"the limit of {self._limit:,} exchanges is reached"
            if not self.full and self._size + raw.size > MAX_RECORDED_BYTES:
                self.full = f"the limit of {MAX_RECORDED_BYTES // 2**20} MB is reached"
            if self.full:
                return False
            self.begun = self.begun or datetime.now(UTC) - timedelta(seconds=raw.at)
            self._raws.append(raw)
            self._size += raw.size
            return True

    def describe(self, raw: Raw) -> str:
        """Return method, path and status of an exchange in a line, without sensitive values.

        The pseudonyms of the line are not those of the recording: more may be known by then.
        """
        with self._lock:
            path = raw.target.partition("?")[0]
            return f"{self._preview.text(raw.method)} {self._preview.text(path)}: {raw.status}"

    def finish(self) -> Redacted:
        """Return all exchanges without sensitive values."""
        with self._lock:
            raws = sorted(self._raws, key=lambda raw: raw.at)
        return redact_all(raws, self.names, self._instances)


def redact_all(raws: Sequence[Raw], names: Names, instances: Known | None = None) -> Redacted:
    """Return exchanges without sensitive values.

    Args:
        raws: The exchanges in order.
        names: The kinds of members.
        instances: The names of instances, which are hidden everywhere.
    """
    known = Known()
    known.kinds |= instances.kinds if instances else {}
    collector = Redactor(names, known)
    for raw in raws:
        redact(raw, collector)
    for _ in range(MAX_PASSES):
        known = _merge(known, collector.found)
        pseudonyms = Pseudonyms(known.kinds)
        collector = Redactor(names, known, pseudonyms)
        exchanges = tuple(redact(raw, collector) for raw in raws)
        if _merge(known, collector.found).kinds == known.kinds:
            break
    return Redacted(exchanges, known, frozenset(pseudonyms.issued), count(pseudonyms.counts))


def _merge(*parts: Known) -> Known:
    merged = Known()
    for part in parts:
        for value, kind in part.kinds.items():
            merged.add(kind, value)
    return merged


def add_instance(known: Known, url: str) -> None:
    """Add the host of a URL, with and without port, unless the name means any machine.

    The name of a sandbox begins with its realm and its number, which scopes and roles show, too.
    """
    parts = urlsplit(url)
    known.add(Kind.INSTANCE, parts.netloc)
    host = parts.hostname
    if not host or KEPT_HOSTS.fullmatch(host):
        return
    known.add(Kind.INSTANCE, host)
    if sandbox := SANDBOX.match(host):
        for name in (sandbox["realm"], sandbox[0], sandbox[0].replace("-", "_")):
            known.add(Kind.INSTANCE, name)
