"""The overview: the server, the documents of the workspace, and the first steps."""

from importlib import metadata

from flask import Response

from emulator.clock import render_instant
from emulator.console import address, curl
from emulator.console.page import render, workspace
from emulator.console.setup import Setup
from emulator.ocapi.wire import versions
from emulator.recording.match import Match

MAX_FIGURES = 12
MAX_FAULTS = 5
COLLECTIONS = (
    *("products", "catalogs", "categories", "inventory_lists", "product_inventory_records"),
    *("orders", "customers", "promotions", "campaigns", "coupons", "content", "stores", "sites"),
    *("customer_lists", "code_versions", "jobs", "users"),
)
"""The collections to show, the most used ones first."""


def show(setup: Setup) -> Response:
    """Return the page."""
    place = workspace()
    counts = {name: place.store.count(name) for name in COLLECTIONS}
    shown = [(name, count) for name, count in counts.items() if count][:MAX_FIGURES]
    exchanges = place.journal.find(Match({}))
    faults = [exchange for exchange in exchanges if exchange.fault]
    listed = "inventory_lists" if counts["inventory_lists"] else "sites"
    return render(
        "overview.html",
        config=setup.config,
        version=metadata.version("ocapi-emulator"),
        api_version=versions.CURRENT,
        counts=shown,
        requests=exchanges[-1].number if exchanges else 0,
        kept=len(exchanges),
        faults=len(faults),
        last_faults=faults[: -MAX_FAULTS - 1 : -1],
        unserved=len(set(place.journal.find_unserved())),
        crashes=len(list(place.crashes)),
        now=render_instant(place.clock.now()),
        commands=[
            curl.show_token(place),
            curl.show_get(place, address.begin(setup.config) + listed),
        ],
    )
