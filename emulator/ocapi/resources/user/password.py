"""The rules of passwords, and of the faults about passwords (USER-3, USER-4)."""

import re
from datetime import datetime, timedelta

from emulator.clock import render_instant
from emulator.ocapi.schema.faults import FaultType

ACCEPTED_PASSWORD = re.compile(r"(?=.*[A-Za-z])(?=.*\d).{8,256}", re.ASCII | re.DOTALL)
LIFETIME = timedelta(days=90)

INVALID_PASSWORD = FaultType(400, "InvalidPassword", "The password is invalid.")
NOT_VALID_FOR_REUSE = FaultType(
    400, "PasswordNotValidForReuse", "The password was used before and can't be used again."
)
POLICY_VIOLATION = FaultType(
    400, "PasswordPolicyViolation", "The password doesn't meet the password policy."
)


def check_policy(password: str) -> None:
    """Check a new password: 8 to 256 characters, with a letter and a digit.

    Raises:
        Fault: POLICY_VIOLATION.
    """
    if not ACCEPTED_PASSWORD.fullmatch(password):
        raise POLICY_VIOLATION()


def date_password(now: str) -> dict[str, str]:
    """Return the properties of a user with a new password: the dates of change and expiration."""
    expiration = datetime.fromisoformat(now) + LIFETIME
    return {
        "password_expiration_date": render_instant(expiration),
        "password_modification_date": now,
    }
