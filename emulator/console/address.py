"""Addresses: the path of a stored document in the Data API, and the methods of the path."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from emulator.config import Config
from emulator.ocapi.resource import METHOD_ORDER, Resource, fill_template
from emulator.ocapi.wire import versions
from emulator.ocapi.wire.url import encode_segment
from emulator.store import Key

ANY_VERSION = "any"


class Address(NamedTuple):
    """A path below the version, ids in braces or filled in, and the served methods."""

    template: Sequence[str]
    methods: Sequence[str]

    def fill(self, key: Key) -> str:
        """Return the path of a document."""
        return fill_template(tuple(self.template), key)

    @property
    def path(self) -> str:
        """The path with ids in braces."""
        return "/".join(self.template)

    @property
    def ids(self) -> list[str]:
        """The names of the ids in the path."""
        return [segment[1:-1] for segment in self.template if segment.startswith("{")]


def find_document(resource: Resource) -> Address | None:
    """Return the address of the documents of a resource; None if no path has all ids.

    Some ids are not in the path, such as the site of a sorting rule: such documents have no address
    of their own.
    """
    methods: dict[tuple[str, ...], set[str]] = {}
    if named := resource.methods(of_collection=False):
        methods[resource.document_template] = {*named}
    shown = [one.path for one in resource.operations if one.shows is resource.document]
    for operation in resource.operations:
        template = tuple(operation.path.split("/"))
        if template[-1].startswith("{") and operation.path in shown:
            methods.setdefault(template, set()).add(operation.method)
    fitting = [
        Address(template, sorted(served, key=METHOD_ORDER.index))
        for template, served in methods.items()
        if sum(segment.startswith("{") for segment in template) == len(resource.keys)
    ]
    return max(fitting, key=lambda one: ("GET" in one.methods, len(one.methods)), default=None)


def find_creation(resource: Resource) -> Address | None:
    """Return the address for new documents: PUT of a document, or POST on the collection."""
    document = find_document(resource)
    if document and "PUT" in document.methods:
        return Address(document.template, ("PUT",))
    if "add" in resource.verbs:
        return Address(resource.template, ("POST",))
    return None


def find_list(resource: Resource) -> Address | None:
    """Return the address of the list of a collection, None without a list."""
    return Address(resource.template, ("GET",)) if "list" in resource.verbs else None


def begin(config: Config) -> str:
    """Return the beginning of all paths, up to the newest accepted version."""
    named = config.versions - {ANY_VERSION}
    current = f"v{versions.CURRENT.replace('.', '_')}"
    if not named or current in named or ANY_VERSION in config.versions:
        return f"/s/-/dw/data/{current}/"
    return f"/s/-/dw/data/{max(named, key=lambda name: versions.order(versions.number(name)))}/"


def join_key(key: Key) -> str:
    """Return a key as a text; ``split_key`` reads the text."""
    return "/".join(map(encode_segment, key))


def split_key(text: str) -> Key:
    """Return the key of a text of ``join_key``."""
    return tuple(map(unquote, text.split("/")))
