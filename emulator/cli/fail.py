"""``ocapi-emulator fail``."""

from typing import Any

import click

from emulator.cli.condition import (
    REQUEST_CONDITIONS,
    condition_options,
    pair_option,
    take_conditions,
)
from emulator.cli.connection import connected
from emulator.cli.option import control_options, examples, json_option
from emulator.cli.rule import (
    delay_option,
    print_rules,
    read_body,
    read_delay,
    remove_rules,
    times_option,
)

NO_ACTION = "give a fault, --status, --delay, --drop, --list, --remove or --clear"


@click.command(
    "fail",
    epilog=examples(
        "fail SiteOffline --times 1",
        "fail ProductNotFound --argument productId=p1 --path '/**/products/p1'",
        "fail --status 503 --answer-header retry-after:2 --method PATCH --nth 2",
        "fail --delay 0.1-0.5 --operation 'get*'",
        "fail --drop after --times 1",
        "fail --list",
        "fail --remove 1",
        "fail --clear",
    ),
)
@control_options
@click.argument("fault", required=False)
@pair_option(
    "--argument", "NAME=VALUE", "Argument of the fault; may be repeated.", "arguments", "="
)
@click.option("--status", type=click.IntRange(200, 599), metavar="STATUS", help="Answer a status.")
@pair_option("--answer-header", "NAME:VALUE", "Header of this answer; may be repeated.", "headers")
@click.option("--answer-body", metavar="TEXT|@FILE", help="Body of this answer: a text or JSON.")
@delay_option
@click.option("--drop", type=click.Choice(["before", "after"]), help="Close the connection.")
@condition_options(REQUEST_CONDITIONS)
@click.option("--nth", type=click.IntRange(1), metavar="NUMBER", help="This request only.")
@times_option
@click.option("--list", "shows", is_flag=True, help="Print the failpoints.")
@click.option("--remove", metavar="ID", help="Remove a failpoint.")
@click.option("--clear", is_flag=True, help="Remove all failpoints.")
@json_option
def add_failpoint(
    *, shows: bool, remove: str | None, clear: bool, as_json: bool, **given: Any
) -> None:
    """Make requests to a running server fail: by a fault, a status, a delay or a closed connection.

    The failpoint stays until a reset, or until it has met --times requests. Without a condition it
    applies to all requests but token requests. An argument that is not given has a sample value.
    """
    match = take_conditions(given, REQUEST_CONDITIONS) | _take(given, "nth")
    limits = _take(given, "times")
    action = _take(given, "fault", "arguments", "status", "headers", "drop")
    if given["answer_body"] is not None:
        action["body"] = read_body(given["answer_body"], action.get("headers", {}))
    if given["delay"] is not None:
        action["delay"] = read_delay(given["delay"])
    if sum((bool(action), shows, remove is not None, clear)) != 1:
        raise click.UsageError(NO_ACTION)
    with connected(given) as control:
        if action:
            declared = {"match": match, "action": action, **limits}
            print_rules(control.send("POST", "/failpoints", declared), as_json=as_json)
        elif shows:
            print_rules(control.ask("/failpoints"), as_json=as_json)
        else:
            remove_rules(control, "failpoints", remove)


def _take(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the given options of these names."""
    return {name: value for name in names if (value := given.pop(name))}
