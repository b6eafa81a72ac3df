"""The options that both benchmarks have."""

import math
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.case import Plan
from benchmarks.load import choose_generator, find_wrk
from benchmarks.process import choose_cores


def add_options(parser: ArgumentParser, json: Path) -> None:
    """Add them to a parser; ``json`` is where figures are written unless told otherwise."""
    default = "(default: %(default)s)"
    parser.add_argument("--quick", action="store_true", help="less of everything: about a minute")
    parser.add_argument("--seconds", type=float, help=f"of one run {default}")
    parser.add_argument("--rounds", type=int, help=f"of all runs {default}")
    parser.add_argument("--connections", type=int, help=f"kept open at once {default}")
    parser.add_argument(
        "--generator",
        choices=("wrk", "own"),
        default="wrk" if find_wrk() else "own",
        help=f"what sends the requests {default}",
    )
    told = "where the figures of all rounds are written"
    parser.add_argument("--json", type=Path, metavar="FILE", default=json, help=f"{told} {default}")


def read_options(
    parser: ArgumentParser, full: Mapping[str, Any], quick: Mapping[str, Any]
) -> Namespace:
    """Return the options given, with one or the other defaults; refuse those out of range."""
    parser.set_defaults(**full)
    if parser.parse_known_args()[0].quick:
        parser.set_defaults(**quick)
    options = parser.parse_args()
    if not (math.isfinite(options.seconds) and options.seconds > 0):
        parser.error("--seconds is more than 0")
    if options.rounds < 1 or options.connections < 1:
        parser.error("--rounds and --connections are at least 1")
    if options.generator == "wrk" and not find_wrk():
        parser.error("wrk is not installed; --generator own needs nothing")
    if options.generator == "wrk" and options.seconds % 1:
        parser.error("wrk takes whole --seconds; --generator own takes any")
    if options.json.is_dir():
        parser.error(f"--json {options.json} is a folder")
    # Of the minute before: what others do on the machine tells how far figures can be trusted.
    options.busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return options


def make_plan(options: Namespace) -> Plan:
    """Return how the options want loads to be sent."""
    generate = choose_generator(options.generator)
    return Plan(generate, choose_cores(), options.seconds, options.rounds)
