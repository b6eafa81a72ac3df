"""One request of the Data API: the route, and the values that the checks read from the request."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from emulator.clock import render_instant
from emulator.config import Config
from emulator.ocapi.access.permission import FULL_PERMISSION, Permission
from emulator.ocapi.access.token import Tokens
from emulator.ocapi.resource import Operation, Resource, Search, Verb, fill_template
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.lens import has_operation
from emulator.ocapi.wire import state, url, versions
from emulator.ocapi.wire.dialect import DIALECTS, Dialect
from emulator.ocapi.wire.formats import Format
from emulator.ocapi.wire.paging import Page
from emulator.ocapi.wire.select import Selector
from emulator.request import Request, read_sent_path
from emulator.store import Change, ExpectingStore, Key, Record, Store, WatchedStore
from emulator.workspace.registry import current
from emulator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from emulator.ocapi.data_api import DataApi
    from emulator.ocapi.hook.point import Hooks, OperationHooks

logger = logging.getLogger("emulator")

SITES = "sites"
ANY = "any"
MAX_LOGGED_HINTS = 1000
NO_PAGE = Page(0, 0)
IS_CACHEABLE = "emulator.is_cacheable"
"""The WSGI environment key of the mark for answers that the cache may keep."""


class Service:
    """The configuration that all calls of one application share.

    Args:
        config: The configuration of the server.
        api: The resources of the application.
        hooks: The hooks of users by extension point.

    Attributes:
        versions: The path segments of the accepted versions.
        accepts_any: Whether other well-formed versions are accepted, too.
        numbers: The numbers of the accepted versions, such as ``23.2``, by path segment.
        unserved: The number of requests by hint, up to ``MAX_LOGGED_HINTS`` hints.
    """

    def __init__(self, config: Config, api: "DataApi", hooks: "Hooks | None" = None) -> None:
        self.config = config
        self.api = api
        self.hooks = hooks or {}
        self.dialect: Dialect = DIALECTS[config.dialect]
        named = config.versions - {ANY}
        self.accepts_any = ANY in config.versions
        self.versions = named if named and not self.accepts_any else named | versions.PUBLISHED
        self.numbers = {segment: versions.number(segment) for segment in self.versions}
        self.unserved: dict[str, int] = {}

    def tokens(self, workspace: Workspace) -> Tokens:
        """Return the workspace's token issuer."""
        return Tokens(workspace.secret, workspace.clock, workspace.name)

    def accepts(self, segment: str) -> bool:
        """Return whether a well-formed version is accepted (URL-3)."""
        return segment in self.versions or self.accepts_any

    def advise(self, fault: Fault, hint: str) -> None:
        """Add a hint to a fault; count the hint, and log each hint once (URL-8)."""
        fault.hint = hint
        seen = self.unserved.get(fault.hint, 0)
        if not seen:
            if len(self.unserved) >= MAX_LOGGED_HINTS:
                return
            logger.warning("%s", fault.hint)
        self.unserved[fault.hint] = seen + 1


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the Data API.

    Attributes:
        resource: The resource.
        template: The segments of the path below the version, with ids in braces.
        methods: The verb of each method.
        body: The schema of request documents for the verbs.
        of_collection: Whether the path is a collection's rather than a document's.
        children: The resources below a document, on all levels.
        operations: The operations beside the verbs, by method.
        hooks: The hooks of users, by method.
    """

    resource: Resource
    template: tuple[str, ...]
    methods: Mapping[str, Verb]
    body: Document
    of_collection: bool = False
    children: tuple[Resource, ...] = ()
    operations: Mapping[str, Operation] = field(default_factory=dict)
    hooks: Mapping[str, "OperationHooks"] = field(default_factory=dict)

    @property
    def allowed(self) -> set[str]:
        """All methods of the path, HEAD and OPTIONS included (MET-2)."""
        served = {*self.methods, *self.operations}
        return {*served, *({"HEAD"} if "GET" in served else ()), "OPTIONS"}

    def methods_of(self, version: str) -> set[str]:
        """Return the methods of the path in a version, OPTIONS included (VER-3)."""
        always = {"OPTIONS"}
        return {
            m for m in self.allowed - always if has_operation(m, self.template, version)
        } | always

    @property
    def is_search(self) -> bool:
        """Whether the path is a search's, so that POST changes nothing."""
        return "search" in self.methods.values()

    @property
    def search(self) -> Search:
        """The search of the resource; only the paths of searches ask."""
        assert self.resource.search is not None  # noqa: S101 - see above
        return self.resource.search


