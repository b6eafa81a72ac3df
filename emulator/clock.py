"""The only source of the present time and of random ids."""

from datetime import UTC, datetime
from secrets import token_hex


class Clock:
    """Real time and real randomness."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def identifier(self) -> str:
        """Return an id nobody had before: 32 lower-case hex digits."""
        return token_hex(16)
