"""Saved searches in words, in addresses and in a form."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from marketplace.places import cells
from marketplace.places.service import area_names
from marketplace.search import fields
from marketplace.search.models import NAME_MAX, SavedSearch
from marketplace.search.standing import AT_ONCE, DAILY, NEVER, WEEKLY

WAYS = {
    AT_ONCE: _l("Right away"),
    DAILY: _l("Once a day"),
    WEEKLY: _l("On Saturdays"),
    NEVER: _l("Not at all, only keep it"),
}
HINTS = {
    AT_ONCE: _l("A few minutes after something is posted."),
    DAILY: _l("At the hour of your digest, if there is something new."),
    WEEKLY: _l("At the hour of your digest, if there is something new."),
    NEVER: _l("You see here how much is new."),
}


class SavedSearchForm(FlaskForm):
    """What a search is called, and how often its member hears of it."""

    name = StringField(_l("Name"))
    how_often = RadioField(
        _l("When shall we mail you what is new?"),
        choices=[SelectChoice(value, words) for value, words in WAYS.items()],
        validate_choice=False,
    )


def when_mailed(row: SavedSearch) -> str:
    """How often its member hears of it."""
    return str(WAYS[row.how_often])


def address_of(row: SavedSearch) -> dict[str, Any]:
    """The parameters of the search page, the newest first."""
    given: dict[str, Any] = {
        "q": row.text,
        "exact": "1" if row.as_typed else "",
        "direction": row.direction,
        "kind": list(row.kinds),
        "terms": list(row.terms),
        "category": row.category,
        "radius_km": f"{row.radius_km:g}" if row.radius_km else "",
        "cell": cells.to_text(row.cell) if row.cell is not None else "",
        "sort": "newest",
    }
    return {name: value for name, value in given.items() if value}


def name_for(address: dict[str, Any], place: str) -> str:
    """What a search is called until its member says otherwise: its words, else its filters."""
    words = [str(address["q"])] if "q" in address else _filters(address, place)
    return " · ".join(words)[:NAME_MAX].strip()


def describe(rows: Iterable[SavedSearch]) -> dict[int, list[str]]:
    """The filters of saved searches, in words, by their ids."""
    rows = list(rows)
    names = area_names(row.area_code for row in rows)
    return {row.id: _described(row, names.get(row.area_code or "", "")) for row in rows}


def _described(row: SavedSearch, place: str) -> list[str]:
    words = _filters(address_of(row), place)
    if row.text and row.text != row.name:
        words.insert(0, gettext("looks for “%(words)s”", words=row.text))
    if row.radius_km and row.cell is None:
        words.append(gettext("around where I live"))
    return words


def _filters(address: dict[str, Any], place: str) -> list[str]:
    return [chip.text for chip in fields.chips(address, place)]
