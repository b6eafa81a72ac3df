"""The form of a recording's lines: the members of the head and of an exchange."""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

FORMAT_NAME = "ocapi-emulator corpus 1"
EVIDENCE = ("LIVE", "FIXTURE", "SEED", "CLIENT", "EMULATOR")
"""What answered: a live instance, a test fixture of a client, a sample, or this emulator."""
GRADES = ("status", "fault", "members", "types", "values", "headers")
DIALECTS = ("", "documented", "observed")
CLOCK_YEARS = range(1970, 9000)
MAX_RECORDING_SECONDS = 10 * 366 * 24 * 3600  # from the first exchange to the last one
MAX_TARGET_CHARACTERS = 16_384
HTTP_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110, 5.6.2
REQUEST_TARGET = re.compile(r"/[!-~]*\Z")
HEADER_VALUE = re.compile(r"[\t -~\x80-\xff]*\Z")  # RFC 9110, 5.5

Headers = tuple[tuple[str, str], ...]
"""Names and values in order; a repeated header has several pairs."""


class HeadersField(fields.Field[Headers]):
    """An object of strings, or of lists of strings for repeated headers."""

    def _deserialize(self, value: Any, *_args: Any, **_options: Any) -> Headers:
        if not isinstance(value, dict):
            raise ValidationError("Not an object of headers.")
        return tuple(self._list_pairs(value))

    def _list_pairs(self, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name, given in value.items():
            texts = given if isinstance(given, list) else [given]
            if not HTTP_TOKEN.match(name):
                raise ValidationError({name: ["Not the name of a header."]})
            if not all(isinstance(text, str) and HEADER_VALUE.match(text) for text in texts):
                raise ValidationError({name: ["Not the value of a header, or a list of values."]})
            yield from ((name, text) for text in texts)


class Base64(fields.Field[bytes]):
    """Bytes in Base64."""

    def _deserialize(self, value: Any, *_args: Any, **_options: Any) -> bytes:
        try:
            return b64decode(value, validate=True)
        except (TypeError, ValueError) as error:
            raise ValidationError("Not valid Base64.") from error


class Date(fields.String):
    """A date such as ``2026-11-29``."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = str(super()._deserialize(value, *args, **options))
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValidationError("Not a date such as 2026-11-29.") from error


class Instant(fields.String):
    """An instant in ISO 8601 with a time zone."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> str:
        text = str(super()._deserialize(value, *args, **options))
        try:
            instant = datetime.fromisoformat(text)
            is_valid = instant.tzinfo is not None and instant.year in CLOCK_YEARS
        except ValueError:
            is_valid = False
        if not is_valid:
            raise ValidationError("Not an instant such as 2026-11-29T18:00:00Z.")
        return text


class Number(fields.Float):
    """A JSON number from zero, other than true and false."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> float:
        if isinstance(value, (bool, str)):
            raise ValidationError("Not a valid number.")
        return float(super()._deserialize(value, *args, **options) or 0.0)


class Status(fields.Integer):
    """A status code."""

    def _deserialize(self, value: Any, *_args: Any, **_options: Any) -> int:
        if type(value) is not int or value not in range(100, 600):
            raise ValidationError("Not a status from 100 to 599.")
        return value


class Grades(fields.List[str]):
    """A list as tuple."""

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        return tuple(super()._deserialize(value, *args, **options))


class MessageSchema(Schema):
    """Headers and body of a request or an answer."""

    headers = HeadersField()
    json = fields.Raw(allow_none=True)
    text = fields.String()
    base64 = Base64()


class RequestSchema(MessageSchema):
    """A request."""

    method = fields.String(
        required=True, validate=validate.Regexp(HTTP_TOKEN, error="Not a method.")
    )
    target = fields.String(
        required=True,
        validate=[
            validate.Length(max=MAX_TARGET_CHARACTERS),
            validate.Regexp(REQUEST_TARGET, error="Not a path that begins with '/'."),
        ],
    )


class AnswerSchema(MessageSchema):
    """An answer."""

    status = Status(required=True)


class ExchangeSchema(Schema):
    """The line of an exchange."""

    request = fields.Nested(RequestSchema, required=True)
    answer = fields.Nested(AnswerSchema, required=True)
    at = Number(validate=validate.Range(min=0, max=MAX_RECORDING_SECONDS))
    name = fields.String()
    source = fields.String()
    link = fields.String()
    evidence = fields.String(validate=validate.OneOf(EVIDENCE))
    recorded = Date()
    grades = Grades(fields.String(validate=validate.OneOf(GRADES)))
    at_least = fields.Boolean()


class HeadSchema(Schema):
    """The first line."""

    format = fields.String(required=True, validate=validate.Equal(FORMAT_NAME))
    recorded = Date(required=True)
    source = fields.String(required=True, validate=validate.Length(min=1))
    link = fields.String()
    evidence = fields.String(required=True, validate=validate.OneOf(EVIDENCE))
    dialect = fields.String(validate=validate.OneOf(DIALECTS))
    data_set = fields.String()
    clock = Instant(required=True)
    hidden = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
