"""The parts of an application for the pages of the console."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.config import Config
from emulator.family import Family
from emulator.fixture.data_set import Collection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from emulator.ocapi.access.direct_token import DirectToken
    from emulator.ocapi.resource import Resource
    from emulator.recording.exchange import Exchange
    from emulator.workspace.workspace import Workspace


class Setup(NamedTuple):
    """The parts of an application for the console.

    Attributes:
        config: The configuration of the server.
        data: The family of the Data API.
        application: The application behind the front door: no exchange is recorded.
        resources: The resources of the Data API.
        collections: The collections of data sets.
        issue_token: Returns the token of a client; see ``direct_token.issue_token``.
        summarize: Returns the smallest settings document for recorded exchanges.
    """

    config: Config
    data: Family
    application: "WSGIApplication"
    resources: "Sequence[Resource]"
    collections: Sequence[Collection]
    issue_token: "Callable[[Workspace, str], DirectToken]"
    summarize: "Callable[[Sequence[Exchange]], Mapping[str, Any]]"
