"""The documents of code versions, as in the reference of the Data API."""

from emulator.ocapi.schema.document import Collection, Document
from emulator.ocapi.schema.fields import (
    MAX_INT64,
    Array,
    Boolean,
    DateTime,
    Embedded,
    Integer,
    String,
    constrained,
    refuse,
)
from emulator.workspace.files import is_inside

MAX_ID_BYTES = 255  # of a folder's name


VERSION_FILE = ".version"
"""The name of the file that lists the code versions."""


def is_folder_name(name: str) -> bool:
    """Return True for a valid name of a code version's folder."""
    return is_inside([name]) and len(name.encode()) <= MAX_ID_BYTES and name != VERSION_FILE


class FolderName(String):
    """The name of a folder."""

    def check(self, value: str) -> str:
        """See ``Property.check``."""
        return value if is_folder_name(value) else refuse(constrained)


class CodeVersion(Document):
    """A code version; ``total_size`` has the unit byte."""

    items_are_whole = True
    items_have_state = False

    activation_time = DateTime(read_only=True)
    active = Boolean(load_default=False)
    cartridges = Array(FolderName(), read_only=True)
    compatibility_mode = String(read_only=True)
    id = FolderName(allow_none=False)
    last_modification_time = DateTime(read_only=True)
    rollback = Boolean(read_only=True, load_default=False)
    total_size = Integer(read_only=True, maximum=MAX_INT64)
    web_dav_url = String(read_only=True)


class CodeVersionResult(Collection):
    """All code versions."""

    has_pages = False

    data = Array(Embedded(CodeVersion()))
