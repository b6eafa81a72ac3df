"""Corrections: what to change in a refused request, and the request that the server takes."""

from collections.abc import Callable, Iterable, Mapping
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
from emulator.recording.exchange import Exchange
from emulator.workspace.workspace import Workspace

STATE = "_resource_state"
STATE_HEADER = "x-dw-resource-state"
MISSING_STATE = "not_exists"
MAX_COMPARED_IDS = 5_000
LEAST_LIKENESS = 0.5
OK = 200


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
        """Return the state of the document now, ``not_exists`` without the document."""
        try:
            answer = inside.get(self.setup, self.workspace, sent.path, JSON)
        except LookupError:
            return ""
        if answer.status != OK:
            return MISSING_STATE
        state: str = orjson.loads(answer.text).get(STATE, "")
        return state

    def list_ids(self, collection: str) -> list[str]:
        """Return the last ids of up to ``MAX_COMPARED_IDS`` documents."""
        found = self.workspace.store.scan(collection, 0, MAX_COMPARED_IDS).records
        return [record.key[-1] for record in found]


Correct = Callable[[Failure, Place], Correction | None]


def correct(failure: Failure, place: Place) -> Correction | None:
    """Return the correction of a failed request; None if the rule alone explains the fault."""
    if known := CORRECTIONS.get(failure.fault):
        return known(failure, place)
    for resource in place.setup.resources:
        if resource.not_found.name == failure.fault:
            return _correct_id(failure, place, resource)
    return None


def _renew_state(failure: Failure, place: Place) -> Correction:
    """Send the state that the document has now."""
    sent = failure.sent
    state = place.find_state(sent)
    if state == MISSING_STATE:
        advice = "The document does not exist, or exists no more. Send a PUT without a state."
        bare = sent.with_header(STATE_HEADER, "").with_header("if-match", "")
        return Correction(advice, _if_whole(failure, bare.change({}, STATE)))
    advice = (
        "The document was changed after the client had read the state. Read the document again, "
        "look at the difference, and send the state of now."
    )
    if failure.fault == "InvalidIfMatch":
        return Correction(advice, sent.with_header("if-match", f'"{state}"'))
    if STATE_HEADER in sent.headers and STATE not in (sent.content or {}):
        return Correction(advice, sent.with_header(STATE_HEADER, state))
    return Correction(advice, _if_whole(failure, sent.change({STATE: state})))


def _require_match(failure: Failure, place: Place) -> Correction:
    state = place.find_state(failure.sent)
    advice = "Send the state of the document in the header If-Match."
    return Correction(advice, failure.sent.with_header("if-match", f'"{state}"'))


def _change_existing(failure: Failure, _: Place) -> Correction:
    advice = "The document exists. Change the document by PATCH, without the state not_exists."
    bare = failure.sent._replace(method="PATCH").with_header(STATE_HEADER, "")
    return Correction(advice, _if_whole(failure, bare.change({}, STATE)))


def _sign_in(failure: Failure, _: Place) -> Correction:
    advice = (
        "Send a token that is valid now: 'Authorization: Bearer TOKEN'. A token lasts 30 minutes "
        "by the clock of the workspace."
    )
    return Correction(advice, _if_whole(failure, failure.sent))


def _permit(failure: Failure, place: Place) -> Correction:
    advice = (
        "The settings of the client do not permit this request. Add this entry to the OCAPI "
        "settings of the client, then send the request again."
    )
    needed = place.setup.summarize([place.exchange])
    return Correction(advice, _if_whole(failure, failure.sent), needed)


def _rename_property(failure: Failure, place: Place) -> Correction:
    """Give an unknown property the nearest known name, or leave the property out."""
    name, type_name = str(failure.arguments.get("property")), failure.arguments.get("document")
    known = _list_properties(place.setup.resources, str(type_name))
    near = get_close_matches(name, known, 1, LEAST_LIKENESS)
    told = f"The document '{type_name}' has no property '{name}'"
    advice = f"{told}: did you mean '{near[0]}'?" if near else f"{told}: leave the property out."
    content = _rename(failure.sent.content or {}, name, near[0] if near else "")
    sent = failure.sent.change(content, *({name} - content.keys()))
    return Correction(advice, _if_whole(failure, sent))


