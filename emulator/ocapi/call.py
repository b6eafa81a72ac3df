"""One request, parsed once: each part on first use, each raising the fault of its own check."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.cached_property import cached_property as part
from emulator.config import Config
from emulator.ocapi.access import auth, origin
from emulator.ocapi.access.permission import FREE, Permission, Permissions
from emulator.ocapi.access.token import Tokens
from emulator.ocapi.resource import METHODS, Resource, Search, Verb, list_methods
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.custom import Declarations
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import LOCALE, render_instant
from emulator.ocapi.wire import formats, paging, select, url
from emulator.ocapi.wire.dialect import DIALECTS, Dialect
from emulator.ocapi.wire.formats import Format
from emulator.ocapi.wire.override import REFUSED
from emulator.ocapi.wire.paging import Page
from emulator.ocapi.wire.request import Request
from emulator.ocapi.wire.select import Selector
from emulator.ocapi.wire.state import Presented
from emulator.ocapi.wire.url import Address
from emulator.store import Key, Store
from emulator.workspace.workspace import Workspace, current

SITES = "sites"
READS = ("GET", "HEAD")
SHORTEST_ID, LONGEST_ID = 1, 256


class Service:
    """What all calls of one set-up share.

    Args:
        config: How it is set up.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.dialect: Dialect = DIALECTS[config.dialect]

    def tokens(self, workspace: Workspace) -> Tokens:
        """Return what issues and verifies the tokens of a workspace."""
        return Tokens(workspace.secret, workspace.clock, workspace.name)

    def serves(self, version: str) -> bool:
        """Return whether a version, well formed, is answered (URL-3)."""
        return version == url.SERVED or not {version, "any"}.isdisjoint(self.config.versions)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes.

    Attributes:
        resource: The resource.
        template: The segments of the path below the version; those of ids are in braces.
        methods: What to do by which method.
        body: The schema of what a request brings.
        of_collection: Whether the path is that of the collection rather than of one document.
        children: The resources below a document.
    """

    resource: Resource
    template: tuple[str, ...]
    methods: Mapping[str, Verb]
    body: Document
    of_collection: bool = False
    children: tuple[Resource, ...] = ()

    @property
    def is_search(self) -> bool:
        """Whether the path is that of a search, which changes nothing."""
        return METHODS["search"] in self.methods

    @property
    def search(self) -> Search:
        """How the resource is searched; it is on paths of searches alone that anybody asks."""
        assert self.resource.search is not None  # noqa: S101 - see above
        return self.resource.search


@dataclass(frozen=True, slots=True)
class Match:
    """What the path of a request leads to.

    Attributes:
        route: The route, None if there is none, or none for the method.
        ids: The variable segments of the path, by name.
        methods: The methods that the path takes, where that of the request is none of them.
        address: What the path says besides the resource, None if it is none of the Data API.
    """

    route: Route | None
    ids: Mapping[str, str] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    address: Address | None = None


NO_MATCH = Match(None)


class Call:
    """One request of the Data API.

    Args:
        request: The request.
        match: What its path leads to.
        service: What all calls share.
    """

    def __init__(self, request: Request, match: Match, service: Service) -> None:
        self.request = request
        self.match = match
        self.service = service
        self.workspace = current(request.environ)

    @property
    def store(self) -> Store:
        """The data that the call reads and writes."""
        return self.workspace.store

    @property
    def dialect(self) -> Dialect:
        """The dialect of the answer."""
        return self.service.dialect

    @part
    def method(self) -> str:
        """The method, overridden or not (MET-3)."""
        refused = self.request.environ.get(REFUSED)
        if refused is not None:
            raise faults.ILLEGAL_HTTP_METHOD_OVERRIDE(refused)
        return self.request.method

    @part
    def address(self) -> Address:
        """The URL's form, site and version, each as sent (URL-1)."""
        if self.match.address is None:
            raise faults.RESOURCE_PATH_NOT_FOUND(self.path)
        return self.match.address

    @property
    def host(self) -> str:
        """The host that the request names, else the server's own."""
        named: str = self.request.environ.get("HTTP_HOST", "")
        return named or self.request.host

    @part
    def path(self) -> str:
        """The path as it was requested."""
        target = self.request.environ.get("REQUEST_URI", self.request.path)
        return str(target).partition("?")[0]

    @part
    def version(self) -> str:
        """The version as documents carry it (URL-3)."""
        segment = self.address.version
        if not url.is_version(segment):
            raise faults.INVALID_VERSION()
        if not self.service.serves(segment):
            raise faults.VERSION_NOT_FOUND(segment)
        return url.number(segment)

    @part
    def site(self) -> str:
        """The site's id; ``-`` and nothing stand for the organisation and for the host's."""
        site = self.address.site
        if not url.is_host(self.host):
            raise faults.INVALID_HOST_HEADER(self.host)
        if site not in ("", url.ORGANIZATION) and self.store.get(SITES, (site,)) is None:
            raise faults.UNKNOWN_SITE(site)
        return site

    @part
    def route(self) -> Route:
        """Resource and methods of the path (URL-4, URL-6)."""
        if self.match.methods:
            fault = faults.METHOD_NOT_ALLOWED(self.method)
            fault.headers["Allow"] = list_methods(self.match.methods)
            raise fault
        if self.match.route is None:
            raise faults.RESOURCE_PATH_NOT_FOUND(self.path)
        return self.match.route

    @part
    def format(self) -> Format:
        """The format of the answer (FMT-1, FMT-2)."""
        return formats.check(self.request)

    @part
    def body(self) -> bytes:
        """The body's bytes, within the limit (FMT-6)."""
        return formats.read_body(self.request)

    @part
    def client(self) -> str:
        """The id of the calling client (AUT-1)."""
        args, headers = self.request.args, self.request.headers
        return auth.identify(headers, args, self.service.tokens(self.workspace), self.store)

    @part
    def origin(self) -> str:
        """The origin of the page that the request comes from, empty if it is of none (SET-4).

        A preflight carries no token: it names its client in the query, or speaks for all.
        """
        sent = self.request.headers.get("Origin", "")
        if sent:
            preflight = self.request.method == "OPTIONS"
            client = self.request.args.get("client_id", "") if preflight else self.client
            if client or not preflight:
                origin.check(sent, self.host_url, client, self.permissions)
        return sent

    @property
    def permissions(self) -> Permissions | None:
        """Who may do what, None where everybody may do everything (SET-3)."""
        found: Permissions | None = self.workspace.permissions
        return found

    @part
    def permission(self) -> Permission:
        """What the client may do with the resource (SET-1)."""
        if self.permissions is None:
            return FREE
        path = self.request.path.removeprefix(self.address.base)
        found = self.permissions.find(self.client, self.method, path, self.version)
        if found is None:
            told = self.request.path.removeprefix(self.address.scope.removesuffix("/data"))
            fault = faults.CLIENT_ACCESS_FORBIDDEN(self.method, told)
            aliased = path.removeprefix("/") in self.route.resource.aliases
            template = path if aliased else "/".join(self.route.template)
            entry = self.permissions.explain(self.client, self.method, template)
            fault.hint = f"missing settings entry: {entry}"
            raise fault
        return found

    @part
    def key(self) -> Key:
        """The id or ids in the path; a new one has 1 to 256 characters (INV-4)."""
        found = self.match.ids.items()
        ids = tuple(value for name, value in found if not name.startswith("_"))
        try:
            "".join(ids).encode()
        except UnicodeEncodeError as error:
            raise faults.RESOURCE_PATH("an ID isn't UTF-8") from error
        if self.method == "PUT" and not SHORTEST_ID <= len(ids[-1]) <= LONGEST_ID:
            name = self.route.template[-1][1:-1]
            raise faults.STRING_CONSTRAINT_VIOLATION(name, "a string of 1 to 256 characters")
        return ids

    @part
    def page(self) -> Page:
        """The part of the collection that is wanted (PAG-1)."""
        return paging.parse(self.request.args) if self.route.of_collection else Page(0, 0)

    @part
    def selector(self) -> Selector | None:
        """The properties that are wanted, None for the default (SEL-1)."""
        return _parse_selector(self.request.args.get("select"))

    @part
    def callback(self) -> str | None:
        """The name of the JSONP callback, or None (FMT-4)."""
        formats.check_callback(self.request)
        return formats.callback(self.request)

    @part
    def locale(self) -> str | None:
        """The one locale that localized properties are answered in, None for all of them."""
        text: str | None = self.request.args.get("locale")
        if text is not None and not LOCALE.fullmatch(text):
            raise faults.MALFORMED_LOCALE(text)
        return text

    @part
    def expansions(self) -> tuple[str, ...]:
        """The expansions that are wanted."""
        names = self.request.args.get("expand", "").split(",")
        return self.expand([name.strip() for name in names if name.strip()])

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names of expansions, each of which the resource has to have."""
        wanted = tuple(names)
        for name in wanted:
            if name not in self.route.resource.expansions:
                raise faults.INVALID_EXPAND_VALUE(name)
        return wanted

    @part
    def content(self) -> Any:
        """The body as a JSON value; an empty object where a request needs none and has none."""
        if self.method in READS or (self.method == "DELETE" and not self.body):
            return {}
        return formats.decode(self.request, self.body, self.route.body, self.version)

    @part
    def changes(self) -> Mapping[str, Any]:
        """The properties that the body sets (DEC-1 to DEC-5), as far as it may (SET-2)."""
        if self.method in READS:
            return {}
        document, partial = self.route.body, self.method not in ("PUT", "POST")
        changes = document.decode(
            self.content,
            version=self.version,
            partial=partial,
            find_custom=Declarations(self.store).find,
        )
        sent = {name: self.content[name] for name in self.content if name in changes}
        forbidden = self.permission.check_write(sent)
        if forbidden:
            raise faults.PROPERTY_NOT_PERMITTED(forbidden, document.name)
        return changes

    @part
    def now(self) -> str:
        """The time of the call, the same in all that it writes."""
        return render_instant(self.workspace.clock.now())

    @property
    def presented(self) -> Presented:
        """What the client states about the resource; read after ``changes`` (RST-2)."""
        return Presented.of(self.request.headers, self.content.get("_resource_state"))

    @property
    def host_url(self) -> str:
        """Scheme and host of the request, for links (ENV-6)."""
        scheme = self.request.scheme
        if self.service.config.trust_forwarded_proto:
            forwarded = self.request.headers.get("X-Forwarded-Proto", "")
            scheme = forwarded if forwarded in ("http", "https") else scheme
        return f"{scheme}://{self.host}"

    @part
    def parents(self) -> Key:
        """The ids of the documents that the resource is below."""
        return self.key if self.route.of_collection else self.key[:-1]

    @part
    def collection_url(self) -> str:
        """The URL of the collection that is asked for, in the scope of the request."""
        return f"{self._base_url}/{self.route.resource.locate(self.parents)}"

    def link(self, key: Key) -> str:
        """Return the URL of one document (ENV-6)."""
        return f"{self.collection_url}/{url.encode_segment(key[-1])}"

    @part
    def _base_url(self) -> str:
        return f"{self.host_url}{self.address.base}"

    def select(self, text: str | None) -> Selector | None:
        """Return the selector of a search, which its body names rather than the query (SRC-1)."""
        return _parse_selector(text) or self.selector


def _parse_selector(text: str | None) -> Selector | None:
    if text is None:
        return None
    try:
        return select.parse(text)
    except select.SelectorError as error:
        raise faults.MALFORMED_SELECTOR(text) from error
