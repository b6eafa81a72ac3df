"""Generated requests hold each description and its server against each other."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from contract_tests.api import Api

Start = Callable[..., Api]

# The check expects that every request which fits the schema is accepted. A schema cannot state
# that a list exists, that a selector is valid or that a tag is the present one.
EXCLUDED_CHECK = "positive_data_acceptance"
# A search request contains itself, so its systematic variants take minutes. The variants of a
# record are like those of a list and take seconds. A successful DELETE answers without a body,
# but Swagger states the media types of its faults as those of the whole operation. The required
# properties of a user are those of a request: a list and a data set may have users without.
DATA_API_SETTINGS = """
[[operations]]
include-path-regex = "(_search|product_id[}])$"
phases.coverage.enabled = false

[[operations]]
include-path-regex = "users?($|_search$|/)"
checks.response_schema_conformance.enabled = false

[[operations]]
include-method = "DELETE"
checks.content_type_conformance.enabled = false
"""
# A request whose tag is not the present one is refused, whatever else is wrong with the request.
SERVICE_SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 406, 409, 412, 415, 422]
"""
# Areas whose operations are of all kinds: nested resources, assignments, searches, actions.
SOME_PATHS = "^/(inventory_list|customer_list|custom_object|job|sites/{site_id}/(campaign|coupon))"
ONE_EXAMPLE = (
    *("--phases", "fuzzing", "--max-examples", "1"),
    *("--include-path-regex", SOME_PATHS),
)
FIVE_EXAMPLES = ("--phases", "fuzzing", "--max-examples", "5")
SYSTEMATIC = ("--phases", "coverage,stateful", "--max-examples", "3")


def run_schemathesis(folder: Path, settings: str, description: str, *options: str) -> str:
    """Return the report of a run without findings."""
    if find_spec("schemathesis") is None:
        pytest.skip("needs the package schemathesis")
    (folder / "schemathesis.toml").write_text(settings)
    fixed = ("--exclude-checks", EXCLUDED_CHECK, "--generation-database", "none", "--no-color")
    done = subprocess.run(  # noqa: S603 - the tool of our own environment
        [sys.executable, "-m", "schemathesis.cli", "run", description, *fixed, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
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
    report = run_schemathesis(tmp_path, DATA_API_SETTINGS, description, *examples, *token)
    found = re.search(r"Selected: (\d+)/(\d+)$", report, re.MULTILINE)
    assert found
    selected, described = map(int, found.groups())
    assert selected * parts >= described > 300


@pytest.mark.long
@pytest.mark.rule("DOC-1", "ERR-1")
def test_schemathesis_finds_nothing_in_the_inventory_service(start: Start, tmp_path: Path) -> None:
    description = f"{start().url}/openapi.json"
    report = run_schemathesis(tmp_path, SERVICE_SETTINGS, description, *SYSTEMATIC)
    assert "Selected: 10/10" in report
