"""Fixtures and clients for the tests of users."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.testing.ocapi import Ocapi, RefusedError, Server, Servers, UnexpectedServerError

__all__ = ["Ocapi", "RefusedError", "Server", "Servers", "UnexpectedServerError"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: pytest loads the plugin of this package in every run."""
    if name not in __all__:
        raise AttributeError(f"module 'emulator.testing' has no attribute '{name}'")
    from emulator.testing import ocapi  # noqa: PLC0415

    return getattr(ocapi, name)
