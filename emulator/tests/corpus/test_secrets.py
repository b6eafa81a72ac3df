"""The recordings of the project have no secrets, and no personal data."""

import json
import re
from pathlib import Path

import pytest

from emulator.corpus.inspection import Inspector, describe

CORPUS = Path(__file__).parents[3] / "corpus"
PUBLIC = frozenset(
    {"a" * 30, "admin", "Secret:123", "Secret%3A123", "Secret", "123", "wrong"}
    | {"client-1", "secret-1", "limited", "limited-secret"}
)
"""Ids, logins and passwords of the data sets, and wrong ones."""
GENERATED = re.compile(
    rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # an id by the emulator
    rb"|/blob/[0-9a-f]{40}/"  # a commit in the link to a source
)
FILES = sorted(CORPUS.rglob("*.json*"))


def read_lines(file: Path) -> bytes:
    """Return the lines of a recording, or a file of a data set in a line."""
    content = file.read_bytes()
    return json.dumps(json.loads(content)).encode() if file.suffix == ".json" else content


def list_findings(content: bytes) -> list[str]:
    """Return a line for each place with a secret in lines of JSON."""
    inspector = Inspector({}, PUBLIC, ())
    return describe(inspector.inspect(GENERATED.sub(b"id-1", content)))


def test_no_file_of_the_corpus_has_a_secret() -> None:
    found = {file.relative_to(CORPUS): list_findings(read_lines(file)) for file in FILES}
    assert {file: findings for file, findings in found.items() if findings} == {}


@pytest.mark.parametrize(
    ("member", "finding"),
    [
        ('"email": "ada.byron@shop.example.org.uk"', "email"),
        ('"access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"', "token"),
        ('"password": "Correct-Horse-9"', "secret"),
        ('"link": "https://zzxx-001.dx.commercecloud.salesforce.com/s/-/dw"', "host"),
    ],
)
def test_a_secret_in_a_recording_is_found(member: str, finding: str) -> None:
    found = list_findings(f'{{"answer": {{"json": {{{member}}}}}}}'.encode())
    assert any(line.endswith(finding) for line in found)
