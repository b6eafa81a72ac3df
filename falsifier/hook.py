"""Changes of the source text of modules, at import.

An ``Edit`` replaces a text of a module. ``install`` applies edits in this process. ``environment``
applies edits in a new process and its children: there ``early/sitecustomize.py`` runs before the
first import of a package. The files stay as they are, and no byte code is written or read.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.abc import FileLoader
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

EDITS_VARIABLE = "FALSIFIER_EDITS"
ROOT = Path(__file__).parent.parent
EARLY_FOLDER = ROOT / "falsifier" / "early"


class EditError(ImportError):
    """The text of an edit does not occur exactly once, or the edit comes too late."""


@dataclass(frozen=True)
class Edit:
    """A change of the source of a module.

    Args:
        module: The full name, such as ``emulator.ocapi.check``.
        before: A text of the source; it must occur exactly once.
        after: The text to put there.
    """

    module: str
    before: str
    after: str

    def apply(self, source: str) -> str:
        """Return the changed source.

        Raises:
            EditError: The text does not occur exactly once.
        """
        if (count := source.count(self.before)) != 1:
            raise EditError(f"{self.module}: {count} occurrences of {self.before!r}, not 1")
        return source.replace(self.before, self.after)

    def check(self) -> None:
        """Apply the edit to the source of today, and compile the result.

        Raises:
            EditError: The module does not exist, or the text does not occur exactly once.
            SyntaxError: The changed source is not valid Python.
        """
        compile(self.apply(self.file().read_text(encoding="utf-8")), self.module, "exec")

    def file(self) -> Path:
        """Return the file of the module.

        Raises:
            EditError: The module does not exist.
        """
        path = ROOT.joinpath(*self.module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
        raise EditError(f"{self.module}: no such module")


def install(edits: Sequence[Edit]) -> None:
    """Apply edits to modules at a later import.

    Raises:
        EditError: A module was imported before.
    """
    if late := sorted({edit.module for edit in edits} & set(sys.modules)):
        raise EditError(f"imported before the edit: {', '.join(late)}")
    folders = {str(edit.file().parent) for edit in edits}

    def find(path: str) -> _Finder:
        if path not in folders:
            raise ImportError(f"no edit in {path}")
        return _Finder(path, list(edits))

    sys.path_hooks.insert(0, find)
    for folder in folders:
        sys.path_importer_cache.pop(folder, None)


def environment(edits: Sequence[Edit]) -> dict[str, str]:
    """Return the environment variables of a process with edits."""
    path = [str(EARLY_FOLDER), os.environ.get("PYTHONPATH", "")]
    return {
        EDITS_VARIABLE: json.dumps([asdict(edit) for edit in edits]),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }


def install_from_environment() -> None:
    """Apply the edits of the environment, if any.

    Raises:
        EditError: A module was imported before.
    """
    if text := os.environ.get(EDITS_VARIABLE):
        install([Edit(**fields) for fields in json.loads(text)])


class _Finder(FileFinder):
    """Finds the modules of a folder; a module with edits gets a special loader.

    The finder belongs to ``sys.path_hooks``, not to ``sys.meta_path``: pytest puts a finder before
    all others of ``sys.meta_path``. The finder of pytest asks the path hooks.
    """

    def __init__(self, path: str, edits: list[Edit]) -> None:
        super().__init__(path, (SourceFileLoader, SOURCE_SUFFIXES))
        self._edits = edits

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = super().find_spec(fullname, target)
        if spec and (edits := [edit for edit in self._edits if edit.module == fullname]):
            spec.loader = _Loader(fullname, str(spec.origin), edits)
        return spec


class _Loader(FileLoader):
    """Compiles the changed source of a module.

    pytest compiles a module of a ``SourceFileLoader`` from the file. So the loader is none.
    """

    def __init__(self, fullname: str, path: str, edits: list[Edit]) -> None:
        super().__init__(fullname, path)
        self._edits = edits

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the signature of the interface
        source = Path(self.path).read_text(encoding="utf-8")
        for edit in self._edits:
            source = edit.apply(source)
        return source
