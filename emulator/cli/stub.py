"""``ocapi-emulator stub``."""

from typing import Any

import click

from emulator.cli.condition import condition_options, pair_option, take_conditions
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

BODY_CONDITIONS = {
    "client": ("ID", "API client of the request."),
    "body": ("TEXT", "Text in the body of the request."),
}
BASKET = "/s/{site}/dw/shop/{version}/baskets/{id}"


@click.group(
    epilog=examples(
        f"stub add GET '{BASKET}' --answer-body '{{\"basket_id\": \"{{{{path.id}}}}\"}}'",
        "stub list",
        "stub remove 1",
        "stub remove --all",
    )
)
def stub() -> None:
    """Declare answers of a running server for paths outside its APIs."""


@stub.command(
    "add",
    epilog=examples(
        f"stub add GET '{BASKET}' --answer-body '{{\"basket_id\": \"{{{{path.id}}}}\"}}'",
        "stub add POST /s/-/custom/stock --status 204 --access token",
        "stub add GET /s/-/custom/stock --answer-body @stock.json --query site:RefArch --times 2",
    ),
)
@control_options
@click.argument("method")
@click.argument("path")
@click.option(
    "--status", type=click.IntRange(200, 599), metavar="STATUS", help="Status; 200 if not given."
)
@pair_option("--answer-header", "NAME:VALUE", "Header of the answer; may be repeated.", "headers")
@click.option("--answer-body", metavar="TEXT|@FILE", help="Body of the answer: a text or JSON.")
@delay_option
@times_option
@click.option(
    "--access",
    type=click.Choice(["none", "token", "settings"]),
    help="What a request needs: nothing (by default), a valid token, or a permission, too.",
)
@condition_options(BODY_CONDITIONS)
@json_option
def add_stub(*, as_json: bool, **given: Any) -> None:
    """Add a stub: an answer for METHOD and PATH. {name} in the path is a variable for a segment."""
    declared = {"method": given["method"], "path": given["path"]}
    match = take_conditions(given, BODY_CONDITIONS)
    answer: dict[str, Any] = {name: given[name] for name in ("status", "headers") if given[name]}
    if given["answer_body"] is not None:
        answer["body"] = read_body(given["answer_body"], given["headers"])
    if given["delay"] is not None:
        answer["delay"] = read_delay(given["delay"])
    limits = {name: given[name] for name in ("times", "access") if given[name]}
    with connected(given) as control:
        added = control.send(
            "POST", "/stubs", {**declared, "match": match, "answer": answer, **limits}
        )
        print_rules(added, as_json=as_json)


@stub.command("list", epilog=examples("stub list", "stub list --json"))
@control_options
@json_option
def list_stubs(*, as_json: bool, **server: str) -> None:
    """Print the stubs, each with the number of its requests."""
    with connected(server) as control:
        print_rules(control.ask("/stubs"), as_json=as_json)


@stub.command("remove", epilog=examples("stub remove 1", "stub remove 1 2", "stub remove --all"))
@control_options
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--all", "removes_all", is_flag=True, help="Remove all stubs.")
def remove_stubs(identifiers: tuple[str, ...], *, removes_all: bool, **server: str) -> None:
    """Remove stubs by their ids, or all stubs."""
    if removes_all == bool(identifiers):
        raise click.UsageError("give ids of stubs, or --all")
    with connected(server) as control:
        for identifier in identifiers or (None,):
            remove_rules(control, "stubs", identifier)
