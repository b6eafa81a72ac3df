"""Request and response documents: the schemas, and the decoding of a request into changes.

A document is a marshmallow schema. Decoding answers one fault: the first in the order of the
members of the request (FLT-5). A request that only reads a document decodes nothing.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextvars import ContextVar, copy_context
from copy import copy
from functools import cache, cached_property
from itertools import islice
from typing import Any, ClassVar, Self

from marshmallow import RAISE, Schema, ValidationError, missing
from marshmallow.schema import SchemaMeta

from emulator.ocapi.schema import faults, lens
from emulator.ocapi.schema.faults import Fault
from emulator.ocapi.schema.fields import (
    CUSTOM_NAME,
    LOCALIZED,
    TOKENS,
    Array,
    Custom,
    Embedded,
    Integer,
    Map,
    Place,
    Property,
    String,
    Values,
    constrained,
    leaves_rest,
    mistyped,
    name_token,
    refuse,
    undeclared,
    unknown,
)

ENVELOPE = ("_v", "_type", "_resource_state")
ENVELOPE_NAMES = frozenset(ENVELOPE)
NOT_STORED = frozenset({*ENVELOPE, "link"})
CUSTOM = Custom()
STORED = "Stored"
"""The beginning of the names of schemas for data sets only."""
Rule = tuple[frozenset[type], Callable[[Any], Any] | None]
NO_RULE: Rule = (frozenset(), None)
FindCustom = Callable[[str, str], Property | None]
# Returns the schema of a custom property by the names of document and property; None refuses it.
_find_custom: ContextVar[FindCustom] = ContextVar("find_custom", default=lambda *_: CUSTOM)
MAX_VIOLATIONS = 1000
"""The violations of a document, after which further properties are not read."""
MAX_STORED_FAULTS = 20
"""The violations of a stored document in a message."""
# Whether a stored document is decoded: then embedded documents have read-only properties, too.
_storing: ContextVar[bool] = ContextVar("storing", default=False)


class DocumentMeta(SchemaMeta):
    """The class of all documents, without marshmallow's search for hooks.

    The search looks at each attribute of hundreds of classes, and takes a tenth of the time of a
    start. Documents have no hooks.
    """

    def resolve_hooks(self) -> dict[str, list[tuple[str, bool, dict[str, Any]]]]:
        """Return no hooks."""
        return defaultdict(list)


class Document(Schema, metaclass=DocumentMeta):
    """The base of all documents. The name of a document is the class name in snake_case.

    Attributes:
        custom: Whether the document has custom properties, ``c_<name>`` (DEC-5).
        items_are_whole: Whether a collection shows all properties without ``select`` (ENV-10).
        items_have_state: Whether a document in a collection has ``_resource_state`` (ENV-10).
        has_options: Whether ``expand`` and ``select`` of a request are options of the answer.
    """

    class Meta:
        """Options of marshmallow: an undeclared property is refused."""

        unknown = RAISE

    custom: ClassVar[bool] = False
    items_are_whole: ClassVar[bool] = False
    items_have_state: ClassVar[bool] = True
    has_options: ClassVar[bool] = False
    hidden: frozenset[str] = frozenset()
    """The names of the properties that belong to other versions (VER-1)."""

    def __init__(self) -> None:
        # Without the method of the base: it copies every property, for options that no document
        # has, and takes a tenth of the time of a start.
        excluded = frozenset(self.opts.exclude)
        declared = self._declared_fields.items()
        self.declared_fields = self.fields = {n: one for n, one in declared if n not in excluded}
        self._by_version: dict[str, Self] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def at(self, version: str) -> Self:
        """Return the schema of the document in a version (VER-1, VER-2)."""
        found = self._by_version.get(version)
        if found is None:
            found = self._by_version[version] = self._make_version(version)
        return found

    def _make_version(self, version: str) -> Self:
        made = copy(self)
        for name in (
            n for n in vars(self) if isinstance(getattr(Document, n, None), cached_property)
        ):
            del made.__dict__[name]
        made.hidden = lens.list_hidden(self.type_name, version)
        kept = {name: one for name, one in self.fields.items() if name not in made.hidden}
        made.fields = {name: _at(one, version) for name, one in kept.items()}
        for name, attribute in lens.list_loosened(self.type_name, version):
            made.fields[name] = copy(made.fields[name])
            setattr(made.fields[name], attribute, None)
        for name, hidden in lens.list_narrowed(self.type_name, version):
            narrowed = copy(made.fields[name])
            values = [value for value in getattr(narrowed, "values", ()) if value not in hidden]
            setattr(narrowed, "values", tuple(values))  # noqa: B010 - only enumerations have values
            made.fields[name] = narrowed
        return made

    @cached_property
    def type_name(self) -> str:
        """The name of the document in requests and answers.

        A schema of data sets, such as ``StoredLocale(Locale)``, has the name of its base.
        """
        return _name_type(type(self))

    def property_of(self, name: str) -> Property | None:
        """Return the schema of a declared or custom property, or None."""
        if self.takes(name):
            return CUSTOM
        declared = self.fields.get(name)
        return declared if isinstance(declared, Property) else None

    def takes(self, name: str) -> bool:
        """Return whether ``name`` is a valid name of a custom property of the document."""
        return self.custom and CUSTOM_NAME.fullmatch(name) is not None

    def decode(
        self,
        body: Any,
        *,
        version: str,
        partial: bool,
        find_custom: FindCustom = lambda *_: CUSTOM,
    ) -> dict[str, Any]:
        """Return the changes of a request document; None clears a property (DEC-1 to DEC-5).

        Args:
            body: The decoded JSON value.
            version: The version of the request, such as ``23.2``.
            partial: Whether a missing property stays unchanged (PATCH) or gets the default (PUT).
            find_custom: Returns the schema of a custom property by the names of document and
                property; None refuses the property.

        Raises:
            Fault: For the first violation in document order.
        """
        if not isinstance(body, dict):
            raise faults.TYPE_DECODING("$", TOKENS["object"], name_token(body))
        sent = body if self._ignored.isdisjoint(body) else _without(self._ignored, body)
        context = copy_context()
        context.run(leaves_rest.set, partial)
        context.run(_find_custom.set, find_custom)
        changes, errors = context.run(self._load, sent, partial)
        if not ENVELOPE_NAMES.isdisjoint(body):
            errors |= self._envelope_errors(body, version)
        if errors:
            raise first_fault(errors, body, Place(self.type_name, "$", ""))
        return self._defaulted(changes) if None in changes.values() else changes

    def decode_stored(self, entry: Any) -> dict[str, Any]:
        """Return the properties of a stored document, with read-only properties and without nulls.

        ``link`` and the members of the envelope are left out: they belong to an answer.

        Raises:
            ValueError: With the first ``MAX_STORED_FAULTS`` violations in document order.
        """
        if not isinstance(entry, dict):
            raise ValueError("is not an object")  # noqa: TRY004 - the data set is wrong, not the caller
        sent = entry if NOT_STORED.isdisjoint(entry) else _without(NOT_STORED, entry)
        storing = _storing.set(True)
        try:
            values, errors = self._load(sent, partial=False)
        finally:
            _storing.reset(storing)
        if errors:
            faults_of_entry = find_faults(errors, entry, Place(self.type_name, "$", ""))
            found = islice(faults_of_entry, MAX_STORED_FAULTS)
            reasons = (str(fault).removeprefix(faults.DECODING).strip() for fault in found)
            raise ValueError(" ".join(reasons))
        present = self._present(values)
        for name in self._read_only_arrays:
            if name in present and not present[name]:
                del present[name]
        return present

    def embed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of an embedded document.

        Declared properties come first, in the order of their declaration. A null is absent, unless
        it clears a stored value.

        Raises:
            ValidationError: The violations, by name.
        """
        ignored = NOT_STORED if _storing.get() else {*ENVELOPE, *self.read_only}
        sent = _without(ignored, value)
        values, errors = self._load(sent, partial=False)
        errors |= self._envelope_errors(value, value.get("_v"))
        if errors:
            raise ValidationError(errors)
        ordered = {name: values[name] for name in (*self.fields, *values) if name in values}
        if not leaves_rest.get():
            return self._present(ordered)
        return self._defaulted({name: value for name, value in ordered.items() if name in sent})

    def merge(self, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stored properties after ``changes``, embedded documents included."""
        merged = {**stored, **changes}
        for name, change in changes.items():
            declared = self.fields.get(name)
            if change is None:
                del merged[name]
            elif isinstance(declared, Embedded) and isinstance(change, Mapping):
                before = stored.get(name) or declared.document.defaults()
                merged[name] = declared.document.merge(before, change)
        return merged

    def replace(self, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``changes`` and the stored read-only properties (DEC-4).

        Changes hold the default of a read-only property, too; the stored value wins.
        """
        kept = {name: value for name, value in stored.items() if name in self.read_only}
        return self.merge(kept, {n: value for n, value in changes.items() if n not in kept})

    def localize(self, properties: Mapping[str, Any], locale: str) -> dict[str, Any]:
        """Return properties with the values of one locale, embedded documents included (LOC).

        A localized property without a value in the locale is absent.
        """
        shown = ((name, self._localize(name, v, locale)) for name, v in properties.items())
        return {name: value for name, value in shown if value is not missing}

    def _localize(self, name: str, value: Any, locale: str) -> Any:
        """Return the value of a property in one locale; ``missing`` for no value."""
        if (inner := self.embedded.get(name)) is not None:
            if isinstance(value, Mapping):
                return inner.localize(value, locale)
            return [inner.localize(entry, locale) for entry in value]
        declared = self.fields.get(name)
        # Of custom properties only those that are localized are objects (DEC-5), and markup.
        custom = self.takes(name) and isinstance(value, Mapping) and "_type" not in value
        localized = isinstance(declared, Map) and declared.format == LOCALIZED
        if not custom and not localized:
            return value
        return {locale: value[locale]} if locale in value else missing

    def defaults(self) -> dict[str, Any]:
        """Return the properties of a new document without any given property."""
        return self._present(dict.fromkeys(self.fields))

    @cached_property
    def embedded(self) -> dict[str, "Document"]:
        """The schemas of the documents inside, alone or in arrays, by the property's name."""
        inner = {n: p.inner if isinstance(p, Array) else p for n, p in self._declared.items()}
        return {name: p.document for name, p in inner.items() if isinstance(p, Embedded)}

    @cached_property
    def embedded_in_maps(self) -> dict[str, "Document"]:
        """The schemas of the documents in maps, by the property's name."""
        maps = {n: p.inner for n, p in self._declared.items() if isinstance(p, Values)}
        return {name: p.document for name, p in maps.items() if isinstance(p, Embedded)}

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """The members of requests that change nothing: the envelope, and read-only properties."""
        return ENVELOPE_NAMES | self.read_only

    @cached_property
    def read_only(self) -> frozenset[str]:
        """The names of the read-only properties: requests cannot set them (DEC-3)."""
        return frozenset(name for name, declared in self._declared.items() if declared.read_only)

    @cached_property
    def is_read_only(self) -> bool:
        """Whether all properties are read-only, so that a request needs no document."""
        return not self.custom and self.read_only.issuperset(self.fields)

    @cached_property
    def _read_only_arrays(self) -> tuple[str, ...]:
        declared = self._declared.items()
        return tuple(n for n, one in declared if one.read_only and isinstance(one, Array))

    @cached_property
    def _declared(self) -> dict[str, Property]:
        return {name: one for name, one in self.fields.items() if isinstance(one, Property)}

    @cached_property
    def _rules(self) -> dict[str, Rule]:
        """Python types and check by property name; no check for a property of any value."""
        declared = self._declared.items()
        return {name: (one.types, None if one.takes_all else one.check) for name, one in declared}

    @cached_property
    def _absent(self) -> dict[str, Any]:
        """The defaults by property name."""
        defaults = {name: declared.load_default for name, declared in self._declared.items()}
        return {name: value for name, value in defaults.items() if value is not missing}

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(name for name, declared in self._declared.items() if declared.required)

    def _load(
        self,
        values: Mapping[str, Any],
        partial: bool,  # noqa: FBT001
    ) -> tuple[dict[str, Any], dict[Any, Any]]:
        """Return the decoded values, in any order, and the violations by name.

        With ``partial``, missing properties get no default and no violation. Marshmallow's own
        ``load`` takes ten times as long: too long for a data set.
        """
        loaded: dict[str, Any] = {} if partial else self._absent.copy()
        errors: dict[Any, Any] = {}
        rules = self._rules
        for name, value in values.items():
            types, check = rules.get(name, NO_RULE)
            try:
                if type(value) not in types:
                    loaded[name] = self._load_one(name, value)
                else:
                    loaded[name] = check(value) if check else value
            except ValidationError as error:
                errors[name] = error.messages
                if len(errors) >= MAX_VIOLATIONS:
                    break
        for name in () if partial else self._required:
            if name not in values:
                errors[name] = [constrained]
        return loaded, errors

    def _load_one(self, name: str, value: Any) -> Any:
        """Return the decoded value of a declared or custom property; refuse any other property."""
        declared = self._declared.get(name)
        return declared.deserialize(value) if declared else self._load_undeclared(name, value)

    def _load_undeclared(self, name: str, value: Any) -> Any:
        """Return the decoded value of a custom property; refuse any other property."""
        if not self.takes(name):
            refuse(unknown)
        declared = _find_custom.get()(self.type_name, name)
        return declared.deserialize(value) if declared else refuse(undeclared)

    def _present(self, values: dict[str, Any]) -> dict[str, Any]:
        if None not in values.values():
            return values
        cleared = self._defaulted(values)
        return {name: value for name, value in cleared.items() if value is not None}

    def _defaulted(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._cleared(name) if v is None else v for name, v in values.items()}

    def _cleared(self, name: str) -> Any:
        """Return the default of a property, else None: the meaning of a null (DEC-4)."""
        declared = self.fields.get(name)
        return (
            None if declared is None or declared.load_default is missing else declared.load_default
        )

    def _envelope_errors(self, body: Mapping[str, Any], version: Any) -> dict[str, list[Any]]:
        """Return the violations of ``_v``, ``_type`` and ``_resource_state`` (DEC-2)."""
        sent = {name: body[name] for name in ENVELOPE if name in body}
        errors: dict[str, list[Any]] = {
            name: [mistyped("string", v)] for name, v in sent.items() if not isinstance(v, str)
        }
        if sent.get("_v", version) != version:
            errors.setdefault("_v", [lambda _: faults.UNEXPECTED_VERSION(sent["_v"])])
        if sent.get("_type", self.type_name) != self.type_name:
            errors.setdefault("_type", [constrained])
        return errors


def _at(declared: Any, version: str) -> Any:
    """Return a property with the schemas of the documents inside in a version."""
    if not isinstance(declared, (Array, Embedded)):
        return declared
    made = copy(declared)
    if isinstance(made, Array):
        made.inner = _at(made.inner, version)
    else:
        made.show_version(version)
    return made


def _without(names: AbstractSet[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def first_fault(errors: Any, value: Any, place: Place) -> Fault:
    """Return the fault of the first violation in ``value``; see ``find_faults``."""
    return next(find_faults(errors, value, place))


def find_faults(errors: Any, value: Any, place: Place) -> Iterator[Fault]:
    """Yield the faults of all violations, in the order of ``value``.

    Args:
        errors: A list of violations, or a map of lists by name or index.
        value: The part of the request with the violations.
        place: The place of that part.
    """
    if isinstance(errors, list):
        yield from (violation(place) for violation in errors)
        return
    for key in dict.fromkeys(_members(value, errors)):
        if key in errors:
            path = f"{place.path}.[{key}]" if isinstance(key, int) else f"{place.path}.{key}"
            inner = value.get(key) if isinstance(value, dict) else value[key]
            yield from find_faults(errors[key], inner, Place(place.document, path, str(key)))


def _members(value: Any, errors: Mapping[Any, Any]) -> Iterator[Any]:
    """Yield the names or indexes of ``value`` in order, then the missing names."""
    yield from value if isinstance(value, dict) else range(len(value))
    yield from errors


@cache
def _name_type(kind: type) -> str:
    base, name = kind.__bases__[0], kind.__name__
    if name.startswith(STORED) and base is not Document:
        return _name_type(base)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removeprefix(STORED)).lower()


class Collection(Document):
    """The base of the documents for a page of a collection (ENV-2).

    Attributes:
        default_count: The length of a page without ``count`` (PAG-1).
        min_count: The least ``count``.
        max_count: The greatest ``count``; None for no bound.
        has_pages: Whether requests may name a page; else one page has all items.
    """

    default_count: ClassVar[int] = 25
    min_count: ClassVar[int] = 0
    max_count: ClassVar[int | None] = None
    has_pages: ClassVar[bool] = True

    count = Integer()
    data: Array
    expand = Array(String())
    next = String()
    previous = String()
    select = String()
    start = Integer(minimum=0)
    total = Integer()


class _FaultDetail(Document):
    arguments = Map()
    type = String(required=True)
    message = String(required=True)


class FaultDocument(Document):
    """The answer to a failed request (FLT-1)."""

    fault = Embedded(_FaultDetail())

    @cached_property
    def type_name(self) -> str:
        """See ``Document.type_name``."""
        return "fault"


FAULT = FaultDocument()
