"""Exchanges that the sweeps ask for every few seconds: few at any time, in an index of their own.

A query finds the index by these very words.
"""

from sqlalchemy import Index, text

from marketplace.exchanges import rules


def one_of(column: str, values: tuple[str, ...]) -> str:
    """SQL: the column holds one of these words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


RUNNING = one_of("state", rules.RUNNING)
WAITING = "state = 'interested'"  # for an answer
CAME_FREE = (  # after a promise, and not passed on yet
    "passed_on_at IS NULL AND promised_at IS NOT NULL "
    "AND (state IN ('released', 'cancelled', 'did_not_happen') "
    "OR (state = 'closed' AND terms = 'loan'))"
)


def index_where(name: str, column: str, condition: str) -> Index:
    """A partial index, for both databases."""
    where = text(condition)
    return Index(name, column, sqlite_where=where, postgresql_where=where)
