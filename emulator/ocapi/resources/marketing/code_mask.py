"""The mask of coupon codes for users without the permission to see the codes (MKT-11)."""

from collections.abc import Mapping
from typing import Any

from emulator.ocapi.call import Call
from emulator.ocapi.resources.user.roles import may_do

PERMISSION = "View_Coupon_Codes"
SHOWN_CHARACTERS = 4
MASK = "*"


def mask_codes(call: Call, properties: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the property with a code, masked but for the last characters; nothing to mask is {}.

    Args:
        call: The call; a client without a user sees all codes.
        properties: The properties of a coupon, a code or a redemption.
        name: The property with the code.
    """
    code = properties.get(name)
    if code is None or not call.user or may_do(call, call.user, PERMISSION, call.key[0]):
        return {}
    hidden = max(len(code) - SHOWN_CHARACTERS, min(len(code), SHOWN_CHARACTERS))
    return {name: MASK * hidden + code[hidden:]}
