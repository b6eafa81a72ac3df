"""Planted defects: changes of the source of the emulator that the check must find."""

from collections.abc import Mapping

from falsifier.hook import Edit

PLANTS: Mapping[str, Edit] = {
    "lost update": Edit(
        "emulator.store.memory",
        "            _require(expected, tree.get(record.key))\n            self._set_trees(",
        "            self._set_trees(",
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
        "        record = self._store.get(self._name, (key,))\n"
        "        if record is None or self._is_old(record):\n",
        "        record = None\n        if record is None or self._is_old(record):\n",
    ),
}
