"""Areas of the gazetteer, and the columns that say where a member or a listing is.

No point that a member gave is ever stored: only the cell it fell into.
"""

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import db
from marketplace.places import zones


class Area(db.Model):
    """An official area: province (level 1), regency or city (2), district (3), village (4)."""

    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(String(24), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    level: Mapped[int] = mapped_column(Integer)
    parent_code: Mapped[str | None] = mapped_column(String(24), index=True)
    postcode: Mapped[str | None] = mapped_column(String(10), index=True)
    population: Mapped[int | None] = mapped_column(Integer)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    resolution: Mapped[int | None] = mapped_column(Integer)
    zone: Mapped[str] = mapped_column(String(40))
    search_name: Mapped[str] = mapped_column(String(120), index=True)

    __table_args__ = (Index("ix_areas_level_latitude", "level", "latitude"),)


class AreaWord(db.Model):
    """A word under which an area is found: each word of its name, and the name in one word.

    Compared byte by byte, so that the words of one beginning are one stretch of the index.
    """

    __tablename__ = "area_words"

    word: Mapped[str] = mapped_column(
        String(120).with_variant(String(120, collation="C"), "postgresql"), primary_key=True
    )
    level: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_code: Mapped[str] = mapped_column(String(24), primary_key=True, index=True)

    __table_args__ = {"sqlite_with_rowid": False}


class PlaceMixin:
    """Where something is: a cell at its own resolution, online, or unknown (imports)."""

    place_kind: Mapped[str] = mapped_column(String(8), default="unknown")
    cell: Mapped[int | None] = mapped_column(BigInteger)
    cell_resolution: Mapped[int | None] = mapped_column(Integer)
    cell_5: Mapped[int | None] = mapped_column(BigInteger)
    cell_6: Mapped[int | None] = mapped_column(BigInteger)
    cell_7: Mapped[int | None] = mapped_column(BigInteger)
    cell_8: Mapped[int | None] = mapped_column(BigInteger)
    area_code: Mapped[str | None] = mapped_column(String(24))
    zone: Mapped[str] = mapped_column(String(40), default=zones.WESTERN)


def place_constraints(table: str) -> tuple[CheckConstraint | Index, ...]:
    """What ``__table_args__`` of a table with ``PlaceMixin`` must hold."""
    return (
        CheckConstraint("place_kind IN ('cell', 'online', 'unknown')", name="place_kind"),
        CheckConstraint("(place_kind = 'cell') = (cell IS NOT NULL)", name="cell_iff_placed"),
        *(Index(f"ix_{table}_cell_{r}", f"cell_{r}") for r in (5, 6, 7, 8)),
    )
