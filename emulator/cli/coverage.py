"""``ocapi-emulator coverage``."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
import orjson

from emulator.cli.failure import fail
from emulator.cli.option import examples, json_option
from emulator.cli.table import print_table
from emulator.evidence.axis import AXES, rank
from emulator.evidence.operation import Operation, load, search

if TYPE_CHECKING:
    from emulator.console.ledger import Rule

CHOSEN = ["CHOSEN"]
MAX_OPERATIONS_OF_RULE = 3
VERIFY = "ocapi-emulator verify --target https://INSTANCE --client-id ID --client-secret SECRET"


@click.command(
    epilog=examples(
        "coverage",
        "coverage inventory_lists",
        "coverage --gaps 'PATCH /sites/*'",
        "coverage --json",
    )
)
@click.option("--gaps", is_flag=True, help="Print what to prove next.")
@json_option
@click.argument("words", metavar="[WORD]...", nargs=-1)
def coverage(words: Sequence[str], *, gaps: bool, as_json: bool) -> None:
    """Print the evidence for the operations of both APIs.

    Words select operations by method, path, name, fault, client or rule; "*" stands for any
    characters.

    --gaps prints the operations without some kind of evidence. The operations of most public
    clients come first, then those with the fewest kinds of evidence. Below are the rules without a
    source: the project has chosen them, and an instance would decide them.
    """
    found = search(" ".join(words))
    if not found:
        fail(f"no operation has the words '{' '.join(words)}'")
    if not gaps and not as_json:
        _print_operations(found)
        return
    rows = list(_list_gaps(found) if gaps else _list_operations(found))
    if not as_json:
        _print_gaps(rows)
        return
    for row in rows:
        click.echo(orjson.dumps(row).decode())


def _print_operations(operations: Sequence[Operation]) -> None:
    print_table(
        ("operation", *(axis.name for axis in AXES)),
        [(one.label, *(axis.entry(one) for axis in AXES)) for one in operations],
    )
    counts = ((axis.name, *axis.count(operations)) for axis in AXES)
    click.echo("\n" + "\n".join(f"{name}: {having} of {total}" for name, having, total in counts))


def _list_operations(operations: Iterable[Operation]) -> Iterator[dict[str, Any]]:
    for one in operations:
        yield {"operation": one.label, **one._asdict()}


def _list_gaps(operations: Sequence[Operation]) -> Iterator[dict[str, Any]]:
    """Yield the operations without some kind of evidence, and the rules without a source."""
    for one in rank(operations):
        if lacking := [axis.name for axis in AXES if axis.lacks(one)]:
            unprovoked = {"unprovoked": one.unprovoked} if one.unprovoked else {}
            yield {"operation": one.label, "programs": one.programs, "lacks": lacking} | unprovoked
    for rule in _list_chosen():
        of_rule = [one.label for one in operations if rule.id in one.rules]
        if of_rule or len(operations) == len(load().operations):
            shown = of_rule[:MAX_OPERATIONS_OF_RULE]
            command = f"{VERIFY} --rule {rule.id}"
            yield {
                "rule": rule.id,
                "statement": rule.statement,
                "operations": shown,
                "verify": command,
            }


def _list_chosen() -> Iterator["Rule"]:
    """Yield the rules that no source supports, and that an instance can decide."""
    # Help texts appear faster without the ledger.
    from emulator.console.ledger import list_rules  # noqa: PLC0415

    for rule in list_rules():
        if list(rule.evidence) == CHOSEN and rule.id in load().verifiable:
            yield rule


def _print_gaps(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        if "rule" in row:
            click.echo(f"\n{row['rule']}: {row['statement']}")
            if row["operations"]:
                click.echo(f"  operations: {', '.join(row['operations'])}")
            click.echo(f"  {row['verify']}")
            continue
        programs = f" ({row['programs']} public clients)" if row["programs"] else ""
        click.echo(f"{row['operation']}{programs}: no {', '.join(row['lacks'])}")
        if unprovoked := row.get("unprovoked"):
            click.echo(f"  described, and never provoked: {', '.join(unprovoked)}")
