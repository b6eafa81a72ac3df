"""Generated requests hold each description and its server against each other."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contract_tests.api import Api
from contract_tests.schemathesis_run import (
    DATA_API_SETTINGS,
    SERVICE_SETTINGS,
    run_schemathesis,
)

Start = Callable[..., Api]

# Areas whose operations are of all kinds: nested resources, assignments, searches, actions.
SOME_PATHS = "^/(inventory_list|customer_list|custom_object|job|sites/{site_id}/(campaign|coupon))"
ONE_EXAMPLE = (
    *("--phases", "fuzzing", "--max-examples", "1"),
    *("--include-path-regex", SOME_PATHS),
)
FIVE_EXAMPLES = ("--phases", "fuzzing,stateful", "--max-examples", "5")
SYSTEMATIC = ("--phases", "coverage,stateful", "--max-examples", "3")


def run(folder: Path, settings: str, description: str, *options: str) -> str:
    """Return the report of a run without findings."""
    done = run_schemathesis(folder, settings, description, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.rule("META-2", "FLT-4")
@pytest.mark.parametrize(
    ("examples", "parts"),
    [
        pytest.param(ONE_EXAMPLE, 5, id="one example"),
        pytest.param(FIVE_EXAMPLES, 1, id="five examples", marks=pytest.mark.long),
    ],
)
def test_schemathesis_finds_nothing(
    start: Start, tmp_path: Path, examples: tuple[str, ...], parts: int
) -> None:
    api = start()
    description = f"{api.url}/dw/meta/v1/rest/data/v23_2"
    token = ("--header", f"Authorization: Bearer {api.token}")
    report = run(tmp_path, DATA_API_SETTINGS, description, *examples, *token)
    found = re.search(r"Selected: (\d+)/(\d+)$", report, re.MULTILINE)
    assert found
    selected, described = map(int, found.groups())
    assert selected * parts >= described > 300


@pytest.mark.long
@pytest.mark.rule("DOC-1", "ERR-1")
def test_schemathesis_finds_nothing_in_the_inventory_service(start: Start, tmp_path: Path) -> None:
    description = f"{start().url}/openapi.json"
    report = run(tmp_path, SERVICE_SETTINGS, description, *SYSTEMATIC)
    assert "Selected: 10/10" in report
