"""Advice for a wrong name: the nearest known names."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from marshmallow import Schema, ValidationError, pre_load

MAX_NEAREST_NAMES = 3
MAX_LISTED_NAMES = 20
"""The longest list of known names in a message."""
MAX_ADVISED_NAMES = 10
"""The wrong names of an object with advice: each one is compared with all known names."""
MAX_COMPARED_CHARACTERS = 64
MAX_MEMBERS = 1000
"""The members of an object, of which a schema knows twenty at most."""


def advise(name: str, known: Iterable[str]) -> str:
    """Return the advice for a wrong name, as the end of a sentence.

    Args:
        name: The wrong name.
        known: The known names.
    """
    names = sorted(known)
    near = get_close_matches(name[:MAX_COMPARED_CHARACTERS], names, MAX_NEAREST_NAMES)
    advice = [f"did you mean {' or '.join(near)}?"] if near else []
    if len(names) <= MAX_LISTED_NAMES:
        advice.append(f"known are {', '.join(names)}.")
    return " ".join(advice) or f"{len(names)} names are known, none of them is similar."


class AdvisingSchema(Schema):
    """A schema whose errors name the known members for an unknown one."""

    @pre_load
    def check_number(self, data: Any, **_: Any) -> Any:
        """Check the number of members before each member: a body of 5 MB has 250,000 members."""
        if isinstance(data, dict) and len(data) > MAX_MEMBERS:
            raise ValidationError(f"Has more than {MAX_MEMBERS} members.")
        return data

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        """Put the messages about unknown members in the order of the members, and add advice."""
        unknown = [self.error_messages["unknown"]]
        if not isinstance(error.messages, dict) or not isinstance(data, dict):
            return
        found = [name for name in data if error.messages.get(name) == unknown]
        for index, name in enumerate(found):
            messages = error.messages.pop(name)
            if index < MAX_ADVISED_NAMES:
                messages = [f"{unknown[0].removesuffix('.')}: {advise(name, self.fields)}"]
            error.messages[name] = messages
