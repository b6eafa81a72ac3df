"""The mutations of ``mutations/*.toml``: wrong servers, as changes of modules."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from falsifier.hook import Edit

MUTATION_FOLDER = Path(__file__).parent / "mutations"
MEMBERS = ("name", "rules", "wrong", "module", "before", "after")
"""The members of each row. The member ``survives`` may be missing."""


class MutationError(ValueError):
    """A row of a file has a mistake; the message names the file, the row and the member."""


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
    """Return all mutations in the order of the files.

    Raises:
        MutationError: A row of a file has a mistake.
    """
    return tuple(one for file in sorted(MUTATION_FOLDER.glob("*.toml")) for one in _read(file))


def pick(names: Iterable[str]) -> list[Mutation]:
    """Return mutations by name; all for no name.

    Raises:
        MutationError: A row of a file has a mistake.
        UnknownMutationError: A name is not the name of a mutation.
    """
    known = {one.name: one for one in mutations()}
    wanted = list(names) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise UnknownMutationError(f"unknown mutation: {', '.join(unknown)}")
    return [known[name] for name in wanted]


def _read(file: Path) -> list[Mutation]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MutationError(f"{file.name}: {error}") from error
    if not (isinstance(content.get("area"), str) and isinstance(content.get("mutation"), list)):
        raise MutationError(f"{file.name}: the file needs 'area' and rows '[[mutation]]'")
    rows = enumerate(content["mutation"], 1)
    return [_make(f"{file.name}, mutation {number}", content["area"], row) for number, row in rows]


def _make(place: str, area: str, row: Mapping[str, Any]) -> Mutation:
    _check(place, row)
    texts = {name: row[name] for name in row if name not in ("rules", "module", "before", "after")}
    edit = Edit(row["module"], row["before"], row["after"])
    return Mutation(area=area, edit=edit, rules=tuple(row["rules"]), **texts)


def _check(place: str, row: Mapping[str, Any]) -> None:
    """Check the names and the types of the members of a row.

    Raises:
        MutationError: A member is missing, unknown or of another type.
    """
    where = f"{place} '{row['name']}'" if isinstance(row.get("name"), str) else place
    for member in MEMBERS:
        if member not in row:
            raise MutationError(f"{where}: the member '{member}' is missing")
    for member, value in row.items():
        if member not in (*MEMBERS, "survives"):
            known = ", ".join((*MEMBERS, "survives"))
            raise MutationError(f"{where}: unknown member '{member}', known are {known}")
        if member != "rules" and not isinstance(value, str):
            raise MutationError(f"{where}: the member '{member}' is not a text")
    rules = row["rules"]
    if not isinstance(rules, list) or not rules or not all(isinstance(one, str) for one in rules):
        raise MutationError(f"{where}: the member 'rules' is not a list of rule ids")
