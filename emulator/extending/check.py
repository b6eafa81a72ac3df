"""The checks of resources of users against the served resources."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, get_args

from emulator.extending.error import ExtensionError
from emulator.fixture.data_set import Collection
from emulator.ocapi.call import Route
from emulator.ocapi.data_api import DataApi
from emulator.ocapi.resource import Resource, Verb
from emulator.ocapi.schema.document import Document

FILE_STEM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}", re.ASCII)
PARAMETER = re.compile(r"<.*?>")
SEGMENT = re.compile(r"[\w.~-]+|\{[A-Za-z_]\w*\}", re.ASCII)
VERBS = frozenset(get_args(Verb))
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def extend(api: DataApi, added: Iterable[Resource], others: Iterable[Collection]) -> DataApi:
    """Return a Data API with further resources; the same for no resources.

    Args:
        api: The Data API.
        added: The further resources.
        others: The collections of data sets that do not belong to the Data API.

    Raises:
        ExtensionError: A resource clashes with another, or its parent is not served.
    """
    taken = {collection.name for collection in (*api.collections, *others)}
    accepted: list[Resource] = []
    for resource in dict.fromkeys(added):
        further = DataApi(accepted, ())
        problems = (
            *_list_problems(resource, (*api.resources, *accepted), taken),
            *_list_mistakes(resource),
            *_list_clashes(DataApi((resource,), ()), api),
            *_list_clashes(DataApi((resource,), ()), further),
        )
        if problems:
            raise ExtensionError(f"resource '{resource.name}': {problems[0]}")
        taken.add(resource.name)
        accepted.append(resource)
    return DataApi((*api.resources, *accepted), api.described) if accepted else api


def _list_mistakes(added: Resource) -> Iterator[str]:
    """Yield the mistakes of a declaration that would show in requests only."""
    if unknown := sorted(set(added.verbs) - VERBS):
        yield f"there is no verb '{unknown[0]}': use {', '.join(sorted(VERBS))}"
    paths = ["/".join(added.template), f"{{{added.parameter or added.key}}}", *added.aliases]
    paths += [added.search.path] if added.search else []
    for operation in added.operations:
        paths.append(operation.path)
        if operation.method not in METHODS:
            yield f"there is no method '{operation.method}': use {', '.join(sorted(METHODS))}"
    for segment in (segment for path in paths for segment in path.split("/")):
        if not SEGMENT.fullmatch(segment):
            yield f"'{segment}' is not a valid segment of a path: use a name or {{id}}"
    for fault in (*added.faults, *(one for each in added.operations for one in each.faults)):
        named = {name for _, name, _, _ in Formatter().parse(fault.message) if name}
        if missing := sorted(named.difference(fault.arguments)):
            yield f"{fault.type} has no argument '{missing[0]}' for the message"


def _list_problems(
    added: Resource, served: Sequence[Resource], taken: Container[str]
) -> Iterator[str]:
    """Yield the problems with the names and the parent of a resource."""
    for name in (added.path, added.name):
        if not FILE_STEM.fullmatch(name):
            yield f"'{name}' is not a valid name: use letters, digits, '_' and '-'"
    if added.parent is not None and added.parent not in served:
        yield f"the parent '{added.parent.name}' is not served: list it before"
    if added.name in taken:
        yield f"there is a collection '{added.name}': set another 'name'"


def _list_clashes(added: DataApi, api: DataApi) -> Iterator[str]:
    """Yield a problem for each path, document and fault of another resource."""
    yield from _list_served_paths(added.routes, api.routes)
    documents = {one.type_name: one for known in api.resources for one in _documents_of(known)}
    for document in (one for resource in added.resources for one in _documents_of(resource)):
        if type(documents.get(document.type_name, document)) is not type(document):
            yield f"there is a document '{document.type_name}': rename the class"
    for name, forms in added.fault_forms.items():
        for kind in set(forms).difference(api.fault_forms.get(name, forms)):
            yield f"there is another fault '{kind.type}'"


def _list_served_paths(added: Mapping[str, Route], served: Mapping[str, Route]) -> Iterator[str]:
    """Yield a problem for each path of another resource."""
    by_pattern = {PARAMETER.sub("{}", rule): (rule, route) for rule, route in served.items()}
    for rule, route in added.items():
        known_rule, known = by_pattern.get(PARAMETER.sub("{}", rule), ("", None))
        if known is None:
            continue
        path, methods = "/".join(route.template), known.allowed - {"HEAD", "OPTIONS"}
        if known_rule != rule:
            yield f"the path '{path}' is served with other names: '{'/'.join(known.template)}'"
        elif route.methods or not methods.isdisjoint(route.operations):
            yield f"the path '{path}' is served already"


def _documents_of(resource: Resource) -> Iterator[Document]:
    """Yield the schemas of a resource in the Meta API."""
    schemas: list[Any] = [resource.document, resource.collection]
    schemas += [resource.search.result] if resource.search else []
    for operation in resource.operations:
        schemas += [operation.shows, operation.body]
    yield from (schema for schema in schemas if schema is not None)
