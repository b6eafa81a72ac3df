"""The description of the Data API and the server held against each other (META-2, FLT-4)."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from contract_tests.api import Api

# What is not asked: that every request which fits the schema is accepted. That a list exists,
# that a selector is one, that a field can be searched is no matter of the schema.
LEFT_OUT = "positive_data_acceptance"
# A search request holds itself, so that its systematic variants take minutes; those of a record
# are like those of a list and take seconds. A DELETE that is done answers without a body, but
# Swagger states its media types as those of its faults.
SETTINGS = """
[[operations]]
include-path-regex = "(_search|product_id[}])$"
phases.coverage.enabled = false

[[operations]]
include-method = "DELETE"
checks.content_type_conformance.enabled = false
"""


@pytest.mark.rule("META-2", "FLT-4")
def test_schemathesis_finds_nothing(start: Callable[..., Api], tmp_path: Path) -> None:
    if find_spec("schemathesis") is None:
        pytest.skip("needs the package schemathesis")
    api = start()
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = ["run", f"{api.url}/dw/meta/v1/rest/data/v23_2", "--exclude-checks", LEFT_OUT]
    options = ["--max-examples", "3", "--generation-database", "none", "--no-color"]
    token = ["--header", f"Authorization: Bearer {api.token}"]
    done = subprocess.run(  # noqa: S603 - the tool of our own environment
        [sys.executable, "-m", "schemathesis.cli", *command, *options, *token],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Selected: 14/14" in done.stdout
