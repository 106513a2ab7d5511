"""The posting form: what was typed becomes a ``Draft``; what it means, ``rules`` decides."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from marketplace.errors import Problem
from marketplace.exchanges.rule_forms import GivingFields
from marketplace.listings import categories, doubts, fields, hours, rules
from marketplace.listings.rules import Draft, WishDraft
from marketplace.places.cells import Place
from marketplace.places.forms import PlaceFields
from marketplace.web import current_language

_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
_THOUSANDS = re.compile(r"(?<=\d)[.\s](?=\d{3}\b)")
_DIGITS_MAX = 9


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


class ListingForm(GivingFields, PlaceFields, FlaskForm):
    """Every field is text or a choice: nothing typed is lost because it cannot be read."""

    key = HiddenField()
    direction = RadioField(
        _l("What would you like to do?"), choices=_choices(fields.DIRECTIONS), validate_choice=False
    )
    kind = RadioField(_l("What kind is it?"), choices=_choices(fields.KINDS), validate_choice=False)
    title = StringField(_l("In a few words"))
    category = SelectField(_l("Category"), validate_choice=False)
    photo = FileField(_l("Add a photo"))
    description = TextAreaField(_l("Tell a little more"))
    terms = SelectMultipleField(
        _l("As what?"), choices=_choices(fields.TERMS), validate_choice=False
    )
    loan_days_max = StringField(_l("For how many days at most?"))
    wishes = TextAreaField(_l("What in return?"))
    quantity = StringField(_l("How many?"))
    unit = SelectField(_l("Unit"), validate_choice=False)
    text_language = SelectField(_l("Language of your text"), validate_choice=False)
    online = BooleanField(_l("Online, without meeting in person"))
    hours = SelectMultipleField(_l("When does it suit you?"), validate_choice=False)
    available_until = StringField(_l("Until when?"))
    sure = BooleanField(_l("The rule does not concern this post"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_categories()
        self.offer_rules("offer")
        self.unit.choices = _choices(fields.UNITS)
        self.text_language.choices = _choices(fields.text_languages())
        self.hours.choices = _choices(fields.week())

    def show(self, draft: Draft) -> None:
        """Fill in a stored draft."""
        for name in ("direction", "kind", "title", "category", "description", "text_language"):
            self[name].data = getattr(draft, name)
        self._offer_categories()
        self.key.data = draft.key
        self.terms.data = sorted(draft.terms)
        self.loan_days_max.data = _shown(draft.loan_days_max)
        self.wishes.data = "\n".join(wish.text for wish in draft.wishes)
        self.quantity.data = _shown(draft.quantity)
        self.unit.data = draft.unit
        picks = hours.picks_of(draft.hours) if draft.hours is not None else ()
        self.hours.data = hours.to_fields(picks)
        self.available_until.data = _shown(draft.available_until)
        self.show_where(draft.place)

    def _offer_categories(self) -> None:
        """The lower level in groups; an upper one only where it is chosen already (imports)."""
        language = current_language()
        choices = [SelectChoice("", _l("No category"))]
        chosen = categories.find(self.category.data or "")
        if chosen and not chosen.parent:
            choices.append(SelectChoice(chosen.slug, chosen.name(language)))
        for group, members in categories.grouped(language):
            choices += [SelectChoice(slug, name, optgroup=group) for slug, name in members]
        self.category.choices = choices

    def show_where(self, place: Place | None) -> None:
        """Fill in the place; "online" is a tick of its own."""
        self.online.data = place is not None and place.kind == "online"
        if place is not None and place.kind == "cell":
            self.show_place(place)

    def read(self, usual_place: Place | None) -> tuple[Draft, list[Problem]]:
        """What was typed, and what could not be read. ``usual_place``: the member's own."""
        problems: list[Problem] = []
        draft = Draft(
            key=(self.key.data or "").strip(),
            direction=self.direction.data or "",
            kind=self.kind.data or "",
            title=self.title.data or "",
            description=self.description.data or "",
            text_language=self.text_language.data or "",
            category=self.category.data or "",
            terms=frozenset(self.terms.data or ()),
            loan_days_max=self._read("loan_days_max", whole_number, problems),
            wishes=tuple(WishDraft(line) for line in (self.wishes.data or "").splitlines()),
            quantity=self._read("quantity", whole_number, problems),
            unit=self.unit.data or "",
            place=self._read_place(usual_place, problems),
            hours=hours.mask_of(hours.from_fields(self.hours.data or ())) or None,
            available_until=self._read("available_until", day, problems),
        )
        return rules.tidy(draft), [p for p in problems if not _is_leftover(p, draft)]

    def doubts(self) -> list[Problem]:
        """What the title suggests, unless its author has said that the rule does not concern it."""
        doubt = doubts.find(self.kind.data or "", self.title.data or "")
        if doubt is None or self.sure.data:
            return []
        return [Problem("sure", f"doubt_{doubt.rule}", {"found": doubt.found})]

    def _read(self, name: str, parse: Callable[[str], Any], problems: list[Problem]) -> Any:
        text = (self[name].data or "").strip()
        if not text:
            return None
        try:
            return parse(text)
        except ValueError as error:
            problems.append(Problem(name, str(error)))
            return None

    def _read_place(self, usual: Place | None, problems: list[Problem]) -> Place | None:
        """The chosen place; a tick at "online" counts where help or advice can be online."""
        if self.online.data and rules.may_be_online(self.kind.data or ""):
            return Place.online(usual.zone if usual else None)
        place, found = self.chosen_place()
        problems += found
        return place


def whole_number(text: str) -> int:
    """ "1.000" and "1 000" are a thousand. Raises ValueError("whole_number")."""
    text = _THOUSANDS.sub("", text)
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) <= _DIGITS_MAX):
        raise ValueError("whole_number")
    return int(text)


def day(text: str) -> date:
    """A date as browsers send it or as people write it. Raises ValueError("date_unreadable")."""
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError("date_unreadable")


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


def _is_leftover(problem: Problem, draft: Draft) -> bool:
    """A number of days that belongs to no loan is in nobody's way."""
    return problem.field == "loan_days_max" and "loan" not in draft.terms
