"""Kinds of sensitive values, and the names of members that hold such values.

The names are those of the Data API, of import files, of Account Manager and of usual custom
attributes. Case and separators of a name don't count: ``customerNo``, ``customer-no`` and
``c_customer_no`` are the same name.
"""

import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import lru_cache

from emulator.recording.secret import is_secret_name


class Kind(StrEnum):
    """A kind of sensitive values; the value of a kind stands in the head of a recording."""

    TOKEN = "token"  # noqa: S105 - a kind
    CLIENT = "client"
    SECRET = "secret"  # noqa: S105 - a kind
    COOKIE = "cookie"
    EMAIL = "email"
    CARD = "card"
    PHONE = "phone"
    INSTANCE = "instance"
    HOST = "host"
    IP = "ip"
    ID = "id"
    NAME = "name"
    ADDRESS = "address"
    BIRTHDAY = "birthday"
    BOUNDARY = "boundary"
    FILE = "file"
    VALUE = "value"


KINDS = tuple(Kind)
"""The kinds in order of priority, for a value that has several."""
CREDENTIALS = frozenset({Kind.TOKEN, Kind.SECRET, Kind.COOKIE, Kind.CLIENT})
TEST_DATA_KINDS = CREDENTIALS | {Kind.INSTANCE, Kind.BOUNDARY}
"""The kinds to hide where all documents are test data."""
SEPARATORS = re.compile(r"[\W_]+")
CUSTOM_PREFIX = re.compile(r"^c_")
MAX_NAME_CHARACTERS = 256
NO_NAME = re.compile(r"[\s/{}<>]")
"""A path or a sentence is no name."""
SETTING_NAME = re.compile(
    r"length|age$|count|enabled|period|date$|time$|maximum|^max|^min|^force|numeric|alpha|chars$"
    r"|attempts|policy|lifetime|expir(es|y|ation)|validity|duration|timestamp|days|history|entropy"
    r"|strength|size$|endpoint|ur[il]$|methods?$|required|^is[a-z]"
)
"""Names of settings about secrets, such as ``min_password_length``."""
TOKEN_NAME = re.compile(r"token|assertion|jwt|authorization")
COOKIE_NAME = re.compile(r"cookie|session|dwsid")
# Names in lower case without separators, the first line that fits.
NAMES: tuple[tuple["re.Pattern[str]", Kind], ...] = (
    (re.compile(r"clientids?$|^xdwclientid$|consumerkey$"), Kind.CLIENT),
    (re.compile(r"giftcertificatecodes?$|^giftcode$|^csc$|csrf|^pin(code)?$"), Kind.SECRET),
    (
        re.compile(
            r"(?:pwd|passwd|hmac|kennwort|passwort|signature|basicauth|authheader|connectionstring)$|^hmac"
            r"|(?:smtp|ftp|db|user|login|admin|api)pass$"
            r"|(?:api|merchant|licen[sc]e|private|secret|shared|access|encryption|signing|hmac|webhook)"
            r"key(?:value)?$|^x.*auth$|(?:security|secret|password)answer$"
        ),
        Kind.SECRET,
    ),
    (re.compile(r"^x?sid$|^x?session(key)?$|^usid$|^visitorid$|^dwvisitor"), Kind.COOKIE),
    (
        re.compile(
            r"cards?\d*number|^pan$|^cvv2?$|^cvc2?$|securitycode$|^iban$|^bic$|bankaccount"
            r"|routingnumber|accountnumber$|driverslicense|passport(no|number)?$|^ssn$|socialsecurity"
            r"|taxid$|vatid$|steuer(nummer|nr|id)$|ustid(nr)?$|(konto|karten)(nummer|nr)$|lastdigits$|lastfour$"
        ),
        Kind.CARD,
    ),
    (re.compile(r"e?mail(address(es)?|to|from|recipients?)?s?\d*$"), Kind.EMAIL),
    (
        re.compile(
            r"(phone|telephone|mobile|cellphone|fax|msisdn|whatsapp|telefon|handy|rufnummer|mobilfunk)"
            r"(number|nummer|nr|no|home|work|mobile|business|office|other|private)?s?\d*$"
        ),
        Kind.PHONE,
    ),
    (re.compile(r"^(clientip|remotehost|customerip|ip)$|ipaddress(es)?$|remoteaddr"), Kind.IP),
    (
        re.compile(
            r"^hosts?$|hostnames?$|^domain$|^x.*host$|(cookie|mails?|web)domains?$"
            r"|(api|db|ftp|imap|mail|proxy|redis|remote|server|smtp|source|target|web)hosts?$"
        ),
        Kind.HOST,
    ),
    (re.compile(r"birth(day|date)|dateofbirth|^dob$|geburts(tag|datum)"), Kind.BIRTHDAY),
    (
        re.compile(
            r"(first|last|second|middle|full|given|family|sur|nick|maiden|holder|cardholder"
            r"|customer|recipient|sender|contact|person|user|account|company|login|employee|legal"
            r"|owner|buyer|shopper|guest|spouse|agent|organi[sz]ation|attention)names?\d*$"
            r"|^attn$|(^|admin|api|auth|by|changed|created|db|ftp|login|modified|service|smtp)user$"
            r"|^firma$|firmenname$"
            r"|^authors?$|author(name)?$|^(user|agent)?login(id)?$|(holder|owner|assignee|contactperson)$"
            r"|(?<!sort)(?<!group)(ed|lt|en)by$|^(created|modified)by|^surname|^forename|(nach|vor)name$|remoteuser$|^company$|^recipient$|^sender$"
        ),
        Kind.NAME,
    ),
    (
        re.compile(
            r"address(line)?\d+$|^(street|postal|billing|shipping|home|mail)?address$"
            r"|street(name|number|address)?$|^(city|town|locality|village)$|(zip|post|postal)code$"
            r"|^(zip|postbox|pobox|suite|apartment|housenumber|housenr)$"
            r"|stra(ss|ß)e$|^hausn(umme)?r$|^plz$|postleitzahl$|^(wohn)?ort$|^stadt$"
        ),
        Kind.ADDRESS,
    ),
    (
        re.compile(
            r"(customer|user|organi[sz]ation|account|employee|person|party|contact|subscriber"
            r"|loyalty|member|device|externalprofile|(?<!ip)address)(ids?|no|numbers?|uuid)$"
            r"|order(no|number)s?$|^externalid$|^organi[sz]ations?$|paymentinstrument(id|uuid)$"
            r"|(kunden|bestell|mitglieds)(nummer|nr)$"
        ),
        Kind.ID,
    ),
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
LAST_WORDS = frozenset({"pass", "pwd", "pw", "hmac", "sig", "sas", "salt", "bearer"})
"""Last words of names of secrets; inside a longer word such letters mean nothing."""
PROSE_WORDS = frozenset({"pass", "sas", "salt", "session", "sid", "bearer", "signature"})
"""Words that stand before a colon in texts, too."""
ANY_ID = re.compile(r"^ids?$|.(_id|-id|Id|ID)s?$")


@lru_cache(maxsize=4096)
def classify(name: str) -> Kind | None:
    """Return the kind of the values of a member, element, parameter or header; None if harmless."""
    if NO_NAME.search(name.strip()):
        return None
    name = CUSTOM_PREFIX.sub("", name[-MAX_NAME_CHARACTERS:])
    letters = SEPARATORS.sub("", name).lower()
    for pattern, kind in NAMES:
        if pattern.search(letters):
            return kind
    words = WORD.findall(name)
    if words and words[-1].lower() in LAST_WORDS:
        return Kind.SECRET
    if not is_secret_name(name) or SETTING_NAME.search(letters):
        return None
    if TOKEN_NAME.search(letters):
        return Kind.TOKEN
    return Kind.COOKIE if COOKIE_NAME.search(letters) else Kind.SECRET


class Names:
    """The kinds of members, with the choices of a user.

    Args:
        hide: Names of further members with values to hide.
        keep: Names of members whose values are kept as they are.
        hide_ids: Whether the ids of all documents are hidden.
        kinds: The kinds to hide.

    Attributes:
        kept: The names of members whose values are kept, in lower case without separators.
        hide_ids: As given.
        kinds: As given.
    """

    def __init__(
        self,
        hide: Iterable[str] = (),
        keep: Iterable[str] = (),
        *,
        hide_ids: bool = False,
        kinds: Collection[Kind] = KINDS,
    ) -> None:
        self._hidden = {_normalise(name) for name in hide}
        self._passwords: set[str] = set()
        self.kept = {_normalise(name) for name in keep}
        self.hide_ids = hide_ids
        self.kinds = kinds

    def add_password(self, name: str) -> None:
        """Add the name of an attribute with passwords."""
        self._passwords.add(_normalise(name))

    def is_kept(self, name: str) -> bool:
        """Return True for a member whose values are kept."""
        return bool(self.kept) and _normalise(name) in self.kept

    def classify(self, name: str) -> Kind | None:
        """Return the kind of a member's values, None for a harmless member."""
        if self.is_kept(name):
            return None
        kind = classify(name)
        if kind is None and self._passwords and _normalise(name) in self._passwords:
            return Kind.SECRET
        if kind is None and self._hidden and _normalise(name) in self._hidden:
            return Kind.VALUE
        if kind is None and self.hide_ids and ANY_ID.search(name):
            return Kind.ID
        return kind

    def classify_line(self, name: str) -> Kind | None:
        """Return the kind of a header line's value; in prose most names mean nothing."""
        if _normalise(name) in PROSE_WORDS:
            return None
        kind = self.classify(name)
        return kind if kind in CREDENTIALS or kind in (Kind.VALUE, Kind.EMAIL) else None


def _normalise(name: str) -> str:
    return SEPARATORS.sub("", name).lower()
