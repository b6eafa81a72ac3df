"""Requests for logs of the eCDN; a log is ready two seconds after the request (SYS-3)."""

import gzip
from datetime import datetime, timedelta
from typing import Any

from emulator.ocapi.answer import Answer, answer_document
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.system.locales import RESULT
from emulator.ocapi.schema import faults
from emulator.ocapi.schema.document import Document
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.schema.fields import DateTime, Enumeration, String
from emulator.store import Presence, Put, Record

ZONES, REQUESTS = "ecdn_zones", "log_requests"
PATH = "log_requests/ecdn"
MAX_AGE = timedelta(days=7)
MAX_LENGTH = timedelta(hours=1)
PENDING_UNTIL, FINISHED_FROM = timedelta(seconds=1), timedelta(seconds=2)
LINK_LIFETIME = timedelta(minutes=30)
WEBDAV_PATH = "on/demandware.servlet/webdav/Sites"

ZONE_NOT_FOUND = FaultType(404, "ZoneNotFound", "No zone with name '{id}' was found.", ("id",))
REQUEST_NOT_FOUND = FaultType(
    404, "LogRequestNotFound", "No log request with ID '{id}' could be found.", ("id",)
)


class EcdnLogFetchRequest(Document):
    """A request for the log of a zone."""

    end_time = DateTime()
    start_time = DateTime(required=True, allow_none=False)
    zone_id = String()
    zone_name = String(required=True, allow_none=False)


class EcdnLogFetchResponse(Document):
    """The status of a request for a log."""

    id = String()
    link = String()
    message = String()
    status = Enumeration("pending", "running", "finished")


class EcdnZone(Document):
    """A zone in data sets."""

    id = String(min_length=1, required=True, allow_none=False)
    name = String(min_length=1, required=True, allow_none=False)


class StoredLogRequest(Document):
    """A request in the store and in data sets."""

    id = String(min_length=1, required=True, allow_none=False)
    request_time = DateTime(required=True, allow_none=False)


REQUEST, RESPONSE = EcdnLogFetchRequest(), EcdnLogFetchResponse()


def create(call: Call) -> Answer:
    """Request the log of a zone for an hour or less."""
    _check_times(call)
    _check_zone(call)
    identifier = call.workspace.clock.identifier()
    record = Record((identifier,), {"id": identifier, "request_time": call.now})
    call.store.apply(Put(REQUESTS, record, Presence.ABSENT))
    call.workspace.files.write(_name_file(identifier), gzip.compress(b"", mtime=0))
    return _show(call, record)


def read(call: Call) -> Answer:
    """Show the status of a request for a log."""
    record = call.store.get(REQUESTS, call.key)
    if record is None:
        raise REQUEST_NOT_FOUND(*call.key)
    call.prevent_caching()
    return _show(call, record)


def _show(call: Call, record: Record) -> Answer:
    """Answer the status of a request, from the time since the request."""
    age = datetime.fromisoformat(call.now) - datetime.fromisoformat(record.get("request_time"))
    shown = {"id": record.key[0], "status": "running"}
    if age < PENDING_UNTIL:
        shown["status"] = "pending"
    elif age >= FINISHED_FROM:
        shown["status"] = "finished"
        if age < LINK_LIFETIME:
            shown["link"] = f"{call.root_url}/{WEBDAV_PATH}/{_name_file(record.key[0])}"
    return answer_document(call, RESPONSE, shown)


def _name_file(identifier: str) -> str:
    return f"Temp/ecdn-{identifier}.log.gz"


def _check_times(call: Call) -> None:
    """Check start and end: up to seven days back, and up to an hour long.

    Raises:
        Fault: PROPERTY_CONSTRAINT_VIOLATION.
    """
    times: dict[str, Any] = {
        name: datetime.fromisoformat(value)
        for name, value in call.changes.items()
        if name.endswith("_time") and value
    }
    now, start = datetime.fromisoformat(call.now), times["start_time"]
    if not now - MAX_AGE <= start <= now:
        raise faults.PROPERTY_CONSTRAINT_VIOLATION(REQUEST.type_name, "$.start_time")
    if not start < times.get("end_time", start + MAX_LENGTH) <= start + MAX_LENGTH:
        raise faults.PROPERTY_CONSTRAINT_VIOLATION(REQUEST.type_name, "$.end_time")


def _check_zone(call: Call) -> None:
    """Look for the zone in the data, by id or else by name.

    Raises:
        Fault: ZONE_NOT_FOUND.
    """
    identifier, name = call.changes.get("zone_id"), call.changes["zone_name"]
    for zone in call.store.scan(ZONES, 0, call.store.count(ZONES)).records:
        if zone.key[0] == identifier or (identifier is None and zone.get("name") == name):
            return
    raise ZONE_NOT_FOUND(name if identifier is None else identifier)


ECDN_ZONES = Resource(
    path=ZONES,
    document=EcdnZone(),
    collection=RESULT,
    key="id",
    verbs=frozenset(),
    not_found=ZONE_NOT_FOUND,
)
LOG_REQUESTS = Resource(
    path=REQUESTS,
    document=StoredLogRequest(),
    collection=RESULT,
    key="id",
    verbs=frozenset(),
    not_found=REQUEST_NOT_FOUND,
    operations=(
        Operation(
            method="POST",
            path=PATH,
            answer=create,
            shows=RESPONSE,
            body=REQUEST,
            faults=(ZONE_NOT_FOUND,),
        ),
        Operation(
            method="GET",
            path=f"{PATH}/{{id}}",
            answer=read,
            shows=RESPONSE,
            faults=(REQUEST_NOT_FOUND,),
        ),
    ),
)
