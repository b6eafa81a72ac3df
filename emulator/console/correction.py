"""Corrections: what to change in a refused request, and the request that the server takes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import orjson

from emulator.console import address, inside
from emulator.console.failure import JSON, Failure, Sent
from emulator.console.setup import Setup
from emulator.ocapi.resource import Resource
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.fields import Array, Embedded
from emulator.ocapi.wire import url
from emulator.ocapi.wire.dialect import DIALECTS
from emulator.recording.exchange import Exchange
from emulator.store import Key
from emulator.workspace.workspace import Workspace

STATE = "_resource_state"
STATE_HEADER = "x-dw-resource-state"
MATCH_HEADER = "if-match"
MISSING_STATE = "not_exists"
MAX_COMPARED_IDS = 5_000
LEAST_LIKENESS = 0.5
OK, NOT_FOUND = 200, 404


class Correction(NamedTuple):
    """The way out of a fault.

    Attributes:
        advice: What to change, in a sentence or two.
        sent: The corrected request; None if only the client's author can know the request.
        settings: The settings document that the request needs; None for no settings.
    """

    advice: str
    sent: Sent | None = None
    settings: Mapping[str, Any] | None = None


class Place(NamedTuple):
    """The server and the workspace of a failed request."""

    setup: Setup
    workspace: Workspace
    exchange: Exchange

    def find_state(self, sent: Sent) -> str:
        """Return the present state for the client, ``not_exists`` without the document.

        Empty for a path without a document, and for a client that may not read the document.
        """
        client_id = self.exchange.client
        try:
            answer = inside.get(self.setup, self.workspace, sent.path, JSON, client_id)
        except LookupError:
            return ""
        if answer.status == NOT_FOUND and self.find_address(sent.path):
            return MISSING_STATE
        if answer.status != OK:
            return ""
        state: str = orjson.loads(answer.text).get(STATE, "")
        return state

    def find_address(self, path: str) -> tuple[Resource, Key] | None:
        """Return the resource and the ids of a path of a document; None for another path."""
        segments = split_path(path)
        for resource in self.setup.resources:
            ids = match(resource.document_template, segments)
            if ids is not None:
                return resource, ids
        return None

    def list_ids(self, collection: str, parents: Key = ()) -> list[str]:
        """Return the last ids of up to ``MAX_COMPARED_IDS`` documents."""
        found = self.workspace.store.scan(collection, 0, MAX_COMPARED_IDS, parents).records
        return [record.key[-1] for record in found]

    @property
    def replaces_existing(self) -> bool:
        """Whether PUT replaces an existing document in the dialect of the server (INV-5)."""
        return DIALECTS[self.setup.config.dialect].replaces_existing


Correct = Callable[[Failure, Place], Correction | None]


def split_path(path: str) -> list[str]:
    """Return the segments of a path behind the version."""
    return path.removeprefix(url.parse(path).base + "/").split("/")


def match(template: Sequence[str], segments: Sequence[str]) -> Key | None:
    """Return the ids of a path with the form of a template; None for another form."""
    if len(template) != len(segments):
        return None
    pairs = list(zip(template, segments, strict=True))
    if any(named != given for named, given in pairs if not named.startswith("{")):
        return None
    return tuple(url.decode_segment(g, "replace") for n, g in pairs if n.startswith("{"))


def correct(failure: Failure, place: Place) -> Correction | None:
    """Return the correction of a failed request; None if the rule alone explains the fault.

    There is no corrected request if the journal does not have all of the failed request, or if a
    failpoint made the fault: the request may be right.
    """
    found = _correct(failure, place)
    is_known = failure.is_whole and not place.exchange.failpoint
    return found if found is None or is_known else found._replace(sent=None)


def _correct(failure: Failure, place: Place) -> Correction | None:
    if known := CORRECTIONS.get(failure.fault):
        return known(failure, place)
    for resource in place.setup.resources:
        if resource.not_found.name == failure.fault:
            return _correct_id(failure, place, resource)
        duplicates = (resource.duplicate, resource.duplicate_if_validated)
        if failure.fault in [kind.name for kind in duplicates if kind]:
            return _change_existing(failure, place)
    return None


def _renew_state(failure: Failure, place: Place) -> Correction:
    """Propose the present state of the document."""
    sent, state = failure.sent, place.find_state(failure.sent)
    if state == MISSING_STATE:
        advice = "The document does not exist, or exists no more. Send the request without a state."
        bare = sent.with_header(STATE_HEADER, "").with_header(MATCH_HEADER, "")
        return Correction(advice, bare.change({}, STATE))
    advice = (
        "The document was changed after the client had read the state. Read the document again, "
        "look at the difference, and send the present state."
    )
    if not state:
        return Correction(advice)
    if failure.fault == "InvalidIfMatch":
        return Correction(advice, sent.with_header(MATCH_HEADER, f'"{state}"'))
    found = place.find_address(sent.path)
    if sent.method == "PUT" and found and found[0].duplicate and not place.replaces_existing:
        advice += " PUT does not replace an existing document here: use PATCH."
        sent = sent._replace(method="PATCH")
    return Correction(advice, _set_state(failure, sent, state))


def _set_state(failure: Failure, sent: Sent, state: str) -> Sent | None:
    """Return a request with another state where the client has put the state."""
    old = str(failure.arguments.get("client", ""))
    if old and sent.body.count(old) == 1:  # JSON or XML, and all else as it was
        return sent._replace(body=sent.body.replace(old, state))
    if sent.headers.get(STATE_HEADER) and STATE not in (sent.content or {}):
        return sent.with_header(STATE_HEADER, state)
    return sent.change({STATE: state})


def _require_match(failure: Failure, place: Place) -> Correction:
    state = place.find_state(failure.sent)
    advice = "Send the state of the document in the header If-Match."
    if state in ("", MISSING_STATE):
        return Correction(advice)
    sent = failure.sent.with_header(MATCH_HEADER, f'"{state}"')
    return Correction(advice, sent)


def _change_existing(failure: Failure, place: Place) -> Correction:
    """Change the document in place of creating it, if the path has PATCH."""
    found = place.find_address(failure.sent.path)
    if found is None or "update" not in found[0].verbs:
        return Correction("The document exists. Choose another id, or change the document.")
    advice = "The document exists. Change the document by PATCH, without the state not_exists."
    bare = failure.sent._replace(method="PATCH").with_header(STATE_HEADER, "")
    return Correction(advice, bare.change({}, STATE))


def _sign_in(failure: Failure, _: Place) -> Correction:
    advice = (
        "Send a token that is valid now: 'Authorization: Bearer TOKEN'. A token lasts 30 minutes "
        "by the clock of the workspace."
    )
    sent = failure.sent._replace(scheme="Bearer")
    return Correction(advice, sent)


def _permit(failure: Failure, place: Place) -> Correction:
    advice = (
        "The settings of the client do not permit this request. Add this entry to the OCAPI "
        "settings of the client, then send the request again."
    )
    needed = place.setup.summarize([place.exchange])
    return Correction(advice, failure.sent, needed)


def _rename_property(failure: Failure, place: Place) -> Correction | None:
    """Give an unknown property the nearest known name, or leave the property out."""
    name, type_name = failure.arguments.get("property"), failure.arguments.get("document")
    if not isinstance(name, str):
        return None
    known = _list_properties(place.setup.resources, str(type_name))
    near = next(iter(get_close_matches(name, known, 1, LEAST_LIKENESS)), "")
    told = f"The document '{type_name}' has no property '{name}'"
    advice = f"{told}: did you mean '{near}'?" if near else f"{told}: leave the property out."
    content = failure.sent.content
    holders = [one for one in _list_objects(content) if name in one]
    if content is None or len(holders) != 1:  # other documents may well have the property
        return Correction(advice)
    _rename(holders[0], name, near)
    return Correction(advice, failure.sent.with_content(content))


def _rename(holder: dict[str, Any], name: str, new_name: str) -> None:
    """Rename a member of an object in place; drop the member if the new name is taken or empty."""
    members = list(holder.items())
    is_free = new_name and new_name not in holder
    holder.clear()
    for old, value in members:
        if old != name:
            holder[old] = value
        elif is_free:
            holder[new_name] = value


def _list_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects inside of a JSON value, the outermost first."""
    waiting = deque([value])
    while waiting:
        one = waiting.popleft()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _drop_custom_properties(failure: Failure, _: Place) -> Correction:
    """Leave the custom properties out: the fault does not say which of them is wrong."""
    names = sorted(name for name in failure.sent.content or {} if name.startswith("c_"))
    listed = f" ({', '.join(names)})" if names else ""
    advice = (
        f"An attribute definition has to declare each custom property{listed} with the type of the "
        "value. PUT an attribute definition of the object type, or leave the property out."
    )
    sent = failure.sent.change({}, *names) if names else None
    return Correction(advice, sent)


