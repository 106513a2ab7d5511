"""Where things are: finds areas by what people type, makes places, and says what may be shown.

`public_location` is the only way by which the place of a member or a listing leaves the server.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.db import db, transaction
from marketplace.errors import NotFound, Problem
from marketplace.places import cells, finding, maps, names
from marketplace.places.cells import Band, HasPlace, Place
from marketplace.places.gazetteer import check, load
from marketplace.places.models import Area
from marketplace.places.names import AreaLabel, Named

__all__ = ["check", "load"]

CHOICES = 8  # areas offered when a text means several


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


def find_areas(text: str, limit: int = CHOICES) -> list[AreaLabel]:
    """The areas that begin as typed, best first: by name, name and wider area, or postcode."""
    found = finding.choosable(finding.found_by(db.session, text))
    return [finding.label(area) for area in found[:limit]]


def _area(code: str | None) -> Area | None:
    """The area of a code that anybody may have typed; PostgreSQL takes no NUL."""
    return db.session.get(Area, code) if code and "\0" not in code else None


def area_names(codes: Iterable[str | None]) -> dict[str, str]:
    """The public names of areas ("Beji, Depok"), never narrower than a district; one query."""
    return {
        code: names.public_name(area.names[1:] if area.level == names.VILLAGE else area.names)
        for code, area in finding.named(db.session, {code for code in codes if code}).items()
    }


def place_of_area(code: str) -> Place:
    """The place of a named area. A village gives its district: no finer point is known.

    Raises NotFound when there is no such area, or it has no coordinates.
    """
    area = _area(code)
    if area is not None and area.level == names.VILLAGE and area.latitude is None:
        area = _area(area.parent_code)
    if area is None or area.cell is None:
        raise NotFound
    return Place.at(area.cell, area.code, area.zone)


def place_of_cell(cell: int) -> Place:
    """The place of a picked cell, named after the district (or regency) with the nearest centre."""
    area_code, zone = finding.nearest(db.session, cell)
    return Place.at(cell, area_code, zone)


def named_place(cell: int, area_code: str) -> Place:
    """The place of a cell whose area was known before; the area is looked up again if need be."""
    area = _area(area_code)
    return Place.at(cell, area.code, area.zone) if area else place_of_cell(cell)


def place_of_point(latitude: float, longitude: float) -> Place:
    """The place of a point in degrees, which is snapped at once and kept nowhere.

    Raises ValueError when it is not a point on earth.
    """
    return place_of_cell(cells.snap(latitude, longitude))


def place_label(place: Place) -> str:
    """What stands in the form for a place: the full name of its area."""
    area = (
        finding.named(db.session, [place.area_code]).get(place.area_code)
        if place.area_code
        else None
    )
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
        spoken_of = finding.named(
            db.session, {place.area_code, area_code or place.area_code}
        ).values()
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
    return names.is_postcode(text) and any(
        a.code == area.code for a in finding.by_postcode(db.session, text.strip())
    )


def _meant(text: str) -> Resolved:
    """The one area that a text means, or the choice between several."""
    found = finding.found_by(db.session, text)
    exact = [area for area in found if names.means_exactly(text, area)]
    whole = [area for area in exact if len(area.names) == text.count(",") + 1]
    place = _only_place(whole) or _only_place(exact or found)
    if place:
        return Resolved(place)
    if not found:
        return Resolved(None, (Problem("place", "place_unknown"),))
    choices = finding.choosable(found)[:CHOICES]
    problem = Problem("place", "place_ambiguous")
    return Resolved(None, (problem,), tuple(finding.label(area) for area in choices))


def _only_place(group: Sequence[Named]) -> Place | None:
    """The place of these areas when all have the same; a province has none."""
    if len(group) > CHOICES or any(area.level == names.PROVINCE for area in group):
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


def move(thing: HasPlace, place: Place) -> None:
    """Let a member be somewhere else; the caller has checked who asks."""
    with transaction():
        for name, value in cells.place_columns(place).items():
            setattr(thing, name, value)


def map_around(place: Place) -> maps.AreaMap:
    """The map of cells around a place, with the names of what lies there."""
    cell = place.cell or 0
    resolution = cells.resolution_of(cell)
    level = names.DISTRICT if resolution > cells.COARSEST else names.REGENCY
    reach = maps.reach_degrees(resolution)
    near = finding.centres(db.session, level, cells.centre(cell), reach)
    shown = [(code, names.short_name(name), centre) for code, name, _, centre in near]
    return maps.cell_map(cell, shown, place_label(place))


def map_of_area(code: str) -> maps.AreaMap:
    """The map to begin with: the provinces, the regencies of one, or the cells of an area.

    Raises NotFound when there is no such area.
    """
    area = _area(code)
    if code and area is None:
        raise NotFound
    if area is not None and area.level > names.PROVINCE:
        return map_around(place_of_area(code))
    inside = finding.children(db.session, code or None)
    return maps.name_map([(c, names.label([name]), centre) for c, name, centre in inside])
