"""Changes of the source of the servers under test: pauses, and planted defects.

The pauses make it likely that clients meet between the reads and the write of a request; no answer
changes. A planted defect is a wrong program that the check must find.
"""

from collections.abc import Mapping, Sequence

from falsifier.hook import Edit

PAUSED_CALLS = ("get", "put", "delete", "apply")
PAUSE_SHARE, MAX_PAUSE_SECONDS = 0.25, 0.004
_STORES = {
    "emulator.store.memory": "from threading import Lock\n",
    "emulator.store.redis": "import re\n",
}
_PAUSE = f"""
def _pause():
    import random, time
    if random.random() < {PAUSE_SHARE}:
        time.sleep({MAX_PAUSE_SECONDS} * random.random())

"""

PAUSES: Sequence[Edit] = [
    edit
    for module, first in _STORES.items()
    for edit in (
        Edit(module, first, first + _PAUSE),
        *(
            Edit(module, f'"""See ``Store.{call}``."""\n', '"Paused."\n        _pause()\n')
            for call in PAUSED_CALLS
        ),
    )
]
PLANTS: Mapping[str, Edit] = {
    "lost update": Edit(
        "emulator.store.memory",
        "    if actual != wanted:\n",
        "    if actual != wanted and Presence.ABSENT in (actual, wanted):\n",
    ),
    "lost update in Redis": Edit(
        "emulator.store.script",
        "  local state = string.sub(expected, 2) .. '\\n'\n"
        "  return found and string.sub(found, 1, #state) == state",
        "  return found",
    ),
    "stale read": Edit(
        "emulator.ocapi.cache",
        "        if cache is None or cache.version != version:\n",
        "        if cache is None or cache.version[0] < version[0] - 3:\n",
    ),
    "second application": Edit(
        "emulator.inventory_service.idempotency",
        "    text = headers.get(HEADER)\n",
        '    text = headers.get("X-" + HEADER)\n',
    ),
    "half a reset": Edit(
        "emulator.store.memory",
        '        """See ``Store.restore``; O(1)."""\n',
        '        "Restore the collections in two steps."\n'
        "        import time\n"
        "        later = {name: tree for name, tree in self._trees.items() if name > 'i'}\n"
        "        self._set_trees({**snapshot, **later})\n"
        "        time.sleep(0.05)\n",
    ),
}
"""The planted defects by name."""
_STORES_OF_MODULES = {
    "emulator.store.memory": "memory",
    "emulator.store.redis": "redis",
    "emulator.store.script": "redis",
}


def list_edits(plant: str) -> Sequence[Edit]:
    """Return the pauses, and a planted defect; without a name, the pauses alone."""
    return [*PAUSES, PLANTS[plant]] if plant else PAUSES


def find_store(plant: str) -> str:
    """Return the store that a planted defect needs; empty for any store and for no defect."""
    return _STORES_OF_MODULES.get(PLANTS[plant].module, "") if plant else ""
