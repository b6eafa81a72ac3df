"""A journal in Redis, shared by all processes."""

import logging
from collections.abc import Mapping
from datetime import datetime

import orjson

from emulator.family import Family
from emulator.recording.exchange import Body, Exchange
from emulator.recording.journal import (
    FIRST_ERROR_STATUS,
    MAX_ALL_JOURNALS_BYTES,
    MAX_JOURNAL_BYTES,
    Journal,
)
from emulator.shared import script
from emulator.shared.link import Keyspace
from emulator.store import StoreUnavailable

logger = logging.getLogger("emulator")


class SharedJournal(Journal):
    """See ``Journal``.

    Args:
        keys: The keys of the workspace.
        capacity: The maximum number of exchanges; 0 turns the journal off.
        families: The families of exchanges, by name.
    """

    def __init__(self, keys: Keyspace, capacity: int, families: Mapping[str, Family]) -> None:
        self.capacity = capacity
        self._keys = keys
        self._families = families

    def __len__(self) -> int:
        return int(self._keys.ask("LLEN", "journal"))

    @property
    def last(self) -> Exchange | None:
        """See ``Journal.last``."""
        newest = self._keys.ask("LINDEX", "journal", -1)
        return decode(newest, self._families) if newest else None

    def get(self, number: int) -> Exchange | None:
        """See ``Journal.get``."""
        before = self.last_number - number
        stored = self._keys.ask("LINDEX", "journal", -1 - before) if before >= 0 else None
        found = decode(stored, self._families) if stored else None
        return found if found and found.number == number else None

    def clear(self) -> None:
        """See ``Journal.clear``."""
        self._keys.run(script.FORGET_EXCHANGES)

    def add(self, exchange: Exchange) -> None:
        """See ``Journal.add``.

        The answer is right, recorded or not. So without Redis the client still gets the answer.
        """
        stored = encode(exchange)
        try:
            bounds = (self.capacity, MAX_JOURNAL_BYTES, MAX_ALL_JOURNALS_BYTES)
            exchange.number = self._keys.run(script.RECORD_EXCHANGE, *bounds, exchange.size, stored)
        except StoreUnavailable as error:
            logger.warning("%s is not in the journal: %s", exchange.line, error)

    def find_after(self, number: int) -> list[Exchange]:
        """See ``Journal.find_after``."""
        wanted = self.last_number - number
        stored = self._keys.ask("LRANGE", "journal", -wanted, -1) if wanted > 0 else ()
        found = [decode(exchange, self._families) for exchange in stored]
        return [exchange for exchange in found if exchange.number > number]

    def find_errors(self) -> list[Exchange]:
        """See ``Journal.find_errors``."""
        return [decode(stored, self._families) for stored in self._keys.run(script.FIND_ERRORS)]

    def _copy(self) -> list[Exchange]:
        stored = self._keys.ask("LRANGE", "journal", 0, -1)
        return [decode(exchange, self._families) for exchange in stored]


def encode(exchange: Exchange) -> bytes:
    """Return an exchange as bytes: a mark for errors, a line of JSON, and both bodies.

    The bodies are no JSON, since a body may hold any bytes.
    """
    request, reply = exchange.request_body, exchange.reply_body
    fields = {
        "family": exchange.family.name,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "form_client": exchange.form_client,
        "environ": exchange.environ,
        "at": exchange.at.isoformat(),
        "seconds": exchange.seconds,
        "status": exchange.status,
        "fault": exchange.fault,
        "failpoint": exchange.failpoint,
        "stub": exchange.stub,
        "upstream": exchange.upstream,
        "headers": exchange.reply_headers,
        "concealed": exchange.concealed,
        "bodies": [len(request.data), request.size, reply.size],
    }
    is_error = exchange.status >= FIRST_ERROR_STATUS and not exchange.is_planned
    return b"%c %b\n%b%b" % (b"!" if is_error else b".", _dump(fields), request.data, reply.data)


def _dump(fields: object) -> bytes:
    return orjson.dumps(fields, default=str)


def _unknown_family(name: str) -> Family:
    """Return a family without operations for an API that only other processes serve."""
    return Family(name, lambda _, __: [])


def decode(stored: bytes, families: Mapping[str, Family]) -> Exchange:
    """Return an exchange from bytes; in Redis, number and size come first."""
    line, _, bodies = stored.partition(b"\n")
    number, _, _, fields = line.split(b" ", 3)
    read = orjson.loads(fields)
    cut, request_size, reply_size = read["bodies"]
    return Exchange(
        family=families.get(read["family"]) or _unknown_family(read["family"]),
        method=read["method"],
        path=read["path"],
        query=read["query"],
        environ=read["environ"],
        at=datetime.fromisoformat(read["at"]),
        number=int(number),
        seconds=read["seconds"],
        status=read["status"],
        fault=read["fault"],
        failpoint=read["failpoint"],
        stub=read["stub"],
        upstream=read["upstream"],
        request_body=Body(bodies[:cut], request_size),
        reply_headers=[(name, value) for name, value in read["headers"]],
        reply_body=Body(bodies[cut:], reply_size),
        concealed=tuple(read["concealed"]),
        form_client=read["form_client"],
    )
