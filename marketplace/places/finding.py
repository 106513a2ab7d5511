"""Finds areas in the gazetteer: by the beginnings of words, by postcode, by their codes.

Reads through the session that it is given; `names` decides what fits and in which order.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased, scoped_session

from marketplace.places import cells, names
from marketplace.places.models import Area, AreaWord
from marketplace.places.names import AreaLabel, Named

CANDIDATES = 150  # areas looked at per typed word; more begin so only for two or three letters
AFTER_LETTERS = "{"  # the character after "z": the end of all words with one beginning
AFTER_DIGITS = ":"
NEAR_DEGREES = (0.2, 1.0)  # half the side of the square in which the nearest area is sought

Reader = Session | scoped_session[Any]
Centre = tuple[str, str, tuple[float, float]]  # code, name, (latitude, longitude)


def named(session: Reader, codes: Collection[str]) -> dict[str, Named]:
    """The areas of these codes with the names above them; one query."""
    codes = [code for code in codes if "\0" not in code]  # which PostgreSQL does not take
    if not codes:
        return {}
    one, two, three = aliased(Area), aliased(Area), aliased(Area)
    rows = session.execute(
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


def label(area: Named) -> AreaLabel:
    return AreaLabel(area.code, area.names[0], names.label(area.names), area.level)


def _beginning_with(word: str) -> Select[Any]:
    """The codes of areas with a word that begins so; that very word and wider areas first."""
    return (
        select(AreaWord.area_code)
        .where(AreaWord.word >= word, AreaWord.word < word + AFTER_LETTERS)
        .order_by(AreaWord.word != word, AreaWord.level, AreaWord.area_code)
        .limit(CANDIDATES)
    )


def by_postcode(session: Reader, start: str) -> list[Named]:
    """The districts that have such a postcode, then the villages."""
    rows = session.execute(
        select(Area.code, Area.parent_code, Area.level)
        .where(Area.postcode >= start, Area.postcode < start + AFTER_DIGITS)
        .order_by(Area.postcode, Area.code)
        .limit(CANDIDATES)
    ).all()
    districts = [row.parent_code for row in rows if row.level == names.VILLAGE]
    codes = list(dict.fromkeys([*districts, *(row.code for row in rows)]))
    known = named(session, codes)
    return [known[code] for code in codes if code in known]


def by_words(session: Reader, words: Sequence[str]) -> list[Named]:
    """The areas that meet all the words, best first."""
    telling = [w for w in words if w not in names.LEVEL_WORDS] or words
    codes: set[str] = set()
    for span in names.spans(telling):
        if len(span) > 1:
            codes.update(session.scalars(_beginning_with(span)))
    return names.ranked(words, list(named(session, codes).values()))


def inside_of(session: Reader, provinces: Iterable[Named]) -> list[Named]:
    """The regencies of provinces, the most people first: what a wide name stands for."""
    parents = [area.code for area in provinces]
    codes = session.scalars(
        select(Area.code)
        .where(Area.parent_code.in_(parents))
        .order_by(Area.population.desc(), Area.code)
    ).all()
    known = named(session, codes) if codes else {}
    return [known[code] for code in codes]


def found_by(session: Reader, text: str) -> list[Named]:
    """The areas that a text may mean, best first. A province is followed by its regencies."""
    words = names.typed_words(text)
    postcode = next((w for w in words if w.isdigit() and len(w) == 5), "")
    if postcode or names.is_postcode(text):
        found = by_postcode(session, postcode or text.strip())
        rest = [w for w in words if w != postcode]
        if not postcode or not rest:
            return found
        return [a for a in found if names.meets(rest, a)] or by_words(session, rest) or found
    found = by_words(session, words) if sum(map(len, words)) > 1 else []
    exact = [area for area in found if names.means_exactly(text, area)]
    towns = [area for area in exact if names.PROVINCE < area.level < names.VILLAGE]
    wide = [area for area in exact if area.level == names.PROVINCE]
    inside = inside_of(session, wide) if wide else []
    return list(dict.fromkeys([*towns, *wide, *inside, *found]))


def choosable(found: Iterable[Named]) -> list[Named]:
    """Without provinces, which are no place, and villages named as their district: the same."""
    whole = {area.names for area in found}
    return [
        area
        for area in found
        if area.level > names.PROVINCE
        and (area.names[1:] not in whole or area.names[0] != area.names[1])
    ]


def centres(
    session: Reader, level: int, middle: tuple[float, float], reach: float
) -> list[tuple[str, str, str, tuple[float, float]]]:
    """Code, name, zone and centre of the areas of a level in a square around a point (degrees)."""
    latitude, longitude = middle
    rows = session.execute(
        select(Area.code, Area.name, Area.zone, Area.latitude, Area.longitude)
        .where(
            Area.level == level,
            Area.latitude.between(latitude - reach, latitude + reach),
            Area.longitude.between(longitude - reach, longitude + reach),
        )
        .order_by(Area.code)
    )
    return [(code, name, zone, (y, x)) for code, name, zone, y, x in rows]


def nearest(session: Reader, cell: int) -> tuple[str | None, str | None]:
    """Code and zone of the district (far from any: regency) whose centre is nearest to a cell's."""
    for level in (names.DISTRICT, names.REGENCY):
        for reach in NEAR_DEGREES:
            if near := centres(session, level, cells.centre(cell), reach):
                code, _, zone, _ = min(near, key=lambda c: (cells.km_from(cell, *c[3]), c[0]))
                return code, zone
    return None, None


def children(session: Reader, code: str | None) -> list[Centre]:
    """The centres of the areas right inside one; of the provinces for None."""
    rows = session.execute(
        select(Area.code, Area.name, Area.latitude, Area.longitude)
        .where(Area.parent_code == code if code else Area.parent_code.is_(None))
        .where(Area.latitude.is_not(None))
        .order_by(Area.code)
    )
    return [(code, name, (y, x)) for code, name, y, x in rows]
