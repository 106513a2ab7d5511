"""The words of a listing in the current language: choices of the form, and what pages say."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_date, gettext, ngettext
from flask_babel import lazy_gettext as _l

from marketplace.listings import categories, hours
from marketplace.listings.models import Listing
from marketplace.listings.rows import last_moment
from marketplace.listings.rules import UNITS as UNIT_CODES
from marketplace.listings.units import UNIT_NAMES, amount
from marketplace.web import LANGUAGES, current_language

DIRECTIONS = [("offer", _l("I have something to share")), ("request", _l("I need something"))]
DIRECTION_NAMES = {"offer": _l("Offer"), "request": _l("Request")}
KINDS = [
    ("goods", _l("A thing or a space")),
    ("skill", _l("Help or a service")),
    ("mentoring", _l("Advice or teaching")),
]
KIND_NAMES = {"goods": _l("Goods"), "skill": _l("Help"), "mentoring": _l("Mentoring")}
TERMS = [("gift", _l("As a gift")), ("loan", _l("As a loan")), ("swap", _l("As a swap"))]
TERM_NAMES = {
    ("offer", "gift"): _l("To give"),
    ("offer", "loan"): _l("To lend"),
    ("offer", "swap"): _l("To swap"),
    ("request", "gift"): _l("As a gift"),
    ("request", "loan"): _l("To borrow"),
    ("request", "swap"): _l("As a swap"),
}
UNITS = [("", _l("no unit")), *((code, UNIT_NAMES[code]) for code in UNIT_CODES)]
DAY_NAMES = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
PART_NAMES = {
    "pagi": _l("morning"),
    "siang": _l("midday"),
    "sore": _l("afternoon"),
    "malam": _l("evening"),
}
SHORTCUT_NAMES = {
    "weekends": _l("Weekends"),
    "evenings": _l("Evenings"),
    "weekdays": _l("Weekdays by day"),
}
DAY = "d MMMM"
DAYS_IN_A_ROW = 3  # from three on, "Monday to Friday" reads better than a list


def text_languages() -> list[tuple[str, Any]]:
    """Empty: guess it."""
    return [("", _l("Recognise it for me")), *LANGUAGES.items()]


def week() -> list[tuple[str, str]]:
    """A check box for every part of every day: ("0-pagi", "Monday morning")."""
    return [
        (f"{number}-{part}", f"{day} {PART_NAMES[part]}")
        for number, day in enumerate(DAY_NAMES)
        for part in hours.PARTS
    ]


def week_shortcuts() -> list[tuple[str, Any]]:
    """Many boxes of the week in one: ("weekends", "Weekends")."""
    return [(code, SHORTCUT_NAMES[code]) for code in hours.SHORTCUTS]


def week_days() -> list[dict[str, Any]]:
    """The rows of the table of the week."""
    return [{"number": number, "name": name} for number, name in enumerate(DAY_NAMES)]


def week_parts() -> list[dict[str, Any]]:
    """Its columns, with the hours that the words stand for."""
    return [
        {"code": part, "name": PART_NAMES[part], "hours": f"{first}–{after}"}
        for part, (first, after) in hours.PARTS.items()
    ]


def term_name(listing: Listing, term: str) -> str:
    return str(TERM_NAMES[listing.direction, term])


def last_day(listing: Listing) -> str:
    """The last day on which it is up, in the zone of its place: "3 December"."""
    moment = last_moment(listing)
    return format_date(moment.date(), DAY) if moment else ""


def local_day(moment: datetime, zone: str) -> str:
    """The day of an instant where the listing is: "3 December"."""
    return format_date(moment.astimezone(ZoneInfo(zone)).date(), DAY)


def day_in_words(text: str) -> str:
    """A date that was kept as text, in the language of the mail: "3 December"."""
    return format_date(date.fromisoformat(text), DAY) if text else ""


def category_kinds() -> str:
    """The usual kinds of the groups of categories in their order, for js/posting.js."""
    return " ".join(parent.kind for parent in categories.parents())


def category_name(slug: str) -> str:
    """The name of a category in the language of the page; empty for none."""
    return categories.name(slug, current_language())


def terms_sentence(listing: Listing) -> str:
    """The terms in words: "To give or to lend for at most 14 days"."""
    said = []
    for term, _label in TERMS:
        if term in listing.terms:
            said.append(_one_term(listing, term))
    if not said:
        return ""
    sentence = _either(said)
    return sentence[:1].upper() + sentence[1:]


def _one_term(listing: Listing, term: str) -> str:
    if term == "loan" and listing.loan_days_max:
        days = listing.loan_days_max
        if listing.direction == "offer":
            return ngettext(
                "to lend for at most %(num)d day", "to lend for at most %(num)d days", days
            )
        return ngettext(
            "as a loan for at most %(num)d day", "as a loan for at most %(num)d days", days
        )
    name = str(TERM_NAMES[listing.direction, term])
    return name[:1].lower() + name[1:]


def _either(said: list[str]) -> str:
    if len(said) == 1:
        return said[0]
    return gettext("%(these)s or %(last)s", these=", ".join(said[:-1]), last=said[-1])


def left_sentence(listing: Listing) -> str:
    """How much is left; empty when it is not counted."""
    if listing.quantity is None or listing.left is None:
        return ""
    if listing.promised + listing.given == 0:
        return amount(listing.quantity, listing.unit)
    whole = amount(listing.quantity, listing.unit)
    if listing.direction == "offer":
        return gettext("%(left)s left of %(whole)s", left=listing.left, whole=whole)
    return gettext("%(left)s still needed of %(whole)s", left=listing.left, whole=whole)


def week_sentences(listing: Listing) -> list[str]:
    """When it suits, a line per group of days: "Monday to Friday: morning, evening"."""
    if listing.hours is None:
        return []
    return [span_sentence(span) for span in hours.spans(hours.decode(listing.hours))]


def span_sentence(span: hours.Span) -> str:
    """The same parts on several days: "Monday to Friday: morning, evening"."""
    return gettext("%(days)s: %(parts)s", days=_days(span.days), parts=_parts(span.parts))


def _days(days: tuple[int, ...]) -> str:
    if len(days) == hours.DAYS:
        return gettext("Every day")
    runs: list[list[int]] = []
    for number in days:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(run) for run in runs)


def _run(run: list[int]) -> str:
    if len(run) >= DAYS_IN_A_ROW:
        return gettext("%(first)s to %(last)s", first=DAY_NAMES[run[0]], last=DAY_NAMES[run[-1]])
    return ", ".join(str(DAY_NAMES[number]) for number in run)


def _parts(parts: tuple[str, ...]) -> str:
    return ", ".join(str(PART_NAMES[part]) for part in parts)


def joined_sentence(member: Any) -> str:
    """Since when somebody is a member, to the month."""
    return gettext("here since %(month)s", month=format_date(member.created_at, "MMMM yyyy"))
