"""The mutations of ``mutations/*.toml``: wrong servers, as changes of modules."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from falsifier.hook import Edit

MUTATION_FOLDER = Path(__file__).parent / "mutations"


class UnknownMutationError(LookupError):
    """A name is not the name of a mutation."""


@dataclass(frozen=True)
class Mutation:
    """A change of the protocol.

    Args:
        name: A short name in lower case with hyphens.
        area: The heading of the mutation in the page.
        rules: The ids of the rules that the changed server breaks.
        wrong: What the changed server does, as a sentence.
        edit: The change of the source.
        survives: The reason why no test can see the change; empty for a change that is seen.
    """

    name: str
    area: str
    rules: tuple[str, ...]
    wrong: str
    edit: Edit
    survives: str = ""


@cache
def mutations() -> tuple[Mutation, ...]:
    """Return all mutations in the order of the files."""
    return tuple(one for file in sorted(MUTATION_FOLDER.glob("*.toml")) for one in _read(file))


def pick(names: Iterable[str]) -> list[Mutation]:
    """Return mutations by name; all for no name.

    Raises:
        UnknownMutationError: A name is not the name of a mutation.
    """
    known = {one.name: one for one in mutations()}
    wanted = list(names) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise UnknownMutationError(f"unknown mutation: {', '.join(unknown)}")
    return [known[name] for name in wanted]


def _read(file: Path) -> list[Mutation]:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return [_make(content["area"], row) for row in content["mutation"]]


def _make(area: str, row: dict[str, Any]) -> Mutation:
    edit = Edit(row.pop("module"), row.pop("before"), row.pop("after"))
    return Mutation(area=area, edit=edit, rules=tuple(row.pop("rules")), **row)
