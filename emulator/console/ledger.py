"""The contract ledger for people: the rules with evidence, and the rules that name a fault."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from emulator.ocapi.schema.faults import TABLE

PACKAGE_FOLDER = Path(__file__).parent.parent
FOLDERS = (PACKAGE_FOLDER / "ledger", PACKAGE_FOLDER.parent / "docs" / "contract")
"""The folder of an installation, and the folder of a checkout."""
FAULT_SUFFIX = "Exception"
MARKDOWN_LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
"""A link of Markdown to another page of the documentation."""
MAX_RULES_OF_FAULT = 3


class Rule(NamedTuple):
    """A rule of the contract.

    Attributes:
        id: The family and a number, such as ``URL-1``.
        section: The heading of the section.
        statement: The rule.
        details: Further decisions.
        evidence: Tags of the evidence, strongest first.
        dialects: Whether the two dialects differ.
        tests: The names of the tests of the rule.
    """

    id: str
    section: str
    statement: str
    details: Sequence[str] = ()
    evidence: Sequence[str] = ()
    dialects: bool = False
    tests: Sequence[str] = ()

    @property
    def family(self) -> str:
        """The family in lower case, such as ``url``."""
        return self.id.partition("-")[0].lower()

    @property
    def text(self) -> str:
        """All words of the rule in lower case, for a search."""
        words = (self.id, self.section, self.statement, *self.details, *self.evidence)
        return "\n".join(words).lower()


@cache
def list_rules() -> Sequence[Rule]:
    """Return all rules in the order of the ledger."""
    import tomllib  # noqa: PLC0415 - only the page of the rules reads TOML

    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    files = folder.glob("*.toml") if folder else ()
    sections = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    sections.sort(key=lambda section: section["number"])
    return [_read(section["title"], row) for section in sections for row in section["rule"]]


def _read(section: str, row: dict[str, object]) -> Rule:
    rule = Rule(section=section, **{name: row[name] for name in Rule._fields if name in row})  # type: ignore[arg-type]
    return rule._replace(
        statement=_name_pages(rule.statement), details=[_name_pages(one) for one in rule.details]
    )


def _name_pages(text: str) -> str:
    """Return a text with the names of pages in place of links: the console has no such pages."""
    return MARKDOWN_LINK.sub(r"`docs/\1`", text)


def search(words: str) -> list[Rule]:
    """Return the rules with all words, in the order of the ledger.

    The name of a rule or of a family, such as ``RST-1`` or ``rst``, finds just these rules.
    """
    wanted = words.lower().split()
    return [rule for rule in list_rules() if all(_has_word(rule, word) for word in wanted)]


def _has_word(rule: Rule, word: str) -> bool:
    if word in _list_names():
        return rule.id.lower() == word or rule.family == word
    return word in rule.text


@cache
def _list_names() -> frozenset[str]:
    """Return the names of all rules and families in lower case."""
    rules = list_rules()
    return frozenset({rule.id.lower() for rule in rules} | {rule.family for rule in rules})


@cache
def find_rules(fault: str) -> Sequence[Rule]:
    """Return up to three rules that name a fault.

    For a fault of the protocol the rules are in the order of the ledger. For a fault of a resource
    the rules with the fault in their statement stand first.

    Args:
        fault: The type of the fault, with or without ``Exception``.
    """
    name = re.compile(rf"\b{re.escape(fault.removesuffix(FAULT_SUFFIX))}(?:Exception)?\b")
    found = [
        rule for rule in list_rules() if name.search("\n".join((rule.statement, *rule.details)))
    ]
    if fault.removesuffix(FAULT_SUFFIX) not in TABLE:
        found.sort(key=lambda rule: name.search(rule.statement) is None)
    return found[:MAX_RULES_OF_FAULT]
