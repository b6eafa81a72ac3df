"""A server that answers like the Open Commerce API's Data API 23.2, for tests."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from emulator.config import Config
    from emulator.server import Emulator

__all__ = ["Config", "Emulator", "create_app"]


def create_app(config: "Config | None" = None, **knobs: Any) -> "Flask":
    """Return the Flask application that serves all APIs; see ``emulator.app.create_app``."""
    from emulator import app  # noqa: PLC0415 - pytest imports the package in every run

    return app.create_app(config, **knobs)


def __getattr__(name: str) -> Any:
    """Import a public name on first use: pytest imports the package in every run."""
    if name == "Config":
        from emulator.config import Config  # noqa: PLC0415

        return Config
    if name == "Emulator":
        from emulator.server import Emulator  # noqa: PLC0415

        return Emulator
    raise AttributeError(f"module 'emulator' has no attribute '{name}'")
