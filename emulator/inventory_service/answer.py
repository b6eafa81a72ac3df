"""Answers of success, before Flask makes a response of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of success.

    Attributes:
        status: The HTTP status.
        content: The document, or None for no body.
        headers: The headers of this answer alone.
    """

    status: int
    content: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
