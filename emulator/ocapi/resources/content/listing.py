"""Pages of the content assets of a folder, and of folders (LIB-4)."""

from typing import Any

from emulator.ocapi.answer import Answer, answer_page
from emulator.ocapi.call import Call
from emulator.ocapi.resource import Operation, Resource
from emulator.ocapi.resources.content.assets import CONTENT
from emulator.ocapi.resources.content.documents import (
    ContentAssetResult,
    ContentFolderResult,
    ContentSubFolderResult,
)
from emulator.ocapi.resources.content.folders import FOLDERS
from emulator.ocapi.resources.content.libraries import LIBRARIES
from emulator.ocapi.resources.content.names import (
    ASSIGNED_CONTENT,
    ASSIGNMENTS_NAME,
    SUB_FOLDERS,
)
from emulator.ocapi.schema.document import Collection
from emulator.ocapi.wire import envelope
from emulator.ocapi.wire.select import Documents
from emulator.store import Record

FOLDERS_OF_CONTENT = ContentFolderResult()
CONTENT_OF_FOLDER = ContentAssetResult()
FOLDERS_BELOW = ContentSubFolderResult()


def list_folders(call: Call) -> Answer:
    """Show a page of the folders of a content asset."""
    return _list(call, CONTENT, ASSIGNMENTS_NAME, FOLDERS, FOLDERS_OF_CONTENT)


def list_content(call: Call) -> Answer:
    """Show a page of the content assets of a folder."""
    return _list(call, FOLDERS, ASSIGNED_CONTENT, CONTENT, CONTENT_OF_FOLDER)


def list_sub_folders(call: Call) -> Answer:
    """Show a page of the folders below a folder."""
    return _list(call, FOLDERS, SUB_FOLDERS, FOLDERS, FOLDERS_BELOW)


def _list(
    call: Call, above: Resource, entries: str, shown: Resource, collection: Collection
) -> Answer:
    """Answer a page of whole documents.

    Args:
        call: The call.
        above: The resource of the document in the path.
        entries: The collection with keys of library, document in the path, and shown document.
        shown: The resource of the shown documents.
        collection: The schema of the page.
    """
    for resource, key in ((LIBRARIES, call.key[:1]), (above, call.key)):
        resource.find(call.store, key)
    scan = call.store.scan(entries, call.page.start, call.page.count, call.key)
    found = (call.store.get(shown.name, (call.key[0], entry.key[-1])) for entry in scan.records)
    items = Documents(_item(call, shown, record) for record in found if record is not None)
    return answer_page(call, collection, items, scan.total, "hits")


def _item(call: Call, resource: Resource, record: Record) -> dict[str, Any]:
    assert resource.view is not None  # noqa: S101 - see the declarations
    properties = {**record.properties, **resource.view(call, record)}
    properties = {name: value for name, value in properties.items() if value is not None}
    if call.locale is not None:
        properties = resource.document.localize(properties, call.locale)
    return envelope.wrap_item(
        resource.document, call.version, record.state, properties, call.dialect
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="libraries/{library_id}/content/{content_id}/folders",
        answer=list_folders,
        shows=FOLDERS_OF_CONTENT,
        faults=(LIBRARIES.not_found, CONTENT.not_found),
    ),
    Operation(
        method="GET",
        path="libraries/{library_id}/folders/{folder_id}/content",
        answer=list_content,
        shows=CONTENT_OF_FOLDER,
        faults=(LIBRARIES.not_found, FOLDERS.not_found),
    ),
    Operation(
        method="GET",
        path="libraries/{library_id}/folders/{folder_id}/sub_folders",
        answer=list_sub_folders,
        shows=FOLDERS_BELOW,
        faults=(LIBRARIES.not_found, FOLDERS.not_found),
    ),
)
