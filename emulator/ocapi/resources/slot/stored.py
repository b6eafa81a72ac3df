"""Documents of a site with ids of several properties."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.fixture.reference import KeyOf, Records, Reference
from emulator.ocapi.call import Call
from emulator.ocapi.resources.site.sites import SITES
from emulator.ocapi.search.answer import Show
from emulator.store import Record


@dataclass(frozen=True)
class KeyBelowSite(KeyOf):
    """A reference to the document whose key is the beginning of the record's own key."""

    def __call__(self, record: Record, _: Records) -> Iterator[Reference]:
        """Yield the reference of a record."""
        yield Reference(self.collection, record.key[: len(self.names)])


def list_of_site(call: Call, name: str) -> Sequence[Record]:
    """Return all records of a collection below the site of the path.

    Raises:
        Fault: The site is missing.
    """
    site = SITES.find(call.store, call.key[:1]).key
    return call.store.scan(name, 0, call.store.count(name, site), site).records


def show_hit(call: Call) -> Show:
    """Return a function to all properties of a hit, computed properties included."""
    view = call.route.resource.view

    def show(record: Record, _whole: bool) -> dict[str, Any]:  # noqa: FBT001 - see Show
        shown = {**record.properties, **(view(call, record) if view else {})}
        return {name: value for name, value in shown.items() if value is not None}

    return show
