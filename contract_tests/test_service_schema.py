"""The description and the server held against each other by generated requests (DOC-1)."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from contract_tests.api import Api

# What is not asked: that every request which fits the schema is accepted. That an item exists,
# that a sku is free, that a tag holds is no matter of the schema.
LEFT_OUT = "positive_data_acceptance"
# A request whose tag does not hold is refused for that, whatever else is wrong with it.
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 406, 409, 412, 415, 422]
"""


@pytest.mark.rule("DOC-1", "ERR-1")
def test_schemathesis_finds_nothing(start: Callable[..., Api], tmp_path: Path) -> None:
    if find_spec("schemathesis") is None:
        pytest.skip("needs the package schemathesis")
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    command = ["run", f"{start().url}/openapi.json", "--exclude-checks", LEFT_OUT]
    options = [
        "--phases",
        "coverage,stateful",
        "--max-examples",
        "3",
        "--generation-database",
        "none",
        "--no-color",
    ]
    done = subprocess.run(  # noqa: S603 - the tool of our own environment
        [sys.executable, "-m", "schemathesis.cli", *command, *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Selected: 10/10" in done.stdout
