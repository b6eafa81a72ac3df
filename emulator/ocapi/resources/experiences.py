"""The experiences of segments of A/B tests: promotions, slot configurations, sorting rules.

A segment names its experiences. Further collections of the store name the segments of each
experience, so that the deletion of a promotion needs no look at all segments.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.fixture.reference import ListReferences, Records, Reference
from emulator.ocapi.resources.id_lists import move_entries
from emulator.store import Change, Delete, Key, Put, Record, Size, Store

AB_TESTS_NAME = "ab_tests"  # site and A/B test
SEGMENTS_NAME = "ab_test_segments"  # site, A/B test and segment
SORTING_RULES_NAME = "ab_test_sorting_rules"  # site, A/B test, segment and category
SEGMENTS_BY_CATEGORY = f"{SORTING_RULES_NAME}.by_category"
"""The keys are catalog, category, site, A/B test and segment."""
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Experience:
    """A kind of experience.

    Attributes:
        name: The property of the segment with the experiences.
        collection: The collection of the named documents; the keys begin with the site.
        key_names: The properties of an experience with the ids below the site.
        document: The name of the named document.
    """

    name: str
    collection: str
    key_names: tuple[str, ...]
    document: str

    @property
    def index(self) -> str:
        """The collection of the store with site, ids of the experience, A/B test and segment."""
        return f"{SEGMENTS_NAME}.by_{self.name}"

    def key_of(self, site_id: str, entry: Entry) -> Key:
        """Return the key of the document that an experience names."""
        return (site_id, *(str(entry.get(name, "")) for name in self.key_names))

    def name_document(self, key: Key) -> dict[str, str]:
        """Return the experience with a document."""
        ids = zip(self.key_names, key[1:], strict=True)
        return {name: value for name, value in ids if value}

    def list_entries(self, segment: Record) -> Iterator[tuple[str, Key]]:
        """Yield collection and key of each entry of a segment in the opposite direction."""
        site_id, *own = segment.key
        for entry in segment.get(self.name) or ():
            yield self.index, (*self.key_of(site_id, entry), *own)

    def list_segments(self, store: Store, key: Key) -> Iterator[Record]:
        """Yield the segments with a document as experience."""
        for found in store.scan(self.index, 0, store.count(self.index, key), key).records:
            segment = store.get(SEGMENTS_NAME, (key[0], *found.key[len(key) :]))
            if segment is not None:
                yield segment

    def list_tests(self, store: Store, key: Key) -> Iterator[tuple[Record, Record]]:
        """Yield A/B test and segment for each segment with a document as experience."""
        for segment in self.list_segments(store, key):
            ab_test = store.get(AB_TESTS_NAME, segment.key[:-1])
            if ab_test is not None:
                yield ab_test, segment

    def rename(self, store: Store, key: Key, new_key: Key | None) -> Iterator[Change]:
        """Yield the changes of segments when a document is deleted, or gets another key.

        No other request assigns the document meanwhile.
        """
        yield Size(self.index, key, store.count(self.index, key))
        for segment in self.list_segments(store, key):
            kept = self.list_others(segment, key)
            renamed = [] if new_key is None else [self.name_document(new_key)]
            yield from put(segment, {**segment.properties, self.name: [*kept, *renamed]})

    def list_others(self, segment: Record, key: Key) -> list[Entry]:
        """Return the experiences of a segment without the experience of a document."""
        entries = segment.get(self.name) or ()
        return [one for one in entries if self.key_of(key[0], one) != key]

    def show(self, segment: Record) -> list[dict[str, Any]]:
        """Return the shown experiences of a segment."""
        return [{"_type": self.document, **entry} for entry in segment.get(self.name) or ()]

    def list_references(self, segment: Record, _: Records) -> Iterator[Reference]:
        """Yield the references of a segment."""
        for entry in segment.get(self.name) or ():
            yield Reference(self.collection, self.key_of(segment.key[0], entry))


PROMOTIONS = Experience("promotions", "promotions", ("id",), "promotion")
SLOT_CONFIGURATIONS = Experience(
    "slot_configs",
    "slot_configurations",
    ("slot_id", "context", "context_id", "configuration_id"),
    "slot_configuration",
)
EXPERIENCES = (PROMOTIONS, SLOT_CONFIGURATIONS)
SORTING_RULES = "sorting_rules"
NAMES = (*(one.name for one in EXPERIENCES), SORTING_RULES)
REFERENCES: Mapping[str, ListReferences] = {one.name: one.list_references for one in EXPERIENCES}


def list_entries(segment: Record) -> Iterator[tuple[str, Key]]:
    """Yield collection and key of each entry of a segment, for all kinds of experiences."""
    for one in EXPERIENCES:
        yield from one.list_entries(segment)


def put(segment: Record, properties: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the changes of a segment and of its entries; empty lists are left out."""
    kept = {n: v for n, v in properties.items() if n not in NAMES or v}
    changed = Record(segment.key, kept)
    yield Put(SEGMENTS_NAME, changed, segment.state)
    yield from move_entries(list_entries(segment), list_entries(changed))


def list_sorting_rules(store: Store, above: Key) -> Sequence[Record]:
    """Return the sorting rules of a segment, or of all segments of an A/B test."""
    return store.scan(SORTING_RULES_NAME, 0, store.count(SORTING_RULES_NAME, above), above).records


def release_category(store: Store, category: Key) -> Iterator[Change]:
    """Yield the changes when a category is deleted: no sorting rule is for the category."""
    count = store.count(SEGMENTS_BY_CATEGORY, category)
    yield Size(SEGMENTS_BY_CATEGORY, category, count)
    for entry in store.scan(SEGMENTS_BY_CATEGORY, 0, count, category).records:
        yield Delete(SEGMENTS_BY_CATEGORY, entry.key)
        yield Delete(SORTING_RULES_NAME, (*entry.key[2:], category[1]))


def list_segments(store: Store, ab_test: Key) -> Sequence[Record]:
    """Return the segments of an A/B test, by id."""
    return store.scan(SEGMENTS_NAME, 0, store.count(SEGMENTS_NAME, ab_test), ab_test).records