def _list_properties(resources: Iterable[Resource], type_name: str) -> list[str]:
    """Return the names of the properties of a document, wherever the document stands."""
    waiting: list[Document] = [resource.document for resource in resources]
    seen: set[str] = set()
    while waiting:
        document = waiting.pop()
        if document.type_name == type_name:
            return list(document.fields)
        if document.type_name not in seen:
            seen.add(document.type_name)
            waiting += filter(None, map(_find_embedded, document.fields.values()))
    return []


def _find_embedded(value: Any) -> Document | None:
    """Return the document inside a property, an array or a map; None for other values."""
    while isinstance(value, Array):
        value = value.inner
    return value.document if isinstance(value, Embedded) else None


def _rename_id_in_body(failure: Failure, place: Place) -> Correction:
    """Give the ids of the body the value of the URL; other members may have the same value."""
    wrong, right = failure.arguments.get("bodyID"), failure.arguments.get("urlID")
    advice = "The id in the body must be the id in the URL. Or leave the id out of the body."
    if wrong is None:  # the journal has a part of the fault
        return Correction(advice)
    found = place.find_address(failure.sent.path)
    ids = found[0].keys if found else ()
    content = failure.sent.content or {}
    same = [name for name, value in content.items() if value == wrong]
    changed = {name: right for name in same if name in ids or _is_id(name, ids)}
    sent = failure.sent.change(changed) if changed else None
    return Correction(advice, sent)