class Call:
    """One request of the Data API.

    The checks (``check.py``) fill in the attributes one after the other. Until then an attribute
    has the value of a request that says nothing, so that a fault can be rendered at any time.

    Args:
        request: The request.
        service: The configuration that all calls share.
        route: The route; None where the path has none, or none for the method.
        ids: The ids in the path, outermost first.
        methods: The methods of the path, if the method of the request is not one of them.

    Attributes:
        address: The form, site and version of the path, each as sent (URL-1).
        host: The host in the request, else the server's own.
        has_route: Whether there is a route.
        route: The route; the check of the path refuses a request without one.
        operation: The operation that answers the request, None if a verb answers.
        version: The version as documents carry it, such as ``23.2``.
        client: The id of the calling client.
        user: The login of the Business Manager user of the token; empty for a client's own token.
        origin: The origin of the web page that sent the request; empty for none.
        permission: The permissions of the client for the resource (SET-1).
        format: The format of the answer; None until the check of the format.
        body: The bytes of the body.
        key: The ids in the path (INV-4).
        page: The requested part of the collection (PAG-1).
        selector: The requested properties; None for the default (SEL-1).
        locale: The one locale of localized properties; None for all.
        expansions: The requested expansions (EXP).
        content: The body as a JSON value; an empty object where there is no body.
        changes: The properties that the body sets (DEC-1 to DEC-5).
        declarations: The declarations of the custom properties in the body, which each write
            expects (OBJ-7).
        reviser: Changes a record before the write, for a hook; None to leave records as they are.
    """

    route: Route
    operation: Operation | None = None
    version = versions.CURRENT
    client = ""
    user = ""
    origin = ""
    permission: Permission = FULL_PERMISSION
    format: Format | None = None
    body = b""
    key: Key = ()
    page: Page = NO_PAGE
    selector: Selector | None = None
    locale: str | None = None
    expansions: tuple[str, ...] = ()
    content: Any = None
    changes: Mapping[str, Any] = {}
    declarations: tuple[Change, ...] = ()
    replacement: Store | None = None
    reviser: "Callable[[Record], Record] | None" = None

    def __init__(
        self,
        request: Request,
        service: Service,
        route: Route | None = None,
        ids: Key = (),
        methods: frozenset[str] = frozenset(),
    ) -> None:
        self.request = request
        self.service = service
        self.has_route = route is not None
        if route is not None:
            self.route = route
            method = "GET" if request.method == "HEAD" else request.method
            self.operation = route.operations.get(method)
        self.ids = ids
        self.methods = methods
        self.method = request.method
        self.workspace = current(request.environ)
        self.dialect = service.dialect
        self.address = url.parse(request.path)
        self.host: str = request.environ.get("HTTP_HOST") or request.host

    @property
    def store(self) -> Store:
        """The data of the workspace.

        Raises:
            StoreUnavailable: The shared store can't be reached.
        """
        store = self.workspace.store if self.replacement is None else self.replacement
        if not self.declarations:
            return store
        return cast("Store", ExpectingStore(store, self.declarations))

    @contextmanager
    def watching(self) -> Iterator[WatchedStore]:
        """Note all reads of the store, so that a write can expect what was read."""
        watched = WatchedStore(self.store)
        with self.replacing(cast("Store", watched)):
            yield watched

    @contextmanager
    def replacing(self, store: Store) -> Iterator[None]:
        """Use another store in place of the workspace's store."""
        outer, self.replacement = self.replacement, store
        try:
            yield
        finally:
            self.replacement = outer

    def revise(self, record: Record) -> Record:
        """Return a record to write; a hook may have changed the document (HOOK-3)."""
        return record if self.reviser is None else self.reviser(record)

    @property
    def path(self) -> str:
        """The path as sent, without the query."""
        return read_sent_path(self.request)

    @cached_property
    def now(self) -> str:
        """The time of the call, the same in all documents that the call writes."""
        return render_instant(self.workspace.clock.now())

    @cached_property
    def host_url(self) -> str:
        """Scheme and host of the request, for links (ENV-6)."""
        scheme = self.request.scheme
        if self.service.config.trust_forwarded_proto:
            forwarded = self.request.headers.get("X-Forwarded-Proto", "")
            scheme = forwarded if forwarded in ("http", "https") else scheme
        return f"{scheme}://{self.host}"

    @property
    def root_url(self) -> str:
        """The URL of the application, which may be mounted below a prefix."""
        return f"{self.host_url}{quote(self.request.root_path)}"

    @property
    def parents(self) -> Key:
        """The ids of the documents above the resource."""
        return self.key[: len(self.route.resource.keys) - 1]

    @cached_property
    def base_url(self) -> str:
        """The URL of the version, in the scope of the request."""
        address = self.address
        return f"{self.root_url}{address.prefix}/dw/data/{address.version}"

    @cached_property
    def url(self) -> str:
        """The URL of the request without the query; an alias stands for the collection's path."""
        return f"{self.base_url}/{fill_template(self.route.template, self.key)}"

    @cached_property
    def collection_url(self) -> str:
        """The URL of the resource's collection, in the scope of the request."""
        return f"{self.base_url}/{fill_template(self.route.resource.template, self.parents)}"

    def link(self, key: Key) -> str:
        """Return the URL of one document (ENV-6)."""
        return f"{self.collection_url}/{url.encode_segment(key[-1])}"

    def link_to(self, *segments: str) -> str:
        """Return the URL of a path below the version, in the scope of the request (ENV-6)."""
        return "/".join([self.base_url, *map(url.encode_segment, segments)])

    def check_permitted(self, document: Document, changes: Mapping[str, Any]) -> None:
        """Check that the client may set the properties of the body (SET-2).

        Args:
            document: The schema of the body.
            changes: The properties that the body sets.

        Raises:
            Fault: PROPERTY_NOT_PERMITTED for the first property in the order of the body.
        """
        if self.permission.writable is None or not changes:
            return
        sent = {name: self.content[name] for name in self.content if name in changes}
        if forbidden := self.permission.check_write(sent):
            fault = faults.PROPERTY_NOT_PERMITTED(forbidden, document.type_name)
            entry = f"{self.method} /{'/'.join(self.route.template)}"
            fault.hint = f"missing in write_attributes of the settings entry: {forbidden} ({entry})"
            raise fault

    def check_state(self, record: Record | None) -> None:
        """Check the resource state and the entity tags that the client expects (RST-2 to RST-4).

        Args:
            record: The record before the write, None for a new document.

        Raises:
            Fault: RESOURCE_ALREADY_EXISTS, RESOURCE_STATE_CONFLICT or INVALID_IF_MATCH.
        """
        sent = self.content.get("_resource_state")
        state.check_write(record.state if record else None, self.request.headers, sent)

    def prevent_caching(self) -> None:
        """Keep the answer out of the cache, because it also depends on the clock or on files."""
        self.request.environ.pop(IS_CACHEABLE, None)
