"""Names of ``leader`` under which the server imports them."""

from emulator.http.leader import MAX_HOLD_SECONDS as PATIENCE
from emulator.http.leader import release_loop as give_up

__all__ = ["PATIENCE", "give_up"]
