"""A server that answers like the Open Commerce API's Data API 23.2, for tests."""

from emulator.config import Config
from emulator.server import Emulator

__all__ = ["Config", "Emulator"]
