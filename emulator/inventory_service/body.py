"""Bodies of requests: reading, validation, and all violations in one answer (ERR-1)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from flask import Request
from marshmallow import Schema, ValidationError, fields
from marshmallow.exceptions import SCHEMA as WHOLE
from werkzeug.http import parse_options_header

from emulator.inventory_service.documents import read_only
from emulator.inventory_service.problem import (
    CONTENT_TOO_LARGE,
    IMMUTABLE,
    INVALID_BODY,
    MALFORMED_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Violation,
)

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
MAX_BODY_BYTES = 1024 * 1024
MAX_BODY_LEVELS = 64  # of arrays and objects inside each other
MAX_BODY_VALUES = 10_000  # JSON values, so that validation takes milliseconds
READ_ONLY = "Set by the service."
UNKNOWN = "Unknown field."


def read(request: Request, media_types: tuple[str, ...], header: str) -> Any:
    """Return the JSON value of a body.

    Args:
        request: The request.
        media_types: The media types of the operation.
        header: The header to list the media types in, if the body has another one.

    Raises:
        Problem: UNSUPPORTED_MEDIA_TYPE, CONTENT_TOO_LARGE or MALFORMED_JSON.
    """
    media_type, options = parse_options_header(request.content_type)
    charset = options.get("charset", "utf-8").lower()
    if media_type.lower() not in media_types or charset not in ("utf-8", "utf8"):
        message = f"The body is not {' or '.join(media_types)} in UTF-8."
        raise UNSUPPORTED_MEDIA_TYPE(message, headers={header: ", ".join(media_types)})
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise CONTENT_TOO_LARGE("A body has at most 1 MB.")
    data = request.stream.read(MAX_BODY_BYTES + 1)
    if len(data) > MAX_BODY_BYTES:
        raise CONTENT_TOO_LARGE("A body has at most 1 MB.")
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise MALFORMED_JSON(f"The body cannot be read: {error}.") from error
    _check_size(value)
    return value


def _check_size(value: Any) -> None:
    """Check the depth and the number of values of a body, level by level.

    Raises:
        Problem: MALFORMED_JSON or CONTENT_TOO_LARGE.
    """
    count, level = 0, [value]
    for _ in range(MAX_BODY_LEVELS):
        count += len(level)
        if count > MAX_BODY_VALUES:
            raise CONTENT_TOO_LARGE(f"A body holds at most {MAX_BODY_VALUES} values.")
        level = [inner for outer in level for inner in _inner_values(outer)]
    if level:
        raise MALFORMED_JSON(f"The body is nested deeper than {MAX_BODY_LEVELS} levels.")


def _inner_values(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def validate(schema: Schema, value: Any, others: Sequence[Violation] = ()) -> dict[str, Any]:
    """Return the valid members of a body, with defaults.

    Args:
        schema: The schema of the document.
        value: The members of the body.
        others: Violations found before; the problem lists them with the violations of the schema.

    Raises:
        Problem: INVALID_BODY, with every violation.
    """
    found = list(others)
    loaded: dict[str, Any] = {}
    try:
        loaded = schema.load(value)
    except ValidationError as error:
        found += _of_schema(error.messages_dict, "", schema)
    if found:
        raise INVALID_BODY("The body breaks the schema.", found)
    return loaded


def read_only_changes(
    schema: Schema, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Violation]:
    """Return a violation for each read-only member with another value (WRITE-2)."""
    changed = (name for name in read_only(schema) if after.get(name) != before[name])
    return [Violation(_pointer("", name), READ_ONLY) for name in changed]


def check_create_only(schema: Schema, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Check that the create-only members keep their values.

    Raises:
        Problem: IMMUTABLE: a member has another value (WRITE-2).
    """
    paths: tuple[tuple[str, ...], ...] = getattr(schema, "create_only", ())
    changed = [path for path in paths if _follow(after, path) != _follow(before, path)]
    if changed:
        message = "Cannot be changed after creation."
        errors = [Violation("/" + "/".join(path), message) for path in changed]
        raise IMMUTABLE("The body changes members that can only be set at creation.", errors)


def _follow(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _of_schema(messages: Mapping[str, Any], pointer: str, schema: Schema) -> Iterator[Violation]:
    """Yield the violations of a document, from the messages of marshmallow by member."""
    for name, below in messages.items():
        place = _pointer(pointer, name)
        if name == WHOLE:
            # A member of this name is unknown. All other messages are about the document itself.
            yield from (Violation(place if m == UNKNOWN else pointer, m) for m in below)
        elif name in read_only(schema):
            yield Violation(place, READ_ONLY)
        else:
            yield from _of_field(below, place, schema.fields.get(name))


def _of_field(messages: Any, pointer: str, field: fields.Field[Any] | None) -> Iterator[Violation]:
    """Yield the violations of a member or of the values inside."""
    if isinstance(messages, list):
        yield from (Violation(pointer, message) for message in messages)
    elif isinstance(field, fields.Nested):
        yield from _of_schema(messages, pointer, field.schema)
    else:
        for (
            key,
            parts,
        ) in messages.items():  # the messages of a map are by key, then "key" or "value"
            for below in parts.values():
                yield from _of_field(below, _pointer(pointer, key), None)


def _pointer(parent: str, name: Any) -> str:
    return f"{parent}/{str(name).replace('~', '~0').replace('/', '~1')}"