def _is_id(name: str, known: Sequence[str]) -> bool:
    """Return True for the name of an id, if the ids of the document are not known."""
    return not known and (name == "id" or name.endswith("_id"))


def _choose_version(failure: Failure, place: Place) -> Correction:
    begin = address.begin(place.setup.config)
    served = begin.rstrip("/").rpartition("/")[2]
    found = url.parse(failure.sent.path)
    advice = f"A version has the form of '{served}'."
    if not found.version:
        return Correction(advice)
    base = found._replace(version=served).base
    path = base + failure.sent.path.removeprefix(found.base)
    return Correction(advice, failure.sent.with_path(path))


def _choose_site(failure: Failure, place: Place) -> Correction:
    site = url.parse(failure.sent.path).site
    near = get_close_matches(site, place.list_ids("sites"), 1, LEAST_LIKENESS)
    chosen = near[0] if near else url.ORGANIZATION
    return _replace_site(failure, site, chosen, f"The server has no site '{site}'.")


def _leave_site(failure: Failure, _: Place) -> Correction:
    site = url.parse(failure.sent.path).site
    return _replace_site(failure, site, url.ORGANIZATION, "This path belongs to no site.")


def _replace_site(failure: Failure, site: str, chosen: str, reason: str) -> Correction:
    advice = f"{reason} Use '/s/{chosen}/'."
    old, new = f"/s/{url.encode_segment(site)}/", f"/s/{url.encode_segment(chosen)}/"
    sent = failure.sent.with_path(failure.sent.path.replace(old, new, 1))
    return Correction(advice, sent)


