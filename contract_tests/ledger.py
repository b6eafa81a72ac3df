"""The contract ledger: reads the rules in ``docs/contract/*.toml`` and writes ``docs/contract.md``.

Run ``make ledger`` after each change of a rule; ``test_ledger.py`` compares the page. The command
also writes the figures of the README.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from contract_tests.digest import DIGEST, HTTP_METHODS

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "contract.md"
DATA = DOCS / "contract"
TEMPLATE = DATA / "page.md"
RULES_MARKER = "<!-- rules -->\n"
README = DOCS.parent / "README.md"
FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->\n)", re.DOTALL)
VERSION = re.compile(r"\b\d\d\.\d+\b")


@dataclass(frozen=True)
class Rule:
    """A rule of the contract.

    Args:
        id: The family and a number, such as ``URL-1``.
        evidence: Tags of the evidence, strongest first.
        statement: The rule in one or two sentences.
        tests: Names such as ``test_url.py::test_name``, or paths of test modules of the package.
        dialects: Whether the two dialects differ.
        details: Further decisions, a sentence or two each.
        link: The address of the evidence.
    """

    id: str
    evidence: list[str]
    statement: str
    tests: list[str]
    dialects: bool = False
    details: list[str] = field(default_factory=list)
    link: str = ""


@dataclass(frozen=True)
class Section:
    """A section of the ledger: one TOML file.

    Args:
        title: The heading.
        number: The position among the sections, from 1.
        rules: The rules, in their order.
        introduction: A paragraph before the rules.
        notes: Members ``title``, ``introduction`` and ``points`` of a list after the rules.
    """

    title: str
    number: int
    rules: list[Rule]
    introduction: str = ""
    notes: dict[str, Any] = field(default_factory=dict)


@cache
def sections() -> list[Section]:
    """Return all sections in their order."""
    return sorted((_read(file) for file in DATA.glob("*.toml")), key=lambda s: s.number)


def _read(file: Path) -> Section:
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Section(rules=[Rule(**row) for row in content.pop("rule")], **content)


def rules() -> list[Rule]:
    """Return all rules in the order of the ledger."""
    return [rule for section in sections() for rule in section.rules]


def render() -> str:
    """Return the page."""
    text = "\n".join(line for section in sections() for line in _section(section))
    return TEMPLATE.read_text(encoding="utf-8").replace(RULES_MARKER, text)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.number}. {section.title}\n"
    if section.introduction:
        yield f"{section.introduction}\n"
    for rule in section.rules:
        yield from _rule(rule)
    if section.notes:
        yield f"### {section.notes['title']}\n"
        yield f"{section.notes['introduction']}\n"
        yield from (f"- {point}" for point in section.notes["points"])
        yield ""


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}{' [D]' if rule.dialects else ''}\n"
    yield f"{rule.statement}\n"
    yield from (f"- {detail}" for detail in rule.details)
    if rule.details:
        yield ""
    evidence = ", ".join(rule.evidence)
    yield f"Evidence: {f'[{evidence}]({rule.link})' if rule.link else evidence}"
    yield ""
    yield f"Tests: {', '.join(f'`{test}`' for test in rule.tests)}\n"


def render_readme() -> str:
    """Return the README with the figures of today."""
    paths = json.loads(DIGEST.read_bytes())["paths"].values()
    operations = sum(method in item for item in paths for method in HTTP_METHODS)
    page = (DOCS / "versions.md").read_text(encoding="utf-8")
    versions = [v for line in re.findall(r"(?m)^- \d.*", page) for v in VERSION.findall(line)]
    figures = (
        f"The emulator serves all **{operations} operations** of the Data API 23.2, and "
        f"**{len(versions)} versions** of it, from {versions[0]} to {versions[-1]}.\n"
        f"**{len(rules())} rules** state the answers. Each rule has evidence and tests: "
        "[the contract](docs/contract.md).\n"
    )
    return FIGURES.sub(figures, README.read_text(encoding="utf-8"))


if __name__ == "__main__":
    README.write_text(render_readme(), encoding="utf-8")
    PAGE.write_text(render(), encoding="utf-8")
