"""What a name, a password and a profile must be like. Pure.

Checks return every problem at once, as codes; nothing here knows the database or the clock.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from marketplace.accounts.logins import check_login, is_phone
from marketplace.errors import Problem

NAME_MAX = 80
PASSWORD_MIN = 8
PASSWORD_MAX = 128  # characters; hashing time must not depend on how much a stranger sends
BIO_MAX = 1000
NEXT_MAX = 500
REACH_CHOICES_KM = (1, 2, 5, 10, 20, 50, 100)
LANGUAGES = ("id", "en")
# ISO 639; the last is BISINDO, the sign language of Indonesia.
LANGUAGES_SPOKEN = (
    *("id", "jv", "su", "mad", "btk", "min", "ban", "bug", "bjn", "ace", "bew", "sas"),
    *("en", "zh", "ar", "inl"),
)
SKILL_DIRECTIONS = ("offer", "request")
SKILLS_MAX = 10  # of each direction
SKILL_MIN, SKILL_MAX = 3, 80

CONFIRM_WITHIN = timedelta(days=3)
RESET_WITHIN = timedelta(hours=1)

# Words that people here reach for first. A password is refused when nothing is left of it besides
# one of them, a name of its owner, digits and signs.
_COMMON = """
abc abcd abcde abcdef abcdefg abcdefgh admin administrator aku akun allah alhamdulillah anjing
asd asdf asdfg asdfgh asdfghj asdfghjkl bangsat baseball bismillah bunda cantik changeme cinta
computer doraemon dragon facebook football freedom ganteng garuda google gmail hello hellohello
iloveyou indonesia instagram internet jakarta kangen kata katasandi kucing kunci laptop letmein
login love lumbung mama manchester master merdeka monkey muhammad naruto pass password passwd
princess qazwsx qwe qwer qwert qwerty qwertyu qwertyui qwertyuiop rahasia rahasiaku sandi
sandiku sayang sayangku secret semangat shadow sunshine superman terserah test testtest user
welcome whatsapp zxc zxcv zxcvb zxcvbn zxcvbnm
"""
COMMON_WORDS = frozenset(_COMMON.split())
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpDraft:
    """What somebody typed to become a member; the place is checked by ``places``."""

    name: str
    login: str
    password: str
    language: str
    adult: bool
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDraft:
    """What a member typed about herself."""

    name: str
    bio: str
    reach_km: int | None
    language: str
    spoken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillDraft:
    """One line of what a member can do or would like; an empty category is none."""

    direction: str
    text: str
    category: str = ""


def normal_name(text: str) -> str:
    """One line, single spaces, composed letters."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def normal_password(text: str) -> str:
    """Composed letters, so that every keyboard types the same password; nothing is cut off."""
    return unicodedata.normalize("NFC", text)


def check_name(name: str) -> list[Problem]:
    """Problems of a normalised name."""
    if not name:
        return [Problem("name", "name_missing")]
    if len(name) > NAME_MAX:
        return [Problem("name", "too_long", {"max": NAME_MAX})]
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Co", "Cs") for letter in name):
        return [Problem("name", "name_unreadable")]
    return []


def check_password(password: str, *known: str) -> list[Problem]:
    """Problems of a new password; ``known`` are words that a stranger would try (name, e-mail)."""
    if len(password) < PASSWORD_MIN:
        return [Problem("password", "password_short", {"min": PASSWORD_MIN})]
    if len(password) > PASSWORD_MAX:
        return [Problem("password", "password_long", {"max": PASSWORD_MAX})]
    if _too_common(password.casefold(), known):
        return [Problem("password", "password_common")]
    return []


def _too_common(password: str, known: tuple[str, ...]) -> bool:
    if len(set(password)) <= 2 or any(password in run for run in _RUNS):
        return True
    words = {part for text in known for part in re.split(r"[^\w]+", text.casefold()) if part}
    letters = [part for part in re.split(r"[\W\d_]+", password) if part]
    if not letters:
        digits = re.sub(r"\D", "", password).removeprefix("62").lstrip("0")
        own = any(is_phone(text) and (digits in text or text[3:] in digits) for text in known)
        return own or len(set(password)) <= 4
    return len(letters) <= 2 and all(part in COMMON_WORDS or part in words for part in letters)


def check_sign_up(draft: SignUpDraft) -> list[Problem]:
    """Every problem of the draft. Both names must be normalised."""
    problems = check_name(draft.name) + check_login(draft.login)
    problems += check_password(draft.password, draft.name, draft.login)
    if draft.language not in LANGUAGES:
        problems.append(Problem("language", "choice_missing"))
    if not draft.adult:
        problems.append(Problem("adult", "adult_missing"))
    if not draft.agreed:
        problems.append(Problem("agreed", "agreed_missing"))
    return problems


def check_profile(draft: ProfileDraft) -> list[Problem]:
    """Every problem of the draft. The name must be normalised."""
    problems = check_name(draft.name)
    if len(draft.bio) > BIO_MAX:
        problems.append(Problem("bio", "too_long", {"max": BIO_MAX}))
    if draft.reach_km not in REACH_CHOICES_KM:
        problems.append(Problem("reach_km", "choice_missing"))
    if draft.language not in LANGUAGES:
        problems.append(Problem("language", "choice_missing"))
    return problems


def check_skill(draft: SkillDraft) -> list[Problem]:
    """Every problem of the draft. The text must be one normalised line."""
    problems = []
    if draft.direction not in SKILL_DIRECTIONS:
        problems.append(Problem("direction", "choice_missing"))
    if len(draft.text) < SKILL_MIN:
        problems.append(Problem("text", "skill_missing"))
    elif len(draft.text) > SKILL_MAX:
        problems.append(Problem("text", "too_long", {"max": SKILL_MAX}))
    return problems


def safe_next(target: str | None) -> str | None:
    """``target`` when it is a path of this site to which a member may be sent, else None.

    A browser drops tabs and newlines and reads a backslash as a slash, so none of them may occur.
    """
    if not target or len(target) > NEXT_MAX:
        return None
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_summary(user_agent: str) -> tuple[str, str]:
    """Browser and system by the names people know; an empty string where unknown."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return browser, system
