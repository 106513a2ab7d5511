"""What stands in the address of a search, and the search that it means.

Filters that do not exist are ignored; a place or a distance that cannot be read is a problem beside
its field, and the rest of the search goes on without it.
"""

import math
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    Form,
    HiddenField,
    RadioField,
    SearchField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice

from marketplace.errors import Problem
from marketplace.listings import categories
from marketplace.places.cells import LARGEST_RADIUS_KM, Place
from marketplace.places.service import resolve_place
from marketplace.search.analysis import MAX_QUERY
from marketplace.search.fields import DIRECTIONS, KINDS, SORTS, TERMS, distance_choices
from marketplace.search.service import SearchRequest
from marketplace.web import current_language


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


class SearchForm(Form):
    """Every field is optional; the names are those of the address."""

    q = SearchField(_l("What are you looking for?"))
    direction = RadioField(
        _l("Offered or needed"), choices=_choices(DIRECTIONS), default="", validate_choice=False
    )
    kind = SelectMultipleField(_l("What kind"), choices=_choices(KINDS), validate_choice=False)
    terms = SelectMultipleField(
        _l("On which terms"), choices=_choices(TERMS), validate_choice=False
    )
    category = SelectField(_l("Category"), default="", validate_choice=False)
    radius_km = SelectField(_l("How far at most"), default="", validate_choice=False)
    sort = SelectField(_l("Order"), choices=_choices(SORTS), default="best", validate_choice=False)
    exact = HiddenField()  # "1": every word is meant as it is typed
    area = HiddenField()
    cell = HiddenField()

    def __init__(self, args: Any, fallback: Place | None) -> None:
        """``fallback``: the visitor's own place, when the address names none."""
        super().__init__(args)
        self.problems: list[Problem] = []
        self.q.data = " ".join((self.q.data or "").split())[:MAX_QUERY]
        for name, choices in (("direction", DIRECTIONS), ("sort", SORTS)):
            known = [value for value, _ in choices]
            self[name].data = self[name].data if self[name].data in known else self[name].default
        for name, choices in (("kind", KINDS), ("terms", TERMS)):
            self[name].data = [value for value, _ in choices if value in (self[name].data or [])]
        self.exact.data = "1" if self.exact.data == "1" else ""
        if not categories.is_category(self.category.data or ""):
            self.category.data = ""
        self.category.choices = _category_choices()
        self.names_place = bool(self.area.data or self.cell.data)
        self.place = self._place() if self.names_place else fallback
        self.radius = self._radius()
        self.radius_km.choices = _choices(distance_choices(self.radius))
        self.radius_km.data = f"{self.radius:g}" if self.radius else ""

    def _place(self) -> Place | None:
        found = resolve_place(area_code=self.area.data or "", cell_text=self.cell.data or "")
        if found.place is None or found.place.cell is None:
            self.problems.append(Problem("radius_km", "place_unknown"))
            self.area.data = self.cell.data = ""
            return None
        return found.place

    def _radius(self) -> float | None:
        if not self.radius_km.data:
            return None
        try:
            radius = float(self.radius_km.data)
        except ValueError:
            radius = math.nan
        if not 0 < radius <= LARGEST_RADIUS_KM:
            most = round(LARGEST_RADIUS_KM)
            self.problems.append(Problem("radius_km", "radius_range", {"max": most}))
            return None
        return radius

    def wanted(self, offset: int, limit: int) -> SearchRequest:
        """The search, with what could not be read left out."""
        return SearchRequest(
            text=self.q.data or "",
            as_typed=bool(self.exact.data),
            direction=self.direction.data,
            kinds=frozenset(self.kind.data),
            category=self.category.data,
            terms=frozenset(self.terms.data),
            place=self.place,
            radius_km=self.radius,
            sort=self.sort.data,
            offset=offset,
            limit=limit,
            count_within_km=self.distances(),
        )

    def distances(self) -> list[float]:
        """The distances that can be chosen, in km."""
        return [float(one.value) for one in self.radius_km.choices if one.value]

    def count(self, counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """Write beside each choice of the lists how many results it would give, and leave out the
        categories that would give none; gives ``counts`` back, for the choices that are no list.
        """
        usual = ("", self.category.data)
        for name in ("category", "radius_km") if counts else ():
            self[name].choices = [
                SelectChoice(
                    one.value,
                    f"{one.label} ({counts[name].get(one.value, 0)})" if one.value else one.label,
                    optgroup=one.optgroup,
                )
                for one in self[name].choices
                if name != "category" or counts[name].get(one.value) or one.value in usual
            ]
        return counts

    def address(self) -> dict[str, Any]:
        """The parameters of this search, without what is empty or usual."""
        given = {name: field.data for name, field in self._fields.items() if field.data}
        if given.get("sort") == "best":
            del given["sort"]
        return given


def _category_choices() -> list[SelectChoice]:
    """Each upper category as a group, itself first: it stands for all below it."""
    language = current_language()
    found = _choices([("", _l("All categories"))])
    for parent in categories.parents():
        name = parent.name(language)
        everything = gettext("All of %(category)s", category=name)
        below = [(child.slug, child.name(language)) for child in categories.children(parent.slug)]
        found += [
            SelectChoice(slug, words, optgroup=name)
            for slug, words in [(parent.slug, everything), *below]
        ]
    return found
