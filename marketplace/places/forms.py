"""The part of a form that asks "where": words, a picked area, or a picked cell. Never a point."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from marketplace.errors import Problem
from marketplace.places import cells, service
from marketplace.places.cells import HasPlace, Place
from marketplace.places.names import AreaLabel
from marketplace.site_settings import site_values
from marketplace.web import actor

AREA_COOKIE = "area"
AREA_COOKIE_SECONDS = 365 * 24 * 3600


class PlaceFields:
    """Mix into a FlaskForm (before it); draw with ``place_picker(form)`` of places/_picker.html."""

    place = StringField(_l("Where"))
    place_area = StringField()
    place_cell = StringField()

    place_choices: tuple[AreaLabel, ...] = ()

    def chosen_place(self, needed: bool = True) -> tuple[Place | None, list[Problem]]:
        """What was picked or meant, or the problems; `place_choices` then holds what to offer.

        With `needed` false an empty answer is no problem.
        """
        text, area, cell = ((f.data or "").strip() for f in self._place_fields())
        if not needed and not (text or area or cell):
            return None, []
        found = service.resolve_place(text, area, cell)
        self.place_choices = found.choices
        if found.place is None:
            self._show("", "", text)
        else:
            self.show_place(found.place)
        return found.place, list(found.problems)

    def show_place(self, place: Place | HasPlace | None) -> None:
        """Fill the fields with a place, such as the one that a member has already."""
        if place is None or place.cell is None:
            return
        known = place if isinstance(place, Place) else cells.place_of(place)
        whole = _is_of_area(known)
        area = known.area_code or "" if whole else ""
        cell = "" if whole else cells.to_text(place.cell)
        self._show(area, cell, service.place_label(known))

    def _place_fields(self) -> tuple[Any, Any, Any]:
        return self.place, self.place_area, self.place_cell

    def _show(self, area: str, cell: str, text: str) -> None:
        self.place.data, self.place_area.data, self.place_cell.data = text, area, cell


def _is_of_area(place: Place) -> bool:
    """Whether a place is a whole named area, not a cell that was picked in it."""
    found = service.resolve_place(area_code=place.area_code or "").place
    return found is not None and found.cell == place.cell


class AreaForm(PlaceFields, FlaskForm):
    """Choose where you are."""


def place_to_cookie(place: Place) -> str:
    """A place as the value of the cookie: its cell and its area."""
    return f"{cells.to_text(place.cell or 0)}~{place.area_code or ''}"


def place_from_cookie(value: str) -> Place | None:
    """The place of a cookie; None when it holds none."""
    cell_text, _, area_code = value.partition("~")
    try:
        cell = cells.from_text(cell_text)
    except ValueError:
        return None
    return service.named_place(cell, area_code)


def current_place() -> Place | None:
    """Where the visitor is: the member's place, the cookie's, the site's first one, or None."""
    member = actor()
    if member is not None and member.cell is not None:
        return cells.place_of(member)
    chosen = place_from_cookie(request.cookies.get(AREA_COOKIE, ""))
    return chosen or service.resolve_place(area_code=site_values().default_area).place
