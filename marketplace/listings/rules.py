"""What an offer or a request may be, and what may be done with it in which state. Pure.

Forms, API and import all hand a ``Draft`` to ``check``; nothing else decides what input means.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from marketplace.errors import Problem
from marketplace.listings import categories, prices

DIRECTIONS = ("offer", "request")
KINDS = ("goods", "skill", "mentoring")
TERMS = ("gift", "loan", "swap")
UNITS = (
    *("piece", "set", "pair", "pack", "box", "sack", "bunch", "portion"),
    *("kg", "litre", "metre", "hour", "day", "night", "session", "seat", "trip"),
)
TEXT_LANGUAGES = ("id", "en")

TITLE_MAX = 80  # characters; the card shows it whole
TITLE_MIN = 3
DESCRIPTION_MAX = 4000
WISH_MAX = 120
WISHES_MAX = 5
PHOTOS_MAX = 6
ALT_MAX = 160
QUANTITY_MAX = 100_000
LOAN_DAYS_MAX = 730
AVAILABLE_DAYS_MAX = 366  # how far ahead ``available_until`` may be

# (state, verb) -> state after it. Who may is settled by ``permissions``.
TRANSITIONS: dict[tuple[str, str], str] = {
    ("draft", "save"): "draft",
    ("draft", "publish"): "open",
    ("draft", "submit"): "pending",
    ("draft", "withdraw"): "withdrawn",
    ("draft", "open"): "open",
    ("pending", "edit"): "pending",
    ("pending", "withdraw"): "withdrawn",
    ("open", "edit"): "open",
    ("open", "withdraw"): "withdrawn",
    ("open", "fulfil"): "fulfilled",
    ("open", "renew"): "open",
    ("held", "withdraw"): "withdrawn",
    ("pending", "open"): "open",
    ("pending", "decline"): "draft",
    ("open", "hold"): "held",
    ("pending", "hold"): "held",
}
PERMISSION_OF = {
    "save": "listing.edit",
    "publish": "listing.edit",
    "submit": "listing.edit",
    "edit": "listing.edit",
    "withdraw": "listing.withdraw",
    "fulfil": "listing.fulfil",
    "renew": "listing.edit",
}
HOW = ("here", "outside")  # to whom it went, or who met it: a member, or somebody else

_UNPRINTABLE = re.compile(r"[^\S\n]|[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANK_LINES = re.compile(r"\n{3,}")


class UsualDays(Protocol):
    """For how many days things stay open; staff set it for their site."""

    @property
    def offer_days(self) -> int: ...

    @property
    def food_days(self) -> int: ...

    @property
    def request_days(self) -> int: ...


class Analysed(NamedTuple):
    """The terms of a text with their weights, and the name of the reading that found them."""

    words: dict[str, float]
    reading: str


@dataclass(frozen=True, slots=True)
class WishDraft:
    """On an offer what I would like in return, on a request what I can give."""

    text: str
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A listing as somebody wrote it; may be incomplete.

    ``place`` is a ``places.cells.Place`` or None, ``hours`` a mask of 168 bits or None (any
    time), ``key`` the public id under which it is or will be saved.
    """

    direction: str = ""
    kind: str = "goods"
    title: str = ""
    description: str = ""
    text_language: str = ""
    category: str = ""
    terms: frozenset[str] = frozenset()
    loan_days_max: int | None = None
    wishes: tuple[WishDraft, ...] = ()
    quantity: int | None = None
    unit: str = ""
    place: Any = None
    hours: int | None = None
    available_until: date | None = None
    key: str = ""


def terms_of(row: Any) -> frozenset[str]:
    """The terms that are set on a listing, or on a row of its columns."""
    return frozenset(term for term in TERMS if getattr(row, term))


def capacity_of(kind: str, quantity: int | None) -> int | None:
    """How much there is in all: the quantity; one, for a thing without a number; None: no end."""
    return 1 if quantity is None and kind == "goods" else quantity


def check_taken(draft: Draft, taken: int) -> list[Problem]:
    """Whether a changed listing still holds what is promised and given of it already."""
    capacity = capacity_of(draft.kind, draft.quantity)
    if capacity is None or taken <= capacity:
        return []
    return [Problem("quantity", "quantity_promised", {"taken": taken})]


def tidy(draft: Draft) -> Draft:
    """The same draft with white space put right, invisible characters out, and no leftovers.

    A number of days without *loan*, or wishes without *swap*, are leftovers of a changed mind.
    """
    wishes = tuple(
        WishDraft(one_line(wish.text), wish.category) for wish in draft.wishes if wish.text.strip()
    )
    return replace(
        draft,
        title=one_line(draft.title),
        description=many_lines(draft.description),
        loan_days_max=draft.loan_days_max if "loan" in draft.terms else None,
        wishes=wishes if "swap" in draft.terms else (),
        unit=draft.unit if draft.quantity is not None else "",
    )


