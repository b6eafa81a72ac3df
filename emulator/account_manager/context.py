"""One request: workspace, caller, parameters and body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Request

from emulator.account_manager.error import AccountError, invalid
from emulator.family import TOO_LARGE
from emulator.store import Store
from emulator.workspace.workspace import Workspace

MAX_BODY_BYTES = 256 * 1024


class Caller(NamedTuple):
    """The client of a token, and the login of the token's user; empty for a client's own token."""

    client: str
    user: str


@dataclass(frozen=True)
class Access:
    """The functions of the token endpoints.

    Attributes:
        identify: Returns client and user of a header Authorization, None for an invalid header.
        check_key: Checks a public key in PEM; raises ValidationError for any other text.
    """

    identify: Callable[[Workspace, str | None], tuple[str, str] | None]
    check_key: Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """An answer: status, document and headers."""

    status: int
    content: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """One request.

    Attributes:
        request: The request.
        workspace: The workspace of the request.
        caller: The client and the user of the token.
        access: The functions of the token endpoints.
    """

    request: Request
    workspace: Workspace
    caller: Caller
    access: Access

    @property
    def store(self) -> Store:
        """The data of the workspace."""
        return self.workspace.store

    def now(self) -> str:
        """Return the present instant as text, in seconds: ``2024-01-15T10:30:00Z``."""
        return self.workspace.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def milliseconds(self) -> int:
        """Return the present instant in milliseconds since the epoch."""
        return int(self.workspace.clock.now().timestamp() * 1000)

    def new_id(self) -> str:
        """Return a new id in the form of a UUID."""
        digits = self.workspace.clock.identifier()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def link_to(self, path: str, identifier: str) -> str:
        """Return the URL of a document."""
        request = self.request
        return f"{request.scheme}://{request.host}/dw/rest/v1/{path}/{identifier}"

    def parameter(self, name: str, default: str = "") -> str:
        """Return a parameter of the query."""
        return self.request.args.get(name, default)

    def read(self, kind: str, schema: Schema, *, partial: bool = False) -> dict[str, Any]:
        """Return the valid members of the request document.

        Args:
            kind: The kind of the document, for errors.
            schema: The schema of the document.
            partial: Whether members may be missing; then there are no default values either.

        Raises:
            AccountError: The body is not a JSON object (400), is too large (413), or a member is
                not valid (400).
        """
        values = self._read_object()
        try:
            loaded: dict[str, Any] = schema.load(values, partial=partial)
        except ValidationError as error:
            raise invalid(kind, error.messages_dict, values) from error
        return {name: loaded[name] for name in loaded if name in values} if partial else loaded

    def _read_object(self) -> dict[str, Any]:
        length = self.request.content_length or 0
        if self.request.environ.get(TOO_LARGE) or length > MAX_BODY_BYTES:
            message = f"The body is larger than {MAX_BODY_BYTES} bytes"
            raise AccountError(413, "MaxUploadSizeExceededException", message)
        try:
            values = orjson.loads(self.request.get_data())
        except orjson.JSONDecodeError as error:
            raise _unreadable() from error
        if not isinstance(values, dict):
            raise _unreadable()
        return values


def _unreadable() -> AccountError:
    message = "The body is not a JSON object"
    return AccountError(400, "HttpMessageNotReadableException", message)
