"""The page ``docs/falsifier.md``: the mutations with the noticing tests."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from falsifier.hook import ROOT
from falsifier.mutation import Mutation

PAGE = ROOT / "docs" / "falsifier.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| .* \| `([^`|]+)` \|$", re.MULTILINE)
INTRODUCTION = """# Wrong servers

A mutation changes one thing that the server does: `If-Match` is ignored, a permission is not asked
for, a page begins one document too late. Each mutation must fail a test. A mutation that no test
notices is a gap in the tests.

`make falsify` tries each mutation in a process of its own, and writes this page. First the tests
run that [the contract](contract.md) names for the rules of the mutation. If all of these pass, all
contract tests run, except the long ones. If these pass too, the recordings of `corpus/` are
replayed. A mutation counts only if the changed server starts, grants a token and answers a request.
The tests in the tables pass without a mutation.

`make falsify MUTATIONS="name name"` tries some mutations. `python -m falsifier --list` lists them.
"""


def read_killers() -> dict[str, str]:
    """Return the noticing test of each mutation in the page; empty without a page."""
    return dict(ROW.findall(PAGE.read_text(encoding="utf-8"))) if PAGE.is_file() else {}


def render(mutations: Sequence[Mutation], killers: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        mutations: All mutations.
        killers: The noticing test by the name of the mutation; empty for none.
    """
    noticed = sum(bool(killers.get(one.name)) for one in mutations)
    rules = {rule for one in mutations for rule in one.rules}
    lines = [
        INTRODUCTION,
        f"Tests notice {noticed} of {len(mutations)} mutations of {len(rules)} rules.",
    ]
    for area, group in groupby(mutations, key=lambda one: one.area):
        lines += ["", f"## {area}", "", "| mutation | the wrong server | rules | noticed by |"]
        lines += ["| --- | --- | --- | --- |", *(_row(one, killers) for one in group)]
    lines += ["", "## Not noticed", ""]
    survivors = [one for one in mutations if not killers.get(one.name)]
    lines += [f"- `{one.name}`: {one.survives or 'no test notices this.'}" for one in survivors]
    return "\n".join(lines + ([] if survivors else ["None."])) + "\n"


def _row(mutation: Mutation, killers: Mapping[str, str]) -> str:
    killer = killers.get(mutation.name, "").removeprefix("contract_tests/")
    cells = (f"`{mutation.name}`", mutation.wrong, ", ".join(mutation.rules))
    return f"| {' | '.join(cells)} | {f'`{killer}`' if killer else 'nothing'} |"
