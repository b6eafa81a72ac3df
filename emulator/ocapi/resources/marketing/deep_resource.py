"""Resources with ids of several properties below the parent."""

from dataclasses import dataclass, replace
from functools import cached_property

from emulator.fixture.data_set import Collection as FixtureCollection
from emulator.ocapi.resource import Resource


@dataclass(frozen=True, kw_only=True)
class DeepResource(Resource):
    """A resource with more than one id below the parent.

    Attributes:
        key_names: The names of all ids, outermost first.
    """

    key_names: tuple[str, ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """See ``Resource.keys``."""
        return self.key_names

    def fixtures(self) -> FixtureCollection:
        """See ``Resource.fixtures``. References stand for the parent, which has fewer ids."""
        return replace(super().fixtures(), parent="")
