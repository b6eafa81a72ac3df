"""The checks of every request in their order (ORD-1); each fills in a part of the ``Call``.

The verb makes the rest: parents and resource (11), resource state and If-Match (12), business
rules (13).
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from emulator.ocapi.access import auth, origin
from emulator.ocapi.call import SITES, Call
from emulator.ocapi.resource import list_methods
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.custom import find_declared
from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import LOCALE
from emulator.ocapi.schema.lens import has_body, has_operation
from emulator.ocapi.wire import formats, paging, select, url, versions
from emulator.ocapi.wire.override import REFUSED
from emulator.ocapi.wire.select import Selector
from emulator.request import HOST
from emulator.store import WatchedStore

if TYPE_CHECKING:
    from emulator.ocapi.access.permission import Permissions
    from emulator.store import Store

Check = Callable[[Call], object]

READS = ("GET", "HEAD")
MIN_ID_LENGTH, MAX_ID_LENGTH = 1, 256


def check_override(call: Call) -> None:
    """Refuse a method that no POST may stand for (MET-3)."""
    refused = call.request.environ.get(REFUSED)
    if refused is not None:
        raise faults.ILLEGAL_HTTP_METHOD_OVERRIDE(refused)


def check_version(call: Call) -> None:
    """Read the version of the path (URL-3)."""
    segment = call.address.version
    accepted = call.service.numbers.get(segment)
    if call.address.is_data_api and accepted is not None:
        call.version = accepted
        return
    if not call.address.is_data_api:
        raise _refuse_other_api(call)
    if not versions.is_version(segment):
        raise faults.INVALID_VERSION()
    if not call.service.accepts_any:
        raise refuse_version(call, segment)
    call.version = versions.number(segment)


def _refuse_other_api(call: Call) -> Fault:
    """Return the fault of a path outside of the Data API, with a hint for the Shop API (URL-8)."""
    fault = faults.RESOURCE_PATH_NOT_FOUND(call.path)
    if call.address.is_shop_api:
        call.service.advise(fault, f"not emulated: {call.method} {call.path}")
    return fault


def refuse_version(call: Call, segment: str) -> Fault:
    """Return the fault of a version, with a hint if the version was published (URL-3, URL-8)."""
    fault = faults.VERSION_NOT_FOUND(segment)
    if segment in versions.PUBLISHED:
        reason = f"version {segment} is not accepted, see --accept-versions"
        call.service.advise(fault, f"{reason}: {call.method} {call.path}")
    return fault


def check_site(call: Call) -> None:
    """Check the site of the path; ``-`` and nothing name the organization and the host's site."""
    site = call.address.site
    if not HOST.fullmatch(call.host):
        raise faults.INVALID_HOST_HEADER(call.host)
    if site not in ("", url.ORGANIZATION) and call.store.get(SITES, (site,)) is None:
        raise faults.UNKNOWN_SITE(site)


def check_route(call: Call) -> None:
    """Refuse an unknown path (URL-4) and a method that the path does not offer (URL-6)."""
    if call.has_route:
        method, template = call.method, call.route.template
        if method == "OPTIONS" or has_operation(method, template, call.version):
            return
        raise _refuse_operation(call)
    if call.methods:
        raise _refuse_method(call, call.methods)
    raise faults.RESOURCE_PATH_NOT_FOUND(call.path)


def _refuse_operation(call: Call) -> Fault:
    """Return the fault of an operation that the version does not have (VER-3)."""
    known = call.route.methods_of(call.version)
    if known == {"OPTIONS"}:
        return faults.RESOURCE_PATH_NOT_FOUND(call.path)
    return _refuse_method(call, known)


def _refuse_method(call: Call, known: Iterable[str]) -> Fault:
    """Return the fault of a method that the path does not offer (URL-6)."""
    fault = faults.METHOD_NOT_ALLOWED(call.method)
    fault.headers["Allow"] = list_methods(known)
    return fault


def check_format(call: Call) -> None:
    """Check format, content type and charset (FMT-1, FMT-2), and read the body (FMT-6)."""
    call.format = formats.check(call.request)
    call.body = formats.read_body(call.request)


def check_client(call: Call) -> None:
    """Identify the calling client by its token (AUT-1)."""
    caller = auth.identify(call.request.headers, call.request.parameters, call.workspace)
    call.client, call.user = caller.client, caller.user


def check_origin(call: Call) -> None:
    """Check the origin of a web page (SET-4).

    A preflight carries no token: it names its client in the query, or speaks for all clients.
    """
    sent = call.request.headers.get("Origin", "")
    if not sent:
        return
    preflight = call.request.method == "OPTIONS"
    client = call.request.parameters.get("client_id", "") if preflight else call.client
    if client or not preflight:
        origin.check(sent, call.host_url, client, call.workspace.permissions)
    call.origin = sent


def check_permission(call: Call) -> None:
    """Find the client's permission for the resource and the method (SET-1)."""
    permissions: Permissions | None = call.workspace.permissions
    if permissions is None:
        return
    below = call.request.path.removeprefix(call.address.base)
    found = permissions.find(call.client, call.method, below, call.version)
    if found is None:
        sent = call.request.path.removeprefix(f"{call.address.prefix}/dw")
        fault = faults.CLIENT_ACCESS_FORBIDDEN(call.method, sent)
        aliased = below.removeprefix("/") in call.route.resource.aliases
        template = below if aliased else "/".join(call.route.template)
        entry = permissions.explain(call.client, call.method, template)
        fault.hint = f"missing settings entry: {entry}"
        raise fault
    call.permission = found


