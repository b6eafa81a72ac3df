"""A server that answers like the Open Commerce API's Data API 23.2, for tests."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.config import Config
    from emulator.server import Emulator

__all__ = ["Config", "Emulator"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: pytest loads our plugin in every run."""
    if name == "Config":
        from emulator.config import Config  # noqa: PLC0415

        return Config
    if name == "Emulator":
        from emulator.server import Emulator  # noqa: PLC0415

        return Emulator
    raise AttributeError(f"module 'emulator' has no attribute '{name}'")
