"""Text in XML."""

import re

# What the Char production of XML 1.0 leaves out.
UNFIT_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fit(text: str) -> str:
    """Return text with U+FFFD in place of the characters outside of XML 1.0."""
    return UNFIT_CHARACTER.sub("\ufffd", text)
