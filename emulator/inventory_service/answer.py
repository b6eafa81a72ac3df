"""What is answered, before it becomes a response."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of success.

    Attributes:
        status: The HTTP status.
        content: The document, or None for no body.
        headers: Headers besides those of every answer.
    """

    status: int
    content: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
