"""The generated codes of a coupon: from coupon and number to the code, and back (MKT-10, MKT-11).

A code is the stem of the coupon and the number in the last characters. Hence the owner of a code is
found without the other codes.
"""

from base64 import b32decode, b32encode
from hashlib import sha256

from emulator.store import Record

CONFIG, PREFIX, NUMBER = "system_codes_config", "code_prefix", "number_of_codes"
ENDING_LENGTH = len("A-AAAA")  # of the characters with the number, 25 bits
NUMBER_BYTES = 5  # base 32 writes 8 characters for 5 bytes
LEADING_ZEROS = "AAA"  # in base 32: the characters of the 5 bytes that a code leaves out


def count_generated(coupon: Record) -> int:
    """Return the number of the generated codes of a coupon."""
    return max(0, int((coupon.get(CONFIG) or {}).get(NUMBER) or 0))


def find_stem(coupon: Record) -> str:
    """Return the beginning of all generated codes of a coupon: the prefix, and seven characters.

    The seven characters come from site and coupon.
    """
    text = b32encode(sha256("\n".join(coupon.key).encode()).digest()).decode()
    prefix = (coupon.get(CONFIG) or {}).get(PREFIX)
    return f"{prefix}-{text[:4]}-{text[4:7]}" if prefix else f"{text[:4]}-{text[4:7]}"


def generate_code(stem: str, number: int) -> str:
    """Return the generated code of a stem and a number; the number counts from 0."""
    digits = b32encode(number.to_bytes(NUMBER_BYTES)).decode().removeprefix(LEADING_ZEROS)
    return f"{stem}{digits[0]}-{digits[1:]}"


def find_generated(coupon: Record, folded: str) -> str | None:
    """Return the generated code of a coupon with the spelling ``folded``, or ``None``.

    Args:
        coupon: The coupon.
        folded: A code without case, as ``str.casefold`` returns.
    """
    ending = folded[-ENDING_LENGTH:].replace("-", "").upper()
    try:
        number = int.from_bytes(b32decode(LEADING_ZEROS + ending))
    except ValueError:
        return None
    if number >= count_generated(coupon):
        return None
    code = generate_code(find_stem(coupon), number)
    return code if code.casefold() == folded else None
