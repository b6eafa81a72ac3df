"""The error of unusable resources and hooks."""

from emulator.config import ConfigError


class ExtensionError(ConfigError):
    """A resource or a hook of a user cannot be used; the message says where and why."""