def one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def many_lines(text: str) -> str:
    """Line ends made one kind, never more than one blank line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [_UNPRINTABLE.sub(" ", line).rstrip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def check(
    draft: Draft, today: date, *, place_needed: bool = True, prices_refused: bool = True
) -> list[Problem]:
    """Everything that stands in the way of publishing; empty when nothing does.

    ``today`` is the date in the zone of the place.
    """
    return [
        *_check_choices(draft),
        *check_sizes(draft),
        *_check_title(draft),
        *_check_terms(draft),
        *_check_quantity(draft),
        *_check_place(draft, place_needed),
        *_check_until(draft, today),
        *(check_prices(draft) if prices_refused else ()),
    ]


def check_prices(draft: Draft) -> list[Problem]:
    """Where the text asks for money: a problem for each field, with the words that do."""
    texts = {
        "title": draft.title,
        "description": draft.description,
        "wishes": "\n".join(wish.text for wish in draft.wishes),
    }
    found = {field: prices.find(text) for field, text in texts.items()}
    return [
        Problem(field, "price_in_text", {"found": said}) for field, said in found.items() if said
    ]


def check_sizes(draft: Draft) -> list[Problem]:
    """What a saved draft must keep to as well: everything fits where it is stored."""
    problems = []
    if len(draft.title) > TITLE_MAX:
        problems.append(Problem("title", "too_long", {"max": TITLE_MAX}))
    if len(draft.description) > DESCRIPTION_MAX:
        problems.append(Problem("description", "too_long", {"max": DESCRIPTION_MAX}))
    if any(len(wish.text) > WISH_MAX for wish in draft.wishes):
        problems.append(Problem("wishes", "too_long", {"max": WISH_MAX}))
    if len(draft.wishes) > WISHES_MAX:
        problems.append(Problem("wishes", "too_many_wishes", {"max": WISHES_MAX}))
    if draft.quantity is not None and not 1 <= draft.quantity <= QUANTITY_MAX:
        problems.append(Problem("quantity", "quantity_range", {"max": QUANTITY_MAX}))
    if draft.loan_days_max is not None and not 1 <= draft.loan_days_max <= LOAN_DAYS_MAX:
        problems.append(Problem("loan_days_max", "loan_days_range", {"max": LOAN_DAYS_MAX}))
    return problems


def fitting(draft: Draft) -> Draft:
    """The draft cut down until ``check_sizes`` finds nothing."""
    wrong = {problem.field for problem in check_sizes(draft)}
    return replace(
        draft,
        title=draft.title[:TITLE_MAX],
        description=draft.description[:DESCRIPTION_MAX],
        wishes=tuple(replace(w, text=w.text[:WISH_MAX]) for w in draft.wishes[:WISHES_MAX]),
        quantity=None if "quantity" in wrong else draft.quantity,
        loan_days_max=None if "loan_days_max" in wrong else draft.loan_days_max,
    )


def _check_choices(draft: Draft) -> list[Problem]:
    problems = []
    if draft.direction not in DIRECTIONS:
        problems.append(Problem("direction", "choose_direction"))
    if draft.kind not in KINDS:
        problems.append(Problem("kind", "choose_kind"))
    if draft.category and not categories.is_category(draft.category):
        problems.append(Problem("category", "choose_category"))
    if draft.text_language and draft.text_language not in TEXT_LANGUAGES:
        problems.append(Problem("text_language", "choose_language"))
    return problems


def _check_title(draft: Draft) -> list[Problem]:
    if not draft.title:
        return [Problem("title", "title_missing")]
    if sum(character.isalnum() for character in draft.title) < TITLE_MIN:
        return [Problem("title", "title_short")]
    return []


def _check_terms(draft: Draft) -> list[Problem]:
    if not draft.terms or not draft.terms <= set(TERMS):
        return [Problem("terms", "choose_terms")]
    return []


def _check_quantity(draft: Draft) -> list[Problem]:
    if draft.unit and draft.unit not in UNITS:
        return [Problem("unit", "choose_unit")]
    return []


def _check_place(draft: Draft, needed: bool) -> list[Problem]:
    if draft.place is None:
        return [Problem("place", "place_missing")] if needed else []
    if draft.place.kind == "online" and not may_be_online(draft.kind):
        return [Problem("place", "online_goods")]
    if draft.place.kind == "unknown" and needed:
        return [Problem("place", "place_missing")]
    return []


def _check_until(draft: Draft, today: date) -> list[Problem]:
    if draft.available_until is None:
        return []
    if draft.available_until < today:
        return [Problem("available_until", "until_past")]
    if draft.available_until > today + timedelta(days=AVAILABLE_DAYS_MAX):
        return [Problem("available_until", "until_far")]
    return []


def may_be_online(kind: str) -> bool:
    """Things change hands somewhere; help and advice may need no place."""
    return kind in ("skill", "mentoring")


def days_open(direction: str, category: str, usual: UsualDays) -> int:
    """How many days a listing stays open when its owner says nothing."""
    if direction == "request":
        return usual.request_days
    found = categories.find(category)
    return usual.food_days if found and found.spoils else usual.offer_days


def state_after(state: str, verb: str) -> str | None:
    """The state that ``verb`` leads to; None when it cannot be done in ``state``."""
    return TRANSITIONS.get((state, verb))
