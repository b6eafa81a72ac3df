"""Known differences of a server from recordings, in a file of TOML with reason and date."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from emulator.corpus.exchange import CorpusError
from emulator.corpus.form import GRADES
from emulator.corpus.grade import Difference
from emulator.json_pointer import point
from emulator.recording.glob import compile_path, compile_text

FILE_NAME = "accepted.toml"
ANY = "*"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A known difference. In texts ``*`` stands for any characters.

    Attributes:
        number: The number in the file, from 1.
        grade: One of ``GRADES``.
        pointer: The place: ``*`` stands for a step or a part of a step, ``**`` for any steps.
        reason: The reason.
        date: The date of the entry.
        recording: The name of the recording.
        operation: The operation, such as ``GET /inventory_lists/{id}``.
        exchange: The name of the exchange, or the number from 1.
    """

    number: int
    grade: str
    pointer: str
    reason: str
    date: date
    recording: str = ANY
    operation: str = ANY
    exchange: str = ANY

    def fits(self, recording: str, operation: str, names: Iterable[str], one: Difference) -> bool:
        """Compare a difference with the entry.

        Args:
            recording: The name of the recording.
            operation: The operation of the exchange.
            names: The name and the number of the exchange.
            one: The difference.
        """
        return (
            self.grade == one.grade
            and compile_path(self.pointer).fullmatch(one.pointer)
            and compile_text(self.recording).fullmatch(recording)
            and compile_text(self.operation).fullmatch(operation)
            and any(map(compile_text(self.exchange).fullmatch, names))
        )

    @property
    def line(self) -> str:
        """The entry in a line."""
        where = (self.recording, self.operation, self.exchange)
        chosen = ", ".join(dict.fromkeys(text for text in where if text != ANY)) or "everywhere"
        return f"entry {self.number}: {self.grade} {self.pointer or '(whole)'} ({chosen})"


class _TomlDate(fields.Field[date]):
    """A date of TOML."""

    def _deserialize(self, value: Any, *_args: Any, **_options: Any) -> date:
        if type(value) is not date:
            raise ValidationError("Not a date such as 2026-11-29, without quotes.")
        return value


class _Entry(Schema):
    grade = fields.String(required=True, validate=validate.OneOf(GRADES))
    pointer = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1))
    date = _TomlDate(required=True)
    recording = fields.String()
    operation = fields.String()
    exchange = fields.String()


class _File(Schema):
    difference = fields.List(fields.Nested(_Entry))


def read_accepted(file: Path) -> list[Accepted]:
    """Return the entries of a file.

    Raises:
        CorpusError: The file can't be read, or an entry is wrong.
    """
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        loaded = _File().load(content)
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}") from error
    except ValidationError as error:
        pointer, message = next(point("", error.messages))
        raise CorpusError(f"{file}: {pointer}: {message}") from error
    except ValueError as error:  # of TOML or of UTF-8
        raise CorpusError(f"{file}: {error}") from error
    entries = loaded.get("difference", [])
    return [Accepted(number, **entry) for number, entry in enumerate(entries, 1)]
