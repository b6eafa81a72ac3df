"""Fixtures, sessions and adapters for tests with an emulator."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from emulator.config import required_extra

if TYPE_CHECKING:
    from emulator.testing.ocapi import (
        Ocapi,
        RefusedError,
        Server,
        Servers,
        UnexpectedServerError,
        UnservedPathError,
    )
    from emulator.testing.wsgi import WsgiAdapter

__all__ = [
    "Ocapi",
    "RefusedError",
    "Server",
    "Servers",
    "UnexpectedServerError",
    "UnservedPathError",
    "WsgiAdapter",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: pytest loads the plugin of this package in every run."""
    if name not in __all__:
        raise AttributeError(f"module 'emulator.testing' has no attribute '{name}'")
    module = "wsgi" if name == "WsgiAdapter" else "ocapi"
    with required_extra("pytest", f"emulator.testing.{name}"):
        return getattr(import_module(f"emulator.testing.{module}"), name)
