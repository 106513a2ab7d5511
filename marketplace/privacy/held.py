"""One entry of the register of what is held of members, and the reasons that entries share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One table.

    ``whose``: columns that make a row the member's, each with the table it points to (a row of a
    post is hers because the post is). ``names``: further columns that may point at a member, and
    what becomes of them. ``erase``: "delete" the rows, "scrub" them (``scrub`` to these values,
    or to what a function returns; ``stays``: all other columns) or "keep" them; ``why`` they may.
    ``shown_by``: those of ``whose`` by which a copy shows rows; all unless said. ``part_of``: they
    stand inside the rows of that table. ``withheld``: columns that no copy shows, with the reason;
    under "*" the whole table. Every other column is shown under its own name.
    """

    whose: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    erase: str = "delete"
    scrub: Mapping[str, Any] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()
    why: str = ""
    shown_by: tuple[str, ...] = ()
    part_of: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)


INSIDE = "a number that means something inside this database only"
SECRET = "lets somebody in, or is the seal of something that does"
DERIVED = "worked out from the other columns"
STAFF = "which of the staff it was; the site as a whole decides"
WHOLE = "*"
