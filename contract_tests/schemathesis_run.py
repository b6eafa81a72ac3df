"""Requests that schemathesis generates from a description, and checks of the answers."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

# The check expects that every request which fits the schema is accepted. A schema cannot state
# that a list exists, that a selector is valid or that a tag is the present one.
EXCLUDED_CHECK = "positive_data_acceptance"
# A search request contains itself, so its systematic variants take minutes. The variants of a
# record are like those of a list and take seconds. A successful DELETE answers without a body,
# but Swagger states the media types of its faults as those of the whole operation. The required
# properties of a user are those of a request: a list and a data set may have users without. The
# same holds for a variation attribute: without a selector a list shows nothing but ids and links.
DATA_API_SETTINGS = """
[[operations]]
include-path-regex = "(_search|product_id[}])$"
phases.coverage.enabled = false

[[operations]]
include-path-regex = "users?($|_search$|/)|variation_attributes$"
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
MAX_SECONDS = 1800.0
"""The time of a run, which takes minutes on a busy machine."""


def run_schemathesis(
    folder: Path, settings: str, description: str, *options: str, seconds: float = MAX_SECONDS
) -> "subprocess.CompletedProcess[str]":
    """Return the finished run: the exit code is 0 without findings, the output is the report.

    Args:
        folder: A folder for the files of the run.
        settings: The content of ``schemathesis.toml``.
        description: The URL of the description.
        *options: Further options of the command ``run``.
        seconds: The time until the run is ended.
    """
    if find_spec("schemathesis") is None:
        pytest.skip("needs the package schemathesis")
    (folder / "schemathesis.toml").write_text(settings)
    return subprocess.run(  # noqa: S603 - the tool of our own environment
        make_command(description, *options),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def make_command(description: str, *options: str) -> list[str]:
    """Return the command of a run, for a folder with ``schemathesis.toml``."""
    fixed = ("--exclude-checks", EXCLUDED_CHECK, "--generation-database", "none", "--no-color")
    return [sys.executable, "-m", "schemathesis.cli", "run", description, *fixed, *options]