def _choose_method(failure: Failure, _: Place) -> Correction | None:
    allowed = failure.answer_headers.get("allow")
    return Correction(f"This path takes {allowed}.") if allowed else None


def _send_json(failure: Failure, _: Place) -> Correction:
    advice = "Send JSON with the header 'Content-Type: application/json'."
    sent = failure.sent.with_header("content-type", JSON)
    is_json = sent.content is not None or not sent.body
    return Correction(advice, sent if is_json else None)


def _choose_field(failure: Failure, place: Place) -> Correction | None:
    """Name the field of the search that is nearest to an unknown field."""
    segments, wrong = split_path(failure.sent.path), failure.arguments.get("field")
    searches = [
        r.search for r in place.setup.resources if match(r.search_template, segments) is not None
    ]
    if not (searches and searches[0] and isinstance(wrong, str)):
        return None
    fields = list(searches[0].fields)
    near = next(iter(get_close_matches(wrong, fields, 1, LEAST_LIKENESS)), "")
    advice = f"The search has no field '{wrong}'. Fields: {', '.join(fields)}."
    content = failure.sent.content
    if not near or content is None:
        return Correction(advice)
    for member in _list_objects(content):
        _rename_field(member, wrong, near)
    return Correction(advice, failure.sent.with_content(content))


def _rename_field(member: dict[str, Any], wrong: str, right: str) -> None:
    """Rename a field in a member of a query or of the sorts; values stay as they are."""
    if member.get("field") == wrong:
        member["field"] = right
    if isinstance(member.get("fields"), list):
        member["fields"] = [right if field == wrong else field for field in member["fields"]]


def _correct_id(failure: Failure, place: Place, resource: Resource) -> Correction | None:
    """Name the document with the nearest id below the same parents."""
    if not failure.arguments:  # the journal has a part of the fault
        return None
    wrong = str(next(iter(failure.arguments.values())))
    segments, template = split_path(failure.sent.path), resource.document_template
    ids = match(template, segments[: len(template)]) or ()
    is_named = bool(ids) and ids[-1] == wrong
    has_parents = is_named and len(ids) == len(resource.keys)
    known = place.list_ids(resource.name, ids[:-1] if has_parents else ())
    near = next(iter(get_close_matches(wrong, known, 1, LEAST_LIKENESS)), "")
    if not near:
        return Correction(f"The workspace has no '{wrong}' in {resource.name}.")
    advice = f"The workspace has no '{wrong}' in {resource.name}: did you mean '{near}'?"
    if not is_named:
        return Correction(advice)
    before = failure.sent.path.removesuffix("/".join(segments))
    segments[len(template) - 1] = url.encode_segment(near)
    sent = failure.sent.with_path(before + "/".join(segments))
    return Correction(advice, sent)


CORRECTIONS: Mapping[str, Correct] = {
    "AuthorizationHeaderMissing": _sign_in,
    "ClientAccessForbidden": _permit,
    "IdConflict": _rename_id_in_body,
    "IfMatchRequired": _require_match,
    "InvalidAccessToken": _sign_in,
    "InvalidAuthorizationHeader": _sign_in,
    "InvalidCustomProperty": _drop_custom_properties,
    "InvalidIfMatch": _renew_state,
    "InvalidVersion": _choose_version,
    "MethodNotAllowed": _choose_method,
    "MissingClientId": _sign_in,
    "PropertyNotPermitted": _permit,
    "ResourceAlreadyExists": _change_existing,
    "ResourceStateConflict": _renew_state,
    "SiteAccessForbidden": _leave_site,
    "UnknownProperty": _rename_property,
    "UnknownSearchField": _choose_field,
    "UnknownSite": _choose_site,
    "UnsupportedContentType": _send_json,
    "VersionNotFound": _choose_version,
}
"""The corrections by the name of the fault; a missing document has one for every resource."""
