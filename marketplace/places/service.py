"""Where things are: finds areas by what people type, makes places, and says what may be shown.

`public_location` is the only way by which the place of a member or a listing leaves the server.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from marketplace.db import db
from marketplace.errors import NotFound, Problem
from marketplace.places import cells, names
from marketplace.places.cells import Band, HasPlace, Place
from marketplace.places.gazetteer import check, load
from marketplace.places.models import Area, AreaWord
from marketplace.places.names import AreaLabel, Named

__all__ = ["check", "load"]

CANDIDATES = 150  # areas looked at per typed word; more begin so only for two or three letters
CHOICES = 8  # areas offered when a text means several
AFTER_LETTERS = "{"  # the character after "z": the end of all words with one beginning
NEAR_DEGREES = (0.2, 1.0)  # half the side of the square in which the nearest district is sought


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a form meant: a place, or the problems and the areas to choose from."""

    place: Place | None
    problems: tuple[Problem, ...] = ()
    choices: tuple[AreaLabel, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicLocation:
    """All that anybody may know of a place: a cell and its precision, a name, a distance band."""

    kind: str
    cell: str | None
    precision: int | None
    area_name: str
    band: Band | None


def is_loaded() -> bool:
    """Whether there is a gazetteer; one quick query."""
    return db.session.scalar(select(Area.code).limit(1)) is not None


def _named(codes: Collection[str]) -> dict[str, Named]:
    """The areas of these codes with the names above them; one query."""
    if not codes:
        return {}
    one, two, three = aliased(Area), aliased(Area), aliased(Area)
    rows = db.session.execute(
        select(Area.code, Area.level, Area.population, Area.name, one.name, two.name, three.name)
        .outerjoin(one, Area.parent_code == one.code)
        .outerjoin(two, one.parent_code == two.code)
        .outerjoin(three, two.parent_code == three.code)
        .where(Area.code.in_(codes))
    )
    return {
        code: Named(code, level, tuple(n for n in above if n), population or 0)
        for code, level, population, *above in rows
    }


def _label(area: Named) -> AreaLabel:
    return AreaLabel(area.code, area.names[0], names.label(area.names), area.level)


def _beginning_with(word: str) -> Select[Any]:
    """The codes of areas with a word that begins so; that very word and wider areas first."""
    return (
        select(AreaWord.area_code)
        .where(AreaWord.word >= word, AreaWord.word < word + AFTER_LETTERS)
        .order_by(AreaWord.word != word, AreaWord.level, AreaWord.area_code)
        .limit(CANDIDATES)
    )


def _by_postcode(start: str) -> list[Named]:
    """The districts that have such a postcode, then the villages."""
    rows = db.session.execute(
        select(Area.code, Area.parent_code)
        .where(Area.postcode >= start, Area.postcode < start + ":")
        .order_by(Area.postcode, Area.code)
        .limit(CANDIDATES)
    ).all()
    codes = list(dict.fromkeys([*(r.parent_code for r in rows), *(r.code for r in rows)]))
    known = _named([code for code in codes if code])
    return [known[code] for code in codes if code in known]


def _by_words(words: Sequence[str]) -> list[Named]:
    """The areas that meet all the words, best first."""
    telling = [w for w in words if w not in names.LEVEL_WORDS] or words
    codes: set[str] = set()
    for span in names.spans(telling):
        if len(span) > 1:
            codes.update(db.session.scalars(_beginning_with(span)))
    return names.ranked(words, list(_named(codes).values()))


def _inside(provinces: Iterable[Named]) -> list[Named]:
    """The regencies of provinces, the most people first: what a wide name stands for."""
    parents = [area.code for area in provinces]
    codes = db.session.scalars(
        select(Area.code)
        .where(Area.parent_code.in_(parents))
        .order_by(Area.population.desc(), Area.code)
    ).all()
    known = _named(codes) if codes else {}
    return [known[code] for code in codes]


def _found(text: str) -> list[Named]:
    """The areas that a text may mean, best first; never a province, which is no place."""
    words = names.typed_words(text)
    postcode = next((w for w in words if w.isdigit() and len(w) == 5), "")
    if postcode or names.is_postcode(text):
        found = _by_postcode(postcode or text.strip())
        rest = [w for w in words if w != postcode]
        return [a for a in found if names.meets(rest, a)] if postcode and rest else found
    found = _by_words(words) if sum(map(len, words)) > 1 else []
    narrow = [area for area in found if area.level > names.PROVINCE]
    wide = [area for area in found if area.level == names.PROVINCE]
    inside = _inside(wide) if wide else []
    # Regencies that merely lie in a province of that name come before villages of that name.
    towns = [a for a in narrow if a.level < names.VILLAGE]
    return list(dict.fromkeys([*towns, *inside, *narrow]))


def _without_namesakes(found: Iterable[Named]) -> list[Named]:
    """A village with the name of its district is the same place: only the district stays."""
    whole = {area.names for area in found}
    return [area for area in found if area.names[1:] not in whole or area.names[0] != area.names[1]]


def find_areas(text: str, limit: int = CHOICES) -> list[AreaLabel]:
    """The areas that begin as typed, best first: by name, name and wider area, or postcode."""
    return [_label(area) for area in _without_namesakes(_found(text))[:limit]]


def area_labels(codes: Collection[str]) -> dict[str, AreaLabel]:
    """What a member chooses by, for known codes."""
    return {code: _label(area) for code, area in _named(set(codes)).items()}


def area_names(codes: Iterable[str | None]) -> dict[str, str]:
    """The public names of areas ("Beji, Depok"), never narrower than a district; one query."""
    return {
        code: names.public_name(area.names[1:] if area.level == names.VILLAGE else area.names)
        for code, area in _named({code for code in codes if code}).items()
    }


def place_of_area(code: str) -> Place:
    """The place of a named area. A village gives its district: no finer point is known.

    Raises NotFound when there is no such area, or it has no coordinates.
    """
    area = db.session.get(Area, code)
    if area is not None and area.level == names.VILLAGE and area.latitude is None:
        area = db.session.get(Area, area.parent_code)
    if area is None or area.cell is None:
        raise NotFound
    return Place.at(area.cell, area.code, area.zone)


def place_of_cell(cell: int) -> Place:
    """The place of a picked cell, named after the district (or regency) with the nearest centre."""
    latitude, longitude = cells.centre(cell)
    for level in (names.DISTRICT, names.REGENCY):
        for reach in NEAR_DEGREES:
            rows = db.session.execute(
                select(Area.code, Area.zone, Area.latitude, Area.longitude).where(
                    Area.level == level,
                    Area.latitude.between(latitude - reach, latitude + reach),
                    Area.longitude.between(longitude - reach, longitude + reach),
                )
            ).all()
            if rows:
                near = min(
                    rows, key=lambda r: (cells.km_from(cell, r.latitude, r.longitude), r.code)
                )
                return Place.at(cell, near.code, near.zone)
    return Place.at(cell)


def place_of_point(latitude: float, longitude: float) -> Place:
    """The place of a point in degrees, which is snapped at once and kept nowhere.

    Raises ValueError when it is not a point on earth.
    """
    return place_of_cell(cells.snap(latitude, longitude))


def place_label(place: Place) -> str:
    """What stands in the form for a place: the full name of its area."""
    area = _named([place.area_code]).get(place.area_code) if place.area_code else None
    return names.label(area.names) if area else ""


def resolve_place(text: str = "", area_code: str = "", cell_text: str = "") -> Resolved:
    """What a form means: a picked cell, a picked area, or words.

    What was picked counts only while the words still speak of it: without JavaScript somebody may
    write another name and leave the old choice where it was.
    """
    text = text.strip()
    place = _picked(cell_text, area_code)
    if place and place.area_code and text:
        words = names.typed_words(text)
        spoken_of = _named({place.area_code, area_code or place.area_code}).values()
        if not any(names.meets(words, a) or _has_postcode(text, a) for a in spoken_of):
            place = None
    if place:
        return Resolved(place)
    if not text:
        return Resolved(None, (Problem("place", "place_missing"),))
    return _meant(text)


def _picked(cell_text: str, area_code: str) -> Place | None:
    """The place that was picked on the map or from a list; None when there is no such thing."""
    try:
        if cell_text:
            return place_of_cell(cells.from_text(cell_text))
        return place_of_area(area_code) if area_code else None
    except (ValueError, NotFound):
        return None


def _has_postcode(text: str, area: Named) -> bool:
    return names.is_postcode(text) and any(a.code == area.code for a in _by_postcode(text.strip()))


def _meant(text: str) -> Resolved:
    """The one area that a text means, or the choice between several."""
    found = _without_namesakes(_found(text))
    exact = [area for area in found if names.means_exactly(text, area)]
    whole = [area for area in exact if len(area.names) == text.count(",") + 1]
    for group in (whole, exact, found):
        if group and (place := _only_place(group)):
            return Resolved(place)
        if group and group is not whole:
            choices = list(dict.fromkeys([*group, *found]))[:CHOICES]
            problem = Problem("place", "place_ambiguous")
            return Resolved(None, (problem,), tuple(_label(area) for area in choices))
    return Resolved(None, (Problem("place", "place_unknown"),))


def _only_place(group: Sequence[Named]) -> Place | None:
    """The place of these areas when all have the same."""
    if len(group) > CHOICES:
        return None
    places = {place_of_area(area.code) for area in group}
    return places.pop() if len(places) == 1 else None


def public_locations(
    things: Iterable[HasPlace], viewer: HasPlace | Place | None = None
) -> list[PublicLocation]:
    """What may be shown of where things are, in their order; one query for all."""
    things = list(things)
    known = area_names(thing.area_code for thing in things)
    own = viewer.cell if viewer else None
    return [
        PublicLocation(
            thing.place_kind,
            cells.to_text(thing.cell) if thing.cell is not None else None,
            thing.cell_resolution if thing.cell is not None else None,
            known.get(thing.area_code or "", ""),
            cells.band_between(own, thing.cell) if own is not None and thing.cell else None,
        )
        for thing in things
    ]


def public_location(thing: HasPlace, viewer: HasPlace | Place | None = None) -> PublicLocation:
    """What may be shown of where a member or a listing is, and nothing else ever."""
    return public_locations([thing], viewer)[0]
