"""The ids and values which a random request may name."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from contract_tests.walk.description import Ids, Template

MAX_NEW_IDS = 6  # few: a deleted id comes again
NEW_IDS = tuple(f"walk{number}" for number in range(MAX_NEW_IDS))
WRONG_IDS = ("nope", "a b", "ä/ö", "x" * 300)
# Values that neither the description nor the data set states.
HINTS = {
    "cartridge_name": (*NEW_IDS, "app_storefront_base", "modules"),
    "current_password": ("Secret:123", "Secret:124"),
    "email": ("ada@shop.example", "walk@shop.example"),
    "methods": ("get", "put"),
    "password": ("Secret:123", "Secret:124"),
    "resource_id": ("/products/*", "/sites"),
    "scope": ("AGENT_USER_AND_OCAPI", "STOREFRONT", "WEBDAV_AND_STUDIO"),
}
MAX_VALUES, MAX_DOCUMENTS, MAX_ENTRIES = 60, 30, 25

Words = tuple[str, ...]


@cache
def split(text: str) -> Words:
    """Return the words of a name or of a path, without names in braces, in the singular."""
    words = re.findall(r"[a-z]+", re.sub(r"\{\w*\}", "", text).lower())
    return tuple(re.sub("ies$", "y", word).removesuffix("s") for word in words)


def cut_to_id(segments: Ids) -> Ids:
    """Return the segments of a path up to the last id; empty for a path without ids."""
    places = [place for place, segment in enumerate(segments, 1) if segment == "{}"]
    return segments[: places[-1]] if places else ()


@dataclass
class Knowledge:
    """Ids and values, from the data set and from answers.

    Attributes:
        random: Chooses.
        ids: The ids of documents by the segments of a path up to an id.
        gone: The same of deleted documents.
        values: The values of properties by name.
        documents: Documents by name of the definition.
        own_names: The properties with the id of a document's path, by definition.
        mentions: The number of documents with a text.
        entries: The entries of the data set by collection.
    """

    random: Random
    ids: dict[Ids, set[Ids]] = field(default_factory=lambda: defaultdict(set))
    gone: dict[Ids, set[Ids]] = field(default_factory=lambda: defaultdict(set))
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    documents: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    own_names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    mentions: Counter[str] = field(default_factory=Counter)
    entries: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, segments: Ids, ids: Ids) -> None:
        """Add a document and those above it."""
        while prefix := cut_to_id(segments):
            self.ids[prefix].add(ids)
            self.gone[prefix].discard(ids)
            segments, ids = prefix[:-1], ids[:-1]

    def remove(self, segments: Ids, ids: Ids) -> None:
        """Remove a document and those below it."""
        for prefix, known in self.ids.items():
            if prefix[: len(segments)] == segments:
                below = {each for each in known if each[: len(ids)] == ids}
                self.ids[prefix] = known - below
                self.gone[prefix] |= below

    def forget(self, segments: Ids, ids: Ids) -> None:
        """Remove a document that does not exist."""
        self.ids[cut_to_id(segments)].discard(ids)

    def read_state(self, files: dict[str, Any], templates: Iterable[Template]) -> None:
        """Add the entries of the data set, and find the documents of paths among them."""
        for name, entries in files.items():
            groups = entries if isinstance(entries, dict) else {name.removesuffix(".json"): entries}
            self.entries.update(groups)
        self.read(files)
        for template in templates:
            found = sorted(self._find_ids(template)) if template.is_of_document else []
            for ids in self.random.sample(found, min(len(found), MAX_ENTRIES)):
                self.add(template.segments, ids)

    def read(self, content: Any, name: str = "") -> None:
        """Add the values and documents of an answer or of the state."""
        if isinstance(content, list):
            for each in content:
                self.read(each, name)
        elif isinstance(content, dict):
            if kind := content.get("_type"):
                _keep(self.documents[kind], content, MAX_DOCUMENTS)
            for key, each in content.items():
                self.read(each, key)
        elif isinstance(content, str) and name[:1] != "_" and name != "link":
            self.mentions[content] += 1
            if content not in self.values[name]:
                _keep(self.values[name], content, MAX_VALUES)

    def refer(self, name: str) -> list[str]:
        """Return values for a property, or for an id in a path, of this name."""
        if name in HINTS:
            return [*HINTS[name]]
        words = split(name.removesuffix("_id").removesuffix("_ids"))
        refers = name.endswith(("_id", "s"))
        found = [ids[-1] for ids in self._list_ids(words)] if refers else []
        return [
            *found,
            *self.values[name],
            *(self.values["name"] if words[-1:] == ("name",) else ()),
        ]

    def _list_ids(self, words: Words) -> Iterator[Ids]:
        """Yield the ids of the kind of documents with the most of the last words of a name."""
        while words:
            found = [p for p in self.ids if len(p) > 1 and split(p[-2])[-len(words) :] == words]
            for prefix in found:
                yield from sorted(self.ids[prefix])
            words = () if found else words[1:]

    def choose_ids(self, template: Template, prefix: Ids, *, chance_of_new: float) -> Ids:
        """Return ids for a path up to an id: known, deleted, new or wrong ones.

        Args:
            template: The template of the path.
            prefix: The segments up to the id.
            chance_of_new: The chance of ids that are not known.
        """
        if not prefix:
            return ()
        known, gone = self.ids[prefix], self.gone[prefix]
        chance = self.random.random()
        if known and chance > chance_of_new:
            some = self.random.sample(sorted(known), min(self.random.randint(1, 3), len(known)))
            return max(some, key=lambda ids: self.mentions[ids[-1]])
        if gone and chance > chance_of_new / 2:
            return self.random.choice(sorted(gone))
        siblings = sorted(ids[:-1] for ids in known | gone)
        if siblings and self.random.random() < 0.6:
            parents = self.random.choice(siblings)
        else:
            parents = self.choose_ids(template, cut_to_id(prefix[:-1]), chance_of_new=0.05)
        return (*parents, self._choose_id(template, prefix, parents))

    def _choose_id(self, template: Template, prefix: Ids, parents: Ids) -> str:
        name = template.names[len(parents)]
        kind = split(next(each for each in reversed(prefix) if each != "{}"))
        chance = self.random.random()
        if chance < 0.03:
            return self.random.choice(WRONG_IDS)
        if chance < 0.45 and template.names[-1] == name:
            return f"{'_'.join(kind)}{self.random.randrange(MAX_NEW_IDS)}"
        found = {ids for ids in self._list_ids(kind) if ids[:1] == parents[:1]} - self.ids[prefix]
        pools = [
            sorted({ids[-1] for ids in found}),
            sorted({e[name] for e in self._find_entries(template, [name])} if name != "id" else ()),
            self.refer(name),
        ]
        chosen: str = self.random.choice(self.random.choice([*filter(None, pools)] or [NEW_IDS]))
        return chosen

    def _find_ids(self, template: Template) -> set[Ids]:
        """Return the ids of a path in the entries of the data set."""
        found = set()
        *above, own = template.names
        for entry in self._find_entries(template, above):
            exact = [name for name in (own, "id") if name in entry]
            names = exact[:1] or [name for name in entry if split(own)[-1] in split(name)]
            values = [entry[name] for name in names if isinstance(entry[name], str)]
            found |= {(*(entry[name] for name in above), value) for value in values}
        return found

    def _find_entries(self, template: Template, names: Iterable[str]) -> list[Any]:
        """Return the entries with some properties, of the collection with the likeliest name."""
        path = set(split(template.path))
        last = set(split(next(each for each in reversed(template.segments) if each != "{}")))
        best, found = -9, list[Any]()
        for collection, entries in self.entries.items():
            words = set(split(collection))
            likeness = len(path & words) - len(words - path)
            if last <= words and likeness > best:
                whole = [e for e in entries if all(isinstance(e.get(n), str) for n in names)]
                best, found = (likeness, whole) if whole else (best, found)
        return found


def _keep(kept: list[Any], new: Any, limit: int) -> None:
    kept.append(new)
    if len(kept) > limit:
        del kept[len(kept) // 3]
