"""One workspace under load: what it was, who works in it, and what it has to be at the end."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.soak.collection import BASE, ENVELOPE
from benchmarks.soak.contest import Contest
from benchmarks.soak.expectation import ANYTHING, find_difference
from benchmarks.soak.session import Session
from benchmarks.soak.step import Mismatch, Step
from benchmarks.soak.wire import Request

if TYPE_CHECKING:
    from benchmarks.soak.client import Client

FILES = {
    "inventory_lists.json": ("id",),
    "product_inventory_records.json": ("inventory_list_id", "product_id"),
    "items.json": ("itemId",),
    "inventories.json": ("inventoryId",),
}
PAGE = 50

Files = Mapping[str, Any]


class Shop:
    """A workspace.

    Args:
        session: Somebody who looks into it before and after.
        contest: What all of its clients share.
        before: Its data at the beginning, by file.
    """

    def __init__(self, session: Session, contest: Contest, before: Files) -> None:
        self.session = session
        self.contest = contest
        self.before = before
        self.clients: list[Client] = []

    @classmethod
    async def open(cls, session: Session) -> "Shop":
        """Begin with the fixtures, and make what the clients will share."""
        await session.control("POST", "/reset", content=ANYTHING)
        await session.authorize()
        before = await session.control("GET", "/state", content={"format": 1, "files": ANYTHING})
        return cls(session, await Contest.open(session), before["files"])

    async def check(self, journal: int = 1000) -> int:
        """Hold all that there is against what the model says; return how many fights were won.

        Args:
            journal: How many exchanges there may be in the journal.

        Raises:
            Mismatch: It is something else, or the server met errors that nobody asked for.
        """
        await self.session.authorize()
        accepted = await self.contest.check(self.session)
        expected = await self._foretell()
        state = await self.session.control("GET", "/state", content=ANYTHING)
        self._compare(f"the state of {self.session.workspace}", expected, _by_key(state["files"]))
        await self._check_lists(expected["inventory_lists.json"])
        for client in self.clients:
            await client.stock.walk(client.session)
        await self._check_errors(journal)
        return accepted

    async def _foretell(self) -> dict[str, Any]:
        """Return all data as they have to be: those of the start, the clients', the shared ones."""
        made = [await self._read_shared()]
        for client in self.clients:
            rows = client.stock.rows
            made.append(
                {
                    "inventory_lists.json": map(_stored, client.holdings.lists.page()),
                    "product_inventory_records.json": map(_stored, client.holdings.all_records()),
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
        """Return what the clients share, which the contest has checked already."""
        fought: dict[str, Any] = {"inventory_lists.json": [], "items.json": []}
        for path in (*(fight.path for fight in self.contest.fights), self.contest.shared):
            step = Step("GET what is shared", Request("GET", path), 200, ANYTHING)
            document = (await self.session.do(step)).json
            file = "inventory_lists.json" if path.startswith(BASE) else "items.json"
            fought[file].append(_stored(document))
        return fought

    async def _check_lists(self, expected: Mapping[str, Any]) -> None:
        """Read all pages of lists, from the first to the last."""
        met, path = list[Any](), f"{BASE}/inventory_lists?select=(**)&count={PAGE}"
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
            raise Mismatch(f"the workspace {name} has errors, or too long a journal: {told}")

    def _compare(self, what: str, expected: Any, came: Any) -> None:
        if difference := find_difference(expected, came):
            raise Mismatch(f"{what} is not that of the model: {difference}")


def _stored(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a data set holds of a document."""
    return {n: v for n, v in shown.items() if n not in ENVELOPE and n != "link"}


def _by_key(files: Files) -> dict[str, Any]:
    """Return the documents of all files by their keys, where they have any."""
    return {
        file: _by_ids(file, content) if file in FILES else content
        for file, content in files.items()
    }


def _by_ids(file: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"/".join(str(d[name]) for name in FILES[file]): d for d in documents}
