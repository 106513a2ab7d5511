"""The sample of areas for tests: loaded once in a run, copied into every other database."""

from sqlalchemy import func, select

from marketplace.db import db, transaction
from marketplace.places import gazetteer
from marketplace.places.models import Area, AreaWord
from tests import snapshots

TABLES = (Area.__table__, AreaWord.__table__)
_loaded: snapshots.Snapshot = {}


def load_sample() -> None:
    """What ``gazetteer.load_sample`` does, in a database that has no areas yet."""
    if len(_loaded) < len(TABLES) or db.session.scalar(select(func.count()).select_from(Area)):
        gazetteer.load_sample()
        _remember()
        return
    with transaction() as session:
        for table in TABLES:
            snapshots.write(session.connection(), table, _loaded[table.name])


def _remember() -> None:
    with transaction() as session:
        for table in TABLES:
            _loaded[table.name] = snapshots.rows_of(session.connection(), table)
