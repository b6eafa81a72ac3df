"""The Data API of one application: the resources, and all that follows from them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any

from emulator.fixture.data_set import Collection
from emulator.ocapi.access import client
from emulator.ocapi.access.client import CLIENTS
from emulator.ocapi.call import Route
from emulator.ocapi.resource import METHODS_BY_VERB, Resource, Verb
from emulator.ocapi.resources import COLLECTIONS, RESOURCES
from emulator.ocapi.schema import custom, faults
from emulator.ocapi.schema.faults import Fault, FaultType
from emulator.ocapi.search.query import MALFORMED_SEARCH_PARAMETER, SearchRequest

SEARCH_REQUEST = SearchRequest()
PARAMETER = re.compile(r"{.*?}")


class DataApi:
    """The resources of one application. Applications without own resources share a value.

    Args:
        resources: All resources.
        described: The collections of data sets that a resource does not describe itself.
    """

    def __init__(
        self, resources: Iterable[Resource], described: Iterable[Collection] = COLLECTIONS
    ) -> None:
        self.resources = tuple(resources)
        self.described = tuple(described)

    @cached_property
    def described_resources(self) -> tuple[Collection, ...]:
        """The collections of data sets that resources describe themselves."""
        own = {collection.name for collection in self.described}
        return tuple(one.fixtures() for one in self.resources if one.name not in own)

    @cached_property
    def collections(self) -> tuple[Collection, ...]:
        """All collections of data sets."""
        return (
            *self.described_resources,
            *self.described,
            Collection(
                CLIENTS,
                "clients.json",
                client.read_client,
                required=True,
                survives_empty_reset=True,
            ),
            *custom.list_collections(
                one.document.type_name for one in self.resources if one.document.custom
            ),
        )

    @cached_property
    def faults(self) -> Mapping[str, FaultType]:
        """All faults by name, with the faults of resources. A fault has the first of the forms."""
        return {name: forms[0] for name, forms in self.fault_forms.items()}

    @cached_property
    def fault_forms(self) -> Mapping[str, Sequence[FaultType]]:
        """The forms of all faults by name: resources may give a fault other arguments."""
        operations = chain(*(resource.operations for resource in self.resources))
        own = (
            MALFORMED_SEARCH_PARAMETER,
            *chain(*(resource.faults for resource in self.resources)),
            *chain(*(refused for one in self.resources for refused in one.refusals.values())),
            *chain(*(one.search.faults for one in self.resources if one.search)),
            *chain(*(operation.faults for operation in operations)),
        )
        forms = {name: {kind.arguments: kind} for name, kind in faults.TABLE.items()}
        for kind in own:
            forms.setdefault(kind.name, {})[kind.arguments] = kind
        return {name: tuple(found.values()) for name, found in forms.items()}

    def make_fault(self, name: str, arguments: Mapping[str, Any]) -> Fault:
        """Return a fault in the form with these arguments."""
        forms = self.fault_forms[name]
        return next(one for one in forms if {*one.arguments} == {*arguments}).make(arguments)

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """The routes of all resources by the routing rule below the version.

        The operations of a path may belong to several resources; the verbs belong to one.
        """
        routes = {path: route for one in self.resources for path, route in self._routes_of(one)}
        for resource in self.resources:
            for operation in resource.operations:
                template = tuple(operation.path.split("/"))
                path = _match_template(template)
                route = routes.get(path) or Route(resource, template, {}, resource.document)
                operations = {**route.operations, operation.method: operation}
                routes[path] = replace(route, operations=operations)
        return routes

    @cached_property
    def templates(self) -> list[str]:
        """The served paths below the version, with ids in braces."""
        return ["/".join(route.template) for route in self.routes.values()]

    @cached_property
    def search_path(self) -> re.Pattern[str]:
        """The pattern of the paths of searches."""
        paths = ("/".join(one.search_template) for one in self.resources if one.search)
        return re.compile(f".*/(?:{'|'.join(PARAMETER.sub('[^/]+', path) for path in paths)})")

    def _routes_of(self, resource: Resource) -> Iterator[tuple[str, Route]]:
        """Yield routing rule and route of the verbs of a resource."""
        children = tuple(child for child in self.resources if resource in child.ancestors)
        document = resource.document
        many, one = resource.methods(of_collection=True), resource.methods(of_collection=False)
        of_all = Route(resource, resource.template, many, document, of_collection=True)
        of_one = Route(resource, resource.document_template, one, document, children=children)
        routes = [of_all, of_one]
        if resource.search is not None:
            methods: dict[str, Verb] = {METHODS_BY_VERB["search"]: "search"}
            routes.append(Route(resource, resource.search_template, methods, SEARCH_REQUEST))
        for route in routes:
            if route.methods:
                yield _match_template(route.template), route
        for name in resource.aliases:
            yield name, of_all


def _match_template(template: Iterable[str]) -> str:
    """Return the routing rule of a template."""
    return "/".join(f"<segment:{s[1:-1]}>" if s.startswith("{") else s for s in template)


OWN = DataApi(RESOURCES)
"""The Data API of applications without resources of users."""


def find_resource(name: str) -> Resource:
    """Return a resource of the emulator, to declare a resource below.

    Args:
        name: The name of the collection, such as ``sites``.

    Raises:
        LookupError: There is no such resource.
    """
    for resource in RESOURCES:
        if resource.name == name:
            return resource
    raise LookupError(f"there is no resource '{name}'")
