"""The name that somebody signs in with: an e-mail address or an Indonesian mobile number. Pure.

A number proves nothing and is shown to nobody: it is only something that its owner remembers.
However it is typed (0812-3456-7890, 62 812 ..., +62 (0)812 ...), it has one stored form: +62812...
"""

import re
import unicodedata

from marketplace.errors import Problem

EMAIL_MAX = 254  # RFC 5321: longest address that can be delivered to
READ_MAX = 300  # characters that are looked at; what is longer is no name anyway
COUNTRY = "+62"

# Local part: printable ASCII without quoting; domain: labels with at least one dot.
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_LIKE_A_NUMBER = re.compile(r"\+?[0-9 ()./\u2010-\u2015-]*[0-9][0-9 ()./\u2010-\u2015-]*")
# Mobile numbers begin with 8 and have 9 to 12 digits after the country's code or the zero.
_MOBILE = re.compile(r"(?:(?:\+|00)?620?|0)?(8[1-9][0-9]{7,10})")
_STORED = re.compile(r"\+628[1-9][0-9]{7,10}")


def normal_login(text: str) -> str:
    """The form in which a name is stored and compared; what is no number is taken as an address."""
    typed = normal_email(text[:READ_MAX])
    if not _LIKE_A_NUMBER.fullmatch(typed):
        return typed
    found = _MOBILE.fullmatch(re.sub(r"[^0-9+]", "", typed))
    return COUNTRY + found[1] if found else typed


def normal_email(text: str) -> str:
    """The form in which addresses are stored and compared."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_phone(login: str) -> bool:
    """Whether a normalised name is a mobile number."""
    return _STORED.fullmatch(login) is not None


def local_form(phone: str) -> str:
    """A stored number as its owner reads it: 0812-3456-7890; of none, nothing."""
    digits = "0" + phone.removeprefix(COUNTRY) if phone else ""
    return "-".join(part for part in (digits[:4], digits[4:8], digits[8:]) if part)


def check_login(login: str) -> list[Problem]:
    """Problems of a normalised name."""
    if not login:
        return [Problem("login", "login_missing")]
    if is_phone(login):
        return []
    if _LIKE_A_NUMBER.fullmatch(login):
        return [Problem("login", "phone_malformed")]
    return [Problem("login", found.code) for found in check_email(login)]


def check_phone(phone: str) -> list[Problem]:
    """Problems of a normalised name that must be a mobile number."""
    return [] if is_phone(phone) else [Problem("phone", "phone_malformed")]


def check_email(email: str) -> list[Problem]:
    """Problems of a normalised address."""
    if not email:
        return [Problem("email", "email_missing")]
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        return [Problem("email", "email_malformed")]
    return []