def _drop_custom_properties(failure: Failure, _: Place) -> Correction:
    """Leave the custom properties out: the fault does not say which of them is wrong."""
    names = sorted(name for name in failure.sent.content or {} if name.startswith("c_"))
    advice = (
        f"Of the custom properties ({', '.join(names)}) an attribute definition has to declare "
        "each, with the type of the value. PUT an attribute definition of the object type, or "
        "leave the property out."
    )
    return Correction(advice, _if_whole(failure, failure.sent.change({}, *names)))


def _rename(value: Any, name: str, new_name: str) -> Any:
    """Return a JSON value in which a member has a new name, or is left out for an empty name."""
    if isinstance(value, list):
        return [_rename(inner, name, new_name) for inner in value]
    if not isinstance(value, dict):
        return value
    renamed = {new_name if n == name else n: _rename(v, name, new_name) for n, v in value.items()}
    return {n: v for n, v in renamed.items() if n}


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


def _rename_id_in_body(failure: Failure, _: Place) -> Correction:
    wrong, right = failure.arguments.get("bodyID"), failure.arguments.get("urlID")
    advice = "The id in the body must be the id in the URL. Or leave the id out of the body."
    changed = {n: right for n, v in (failure.sent.content or {}).items() if v == wrong}
    return Correction(advice, _if_whole(failure, failure.sent.change(changed)))


def _choose_version(failure: Failure, place: Place) -> Correction:
    begin = address.begin(place.setup.config)
    served = begin.rstrip("/").rpartition("/")[2]
    version = url.parse(failure.sent.path).version
    advice = f"A version has the form of '{served}'."
    path = failure.sent.path.replace(f"/{version}", f"/{served}", 1) if version else ""
    return Correction(advice, failure.sent.with_path(path) if path else None)


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
    return Correction(advice, failure.sent.with_path(failure.sent.path.replace(old, new, 1)))


def _choose_method(failure: Failure, _: Place) -> Correction:
    allowed = failure.answer_headers.get("allow", "")
    return Correction(f"This path takes {allowed}.")


def _send_json(failure: Failure, _: Place) -> Correction:
    advice = "Send JSON with the header 'Content-Type: application/json'."
    return Correction(advice, _if_whole(failure, failure.sent.with_header("content-type", JSON)))


def _choose_field(failure: Failure, place: Place) -> Correction | None:
    """Name the field of the search that is nearest to an unknown field."""
    last = failure.sent.path.rpartition("/")[2]
    searches = [r.search for r in place.setup.resources if r.search and r.search.path == last]
    wrong = str(failure.arguments.get("field"))
    if not searches:
        return None
    fields = list(searches[0].fields)
    near = get_close_matches(wrong, fields, 1, LEAST_LIKENESS)
    advice = f"The search has no field '{wrong}'. Fields: {', '.join(fields)}."
    body = failure.sent.body.replace(f'"{wrong}"', f'"{near[0]}"') if near else ""
    return Correction(
        advice, _if_whole(failure, failure.sent._replace(body=body)) if near else None
    )


def _correct_id(failure: Failure, place: Place, resource: Resource) -> Correction:
    wrong = str(next(iter(failure.arguments.values()), ""))
    near = get_close_matches(wrong, place.list_ids(resource.name), 1, LEAST_LIKENESS)
    if not near:
        return Correction(f"The workspace has no '{wrong}' in {resource.name}.")
    advice = f"The workspace has no '{wrong}' in {resource.name}: did you mean '{near[0]}'?"
    old, new = f"/{url.encode_segment(wrong)}", f"/{url.encode_segment(near[0])}"
    before, found, after = failure.sent.path.rpartition(old)
    sent = failure.sent.with_path(f"{before}{new}{after}") if found else None
    return Correction(advice, _if_whole(failure, sent))


def _if_whole(failure: Failure, sent: Sent | None) -> Sent | None:
    """Return a request only if its body is known: the journal may have cut the body."""
    return sent if failure.is_whole or not failure.sent.body else None


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
