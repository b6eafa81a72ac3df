"""Entity tags in conditional requests (RFC 9110, 8.8.3 and 13.1)."""

import re

ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# Nothing in it can match the same text in two ways, so a long header takes linear time.
ENTITY_TAGS = re.compile(
    rf"\s*(?:,\s*)*(?:{ENTITY_TAG.pattern}\s*(?:,\s*)+)*(?:{ENTITY_TAG.pattern}\s*)?"
)


def lists(header: str, tag: str, *, weak: bool) -> bool:
    """Return whether If-Match or If-None-Match lists the tag of a resource that is there.

    Args:
        header: The header's value. One that is neither ``*`` nor a list of tags lists nothing.
        tag: The resource's own tag, without quotes.
        weak: Whether the comparison is weak; in a strong one a weak tag equals none.
    """
    if header.strip() == "*":
        return True
    if not ENTITY_TAGS.fullmatch(header):
        return False
    return any(t == tag and (weak or not weakness) for weakness, t in ENTITY_TAG.findall(header))
