"""The common options of both benchmarks."""

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
    """Add the common options to a parser; ``json`` is the default file for the figures."""
    default = "(default: %(default)s)"
    parser.add_argument("--quick", action="store_true", help="fewer measurements: about a minute")
    parser.add_argument("--seconds", type=float, help=f"seconds of one measurement {default}")
    parser.add_argument("--rounds", type=int, help=f"rounds of all measurements {default}")
    parser.add_argument("--connections", type=int, help=f"simultaneous connections {default}")
    parser.add_argument(
        "--generator",
        choices=("wrk", "own"),
        default="wrk" if find_wrk() else "own",
        help=f"load generator {default}",
    )
    text = f"file for the figures of all rounds {default}"
    parser.add_argument("--json", type=Path, metavar="FILE", default=json, help=text)


def read_options(
    parser: ArgumentParser, full: Mapping[str, Any], quick: Mapping[str, Any]
) -> Namespace:
    """Return the options, with full or quick defaults; end if an option is out of range."""
    parser.set_defaults(**full)
    if parser.parse_known_args()[0].quick:
        parser.set_defaults(**quick)
    options = parser.parse_args()
    if not (math.isfinite(options.seconds) and options.seconds > 0):
        parser.error("--seconds must be more than 0")
    if options.rounds < 1 or options.connections < 1:
        parser.error("--rounds and --connections must be at least 1")
    if options.generator == "wrk" and not find_wrk():
        parser.error("wrk is not installed; use --generator own")
    if options.generator == "wrk" and options.seconds % 1:
        parser.error("wrk takes whole --seconds only; use --generator own for fractions")
    if options.json.is_dir():
        parser.error(f"--json {options.json} is a folder")
    # The load of the minute before: other programs on the machine disturb the figures.
    options.load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return options


def make_plan(options: Namespace) -> Plan:
    """Return the plan of all loads."""
    generate = choose_generator(options.generator)
    return Plan(generate, choose_cores(), options.seconds, options.rounds)
