"""A workspace of several clients, and the check of its final state."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.soak.collection import API_PATH, ENVELOPE
from benchmarks.soak.connection import Request
from benchmarks.soak.contention import Contention
from benchmarks.soak.matcher import ANYTHING, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step

if TYPE_CHECKING:
    from benchmarks.soak.client import Client

FILE_KEYS = {
    "inventory_lists.json": ("id",),
    "product_inventory_records.json": ("inventory_list_id", "product_id"),
    "items.json": ("itemId",),
    "inventories.json": ("inventoryId",),
}
PAGE_SIZE = 50

Files = Mapping[str, Any]


class SharedWorkspace:
    """A workspace of several clients.

    Args:
        session: A session for the checks before and after the load.
        contention: The common documents of all clients.
        before: The data before the load, by file.
    """

    def __init__(self, session: Session, contention: Contention, before: Files) -> None:
        self.session = session
        self.contention = contention
        self.before = before
        self.clients: list[Client] = []

    @classmethod
    async def open(cls, session: Session) -> "SharedWorkspace":
        """Reset a workspace, and create the common documents."""
        await session.control("POST", "/reset", content=ANYTHING)
        await session.authorize()
        before = await session.control("GET", "/state", content={"format": 1, "files": ANYTHING})
        return cls(session, await Contention.open(session), before["files"])

    async def check(self, journal: int = 1000) -> int:
        """Compare the data with the model; return the number of accepted contended writes.

        Args:
            journal: The bound of the journal, in exchanges.

        Raises:
            Mismatch: The data differ, or the server had an unexpected error.
        """
        await self.session.authorize()
        accepted = await self.contention.check(self.session)
        expected = await self._expect_files()
        state = await self.session.control("GET", "/state", content=ANYTHING)
        self._compare(f"the state of {self.session.workspace}", expected, _by_key(state["files"]))
        await self._check_lists(expected["inventory_lists.json"])
        for client in self.clients:
            await client.item_model.walk(client.session)
        await self._check_errors(journal)
        return accepted

    async def _expect_files(self) -> dict[str, Any]:
        """Return the expected data: of the start, of the clients, and the common documents."""
        made = [await self._read_shared()]
        for client in self.clients:
            rows = client.item_model.rows
            made.append(
                {
                    "inventory_lists.json": map(_stored, client.list_model.lists.page()),
                    "product_inventory_records.json": map(_stored, client.list_model.all_records()),
                    "items.json": [row.shown for row in rows["items"].values()],
                    "inventories.json": [row.shown for row in rows["inventories"].values()],
                }
            )
        expected = _by_key(self.before)
        for files in made:
            for file, documents in files.items():
                expected[file] |= _by_ids(file, documents)
        return expected

    async def _read_shared(self) -> dict[str, Any]:
        """Return the common documents, after their check."""
        fought: dict[str, Any] = {"inventory_lists.json": [], "items.json": []}
        for path in (
            *(document.path for document in self.contention.documents),
            self.contention.shared,
        ):
            step = Step("GET shared document", Request("GET", path), 200, ANYTHING)
            document = (await self.session.do(step)).json
            file = "inventory_lists.json" if path.startswith(API_PATH) else "items.json"
            fought[file].append(_stored(document))
        return fought

    async def _check_lists(self, expected: Mapping[str, Any]) -> None:
        """Compare all pages of lists with the expected lists."""
        met, path = list[Any](), f"{API_PATH}/inventory_lists?select=(**)&count={PAGE_SIZE}"
        while path:
            step = Step("GET page of lists at the end", Request("GET", path), 200, ANYTHING)
            page = (await self.session.do(step)).json
            met += map(_stored, page["data"])
            path = page.get("next", "").removeprefix(self.session.url)
        came = _by_ids("inventory_lists.json", met)
        self._compare(f"the pages of lists in {self.session.workspace}", expected, came)

    async def _check_errors(self, journal: int) -> None:
        name = self.session.workspace
        await self.session.control("GET", "/crashes", content=[])
        await self.session.control("GET", "/failpoints", content=[])
        told = await self.session.control("GET", f"/workspaces/{name}", content=ANYTHING)
        if told["server_errors"] or told["exchanges"] > journal:
            raise Mismatch(f"the workspace {name} has errors, or a journal over its bound: {told}")

    def _compare(self, what: str, expected: Any, came: Any) -> None:
        if difference := find_difference(expected, came):
            raise Mismatch(f"{what} differs from the model: {difference}")


def _stored(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document in the form of a data set."""
    return {
        n: _stored(v) if isinstance(v, dict) else v
        for n, v in shown.items()
        if n not in ENVELOPE and n != "link"
    }


def _by_key(files: Files) -> dict[str, Any]:
    """Return the documents of all files, by key."""
    return {
        file: _by_ids(file, content) if file in FILE_KEYS else content
        for file, content in files.items()
    }


def _by_ids(file: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"/".join(str(d[name]) for name in FILE_KEYS[file]): d for d in documents}
