"""docs/security.md: its tests exist, its bounds are those of the code, its claims hold."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text()
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
BOUND = re.compile(r"^\| ([^|]+) \| ([\d,]+) \| `([\w.]+)\.(\w+)` \|$", re.MULTILINE)
ATTACK = re.compile(r"^\| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
RUNNING_READERS = {"dill", "eval", "exec", "jsonpickle", "marshal", "pickle", "shelve", "yaml"}
"""Modules and functions that can run what they read."""


def attacks() -> list[str]:
    """Return the last cells of the tables of attacks."""
    section = PAGE[PAGE.index("## Attacks and answers") : PAGE.index("## Bounds")]
    return [cell for cell in ATTACK.findall(section) if cell not in ("tests", "---")]


def list_functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_attack_names_tests() -> None:
    assert len(attacks()) > 25
    assert [cell for cell in attacks() if not TEST.search(cell)] == []


def test_named_tests_exist() -> None:
    named = set(TEST.findall(PAGE))
    assert len(named) > 50
    missing = [
        f"{file}::{name}"
        for file, name in sorted(named)
        if not (ROOT / file).exists() or name not in list_functions(ROOT / file)
    ]
    assert missing == []


def test_bounds_are_those_of_the_code() -> None:
    bounds = BOUND.findall(PAGE)
    assert len(bounds) == PAGE.count("` |\n", PAGE.index("| what | bound |")) > 15
    shown = {f"{module}.{name}": int(text.replace(",", "")) for _, text, module, name in bounds}
    real = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for _, _, module, name in bounds
    }
    assert shown == real


def find_running_readers(tree: ast.AST) -> set[str]:
    """Return the readers of a module that can run code."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names |= {node.func.id} & {"eval", "exec"}
    return names & RUNNING_READERS


def test_no_module_reads_objects_that_run_code() -> None:
    assert find_running_readers(ast.parse("import pickle.x\neval('1')")) == {"pickle", "eval"}
    files = [file for file in (ROOT / "emulator").rglob("*.py") if "tests" not in file.parts]
    found = {str(file): find_running_readers(ast.parse(file.read_text())) for file in files}
    assert len(found) > 300
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize("name", ["SECURITY.md", "docs/security.md"])
def test_no_address_is_invented(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.findall(r"https?://|mailto:|[\w.]+@[\w.]+", text) == []


def test_policy_leads_to_the_page() -> None:
    policy = (ROOT / "SECURITY.md").read_text()
    assert "(docs/security.md)" in policy
    assert "`SECURITY.md`" in PAGE[PAGE.index("## Report a vulnerability") :]
