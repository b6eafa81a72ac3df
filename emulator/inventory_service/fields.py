"""Marshmallow fields for the types of members, without coercion."""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from marshmallow import ValidationError, fields, validate

from emulator.clock import render_instant
from emulator.inventory_service.countries import COUNTRIES

MAX_QUANTITY = 2**31 - 1
# RFC 3339, 5.6. The datetime module reads more forms.
DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


class Boolean(fields.Boolean):
    """``true`` or ``false`` alone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Quantity(fields.Integer):
    """An integer from 0 to 2^31 - 1."""

    def __init__(self, **options: Any) -> None:
        within = validate.Range(0, MAX_QUANTITY)
        super().__init__(strict=True, validate=within, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Country(fields.String):
    """An alpha-2 country code of ISO 3166-1."""

    def __init__(self, **options: Any) -> None:
        known = validate.OneOf(sorted(COUNTRIES), error="Not a country code of ISO 3166-1 alpha-2.")
        super().__init__(validate=known, **options)


class TimeZone(fields.String):
    """The name of a time zone in the IANA database."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=check_time_zone, **options)


class Instant(fields.String):
    """A date-time of RFC 3339, stored in UTC with milliseconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return render_instant(datetime.fromisoformat(_require_date_time(text).upper()))
        except (ValueError, OverflowError) as error:
            raise ValidationError("Not a date-time of RFC 3339.") from error


def _require_date_time(text: str) -> str:
    if not DATE_TIME.fullmatch(text):
        raise ValueError(text)
    return text


def check_time_zone(name: str) -> None:
    """Check the name of a time zone.

    Raises:
        ValidationError: The IANA database has no such name.
    """
    if name not in _time_zones():
        raise ValidationError("Not a time zone of the IANA database.")


@cache
def _time_zones() -> frozenset[str]:
    """Return the names of the published database, independent of the machine's own copy."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return frozenset(names) - {"Factory"}
