"""Entity tags in conditional requests (RFC 9110, 8.8.3 and 13.1)."""

import re

ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# The pattern matches any text in one way only, so that a long header takes linear time.
ENTITY_TAGS = re.compile(
    rf"\s*(?:,\s*)*(?:{ENTITY_TAG.pattern}\s*(?:,\s*)+)*(?:{ENTITY_TAG.pattern}\s*)?"
)


def lists(header: str, tag: str, *, weak: bool) -> bool:
    """Return whether If-Match or If-None-Match lists the tag of an existing resource.

    Args:
        header: The value of the header. Text other than ``*`` or a list of tags lists no tag.
        tag: The tag of the resource, without quotes.
        weak: Whether the comparison is weak. In a strong comparison, a weak tag equals no tag.
    """
    if header.strip() == "*":
        return True
    if not ENTITY_TAGS.fullmatch(header):
        return False
    return any(t == tag and (weak or not weakness) for weakness, t in ENTITY_TAG.findall(header))
