"""The shown properties of code versions (COD-1, COD-5)."""

from typing import Any

from emulator.ocapi.answer import Answer, answer_document, select
from emulator.ocapi.call import Call
from emulator.ocapi.resources.code import folders
from emulator.ocapi.resources.code.documents import CodeVersion, CodeVersionResult
from emulator.ocapi.schema.faults import FaultType
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Record

VERSION_DOCUMENT = CodeVersion()
VERSION_LIST = CodeVersionResult()
TIME_PROPERTIES = ("activation_time", "last_modification_time")
WEBDAV_PATH = "/on/demandware.servlet/webdav/Sites/Cartridges"
NOT_FOUND = FaultType(
    404,
    "CodeVersionIdNotFound",
    "The code version with ID '{codeVersionId}' couldn't be found.",
    ("codeVersionId",),
)


def list_versions(call: Call) -> Answer:
    """Show all code versions."""
    _look(call)
    items = Documents(
        envelope.wrap_item(
            VERSION_DOCUMENT, call.version, record.state, _view(call, record), call.dialect
        )
        for record in folders.scan(call.store).values()
    )
    members: dict[str, Any] = {"count": len(items), "data": items, "total": len(items)}
    if call.selector:
        members["select"] = envelope.echo(call.selector, call.dialect)
    content = envelope.wrap_page(VERSION_LIST.type_name, call.version, members)
    return Answer(200, select(call, content, call.selector), VERSION_LIST)


def read(call: Call) -> Answer:
    """Show a code version; ``expand=size`` brings the size."""
    _look(call)
    return show(call, find(call))


def _look(call: Call) -> None:
    """Bring the records up to date; no answer is cached, because WebDAV changes folders alone."""
    folders.synchronize(call.workspace)
    call.prevent_caching()


def find(call: Call) -> Record:
    """Return the requested record.

    Raises:
        Fault: NOT_FOUND.
    """
    record = call.store.get(folders.VERSION_COLLECTION, call.key)
    if record is None:
        raise NOT_FOUND(call.key[-1])
    return record


def _view(call: Call, record: Record) -> dict[str, Any]:
    """Return the properties of a code version: times to the second, and the URL of the folder."""
    properties = {name: v for name, v in record.properties.items() if name != "total_size"}
    for name in TIME_PROPERTIES:
        if name in properties:
            properties[name] = properties[name].partition(".")[0] + "Z"
    if not properties.get("cartridges"):
        properties.pop("cartridges", None)
    url = f"{call.root_url}{WEBDAV_PATH}/{record.key[0]}"
    if "size" in call.expansions:
        folder = folders.locate(call.workspace.files, record.key[0])
        properties["total_size"] = folders.measure(folder)
    return {**properties, "web_dav_url": url}


def show(call: Call, record: Record) -> Answer:
    """Answer a code version."""
    return answer_document(call, VERSION_DOCUMENT, _view(call, record), record.state)