def check_parameters(call: Call) -> None:
    """Read the ids in the path, and the parameters of the query; a new id is bounded (INV-4)."""
    ids = call.ids
    try:
        "".join(ids).encode()
    except UnicodeEncodeError as error:
        raise faults.RESOURCE_PATH("an ID isn't UTF-8") from error
    if call.method == "PUT":
        _check_new_id(call)
    call.key = ids
    if call.method in READS:
        _read_page(call)
    if call.request.query_string:
        _check_query(call)


def _check_new_id(call: Call) -> None:
    """Check the length of the last id in the path; the schema of the document may bound the id."""
    last, resource = call.route.template[-1], call.route.resource
    if not last.startswith("{"):
        return
    longest = getattr(resource.document.fields[resource.key], "max_length", None) or MAX_ID_LENGTH
    if not MIN_ID_LENGTH <= len(call.ids[-1]) <= longest:
        wanted = f"a string of 1 to {longest} characters"
        raise faults.STRING_CONSTRAINT_VIOLATION(last[1:-1], wanted)


def _read_page(call: Call) -> None:
    """Read the page of a collection, also where an operation answers the collection (PAG-1)."""
    collection: Document | None = None
    if call.operation is not None:
        collection = call.operation.shows
    elif call.route.of_collection:
        collection = call.route.resource.collection
    if isinstance(collection, Collection) and collection.has_pages:
        counts = collection.default_count, collection.min_count, collection.max_count
        call.page = paging.parse(call.request.parameters, *counts)


def _check_query(call: Call) -> None:
    """Read callback (FMT-4), selector (SEL-1), expansions (EXP) and locale (LOC) of the query."""
    parameters = call.request.parameters
    formats.check_callback(call.request)
    call.selector = parse_selector(parameters.get("select"))
    names = parameters.get("expand", "").split(",")
    call.expansions = expand(call, [name.strip() for name in names if name.strip()])
    call.locale = parameters.get("locale")
    if call.locale is not None and not LOCALE.fullmatch(call.locale):
        raise faults.MALFORMED_LOCALE(call.locale)


def check_document(call: Call) -> None:
    """Read the properties that the body sets (DEC-1 to DEC-5), within the permission (SET-2).

    A request that needs no body and has none brings an empty object (FMT-6).
    """
    call.content = {}
    if not has_document(call):
        return
    document, needs_body = _find_schema(call)
    if needs_body or call.body:
        call.content = formats.decode(call.request, call.body, document, call.version)
    changes = _read_changes(call, document)
    call.check_permitted(document, changes)
    call.changes = changes
    if document.has_options:  # of a search, and told before a missing document above
        call.expansions += expand(call, changes.get("expand") or ())
        call.selector = parse_selector(changes.get("select")) or call.selector


def has_document(call: Call) -> bool:
    """Return whether a request may have a document."""
    if call.method in READS or (call.operation and call.operation.body is None):
        return False
    return has_body(call.method, call.route.template, call.version)


def _find_schema(call: Call) -> tuple[Document, bool]:
    """Return the schema of the request's document, and whether a request needs the document."""
    document, operation = call.route.body, call.operation
    needs_body = call.method != "DELETE" and not document.is_read_only
    if operation and operation.body:
        document, needs_body = operation.body, operation.needs_body
    return document.at(call.version), needs_body


def _read_changes(call: Call, document: Document) -> dict[str, Any]:
    """Return the properties that the content sets; note the declarations of custom properties."""
    call.declarations = ()
    watched = WatchedStore(call.store)
    changes = document.decode(
        call.content,
        version=call.version,
        partial=call.method not in ("PUT", "POST"),
        find_custom=partial(find_declared, cast("Store", watched)),
    )
    call.declarations = tuple(watched.list_expectations())
    return changes


def read_again(call: Call) -> None:
    """Read the properties that the content sets, after a change of content or declarations.

    Raises:
        Fault: The first violation in document order.
    """
    if has_document(call):
        call.changes = _read_changes(call, _find_schema(call)[0])


# The order of ORD-1. The numbers are those of the contract's section 7.
CHECKS_OF_EVERY_METHOD: tuple[Check, ...] = (
    check_override,  # 1
    check_version,  # 2
    check_site,  # 3
    check_route,  # 4 resource path and method
    check_format,  # 5 format, content type, charset, size
)
CHECKS: tuple[Check, ...] = (
    *CHECKS_OF_EVERY_METHOD,
    check_client,  # 6
    check_origin,  # 7
    check_permission,  # 8
    check_parameters,  # 9 parameters, locale, select
    check_document,  # 10 body decoding and constraints
)
CHECKS_OF_OPTIONS: tuple[Check, ...] = (*CHECKS_OF_EVERY_METHOD, check_origin)


def parse_selector(text: str | None) -> Selector | None:
    """Return a property selector, None for none.

    Raises:
        Fault: MALFORMED_SELECTOR (SEL-1).
    """
    if text is None:
        return None
    try:
        return select.parse(text)
    except select.SelectorError as error:
        raise faults.MALFORMED_SELECTOR(text) from error


def expand(call: Call, names: Iterable[str]) -> tuple[str, ...]:
    """Return expansions by their names.

    Raises:
        Fault: INVALID_EXPAND_VALUE, the resource has no such expansion (EXP).
    """
    wanted, offer = tuple(names), call.operation or call.route.resource
    for name in wanted:
        if name not in offer.expansions:
            raise faults.INVALID_EXPAND_VALUE(name)
    return wanted
