"""The sample of areas for tests: loaded once in a run, copied into every other database."""

from typing import Any

from sqlalchemy import func, insert, select

from marketplace.db import db, is_postgresql, transaction
from marketplace.places import gazetteer
from marketplace.places.models import Area, AreaWord

TABLES = (Area.__table__, AreaWord.__table__)
_loaded: dict[str, Any] = {}


def load_sample() -> None:
    """What ``gazetteer.load_sample`` does, in a database that has no areas yet."""
    if len(_loaded) < len(TABLES) or db.session.scalar(select(func.count()).select_from(Area)):
        gazetteer.load_sample()
        _remember()
        return
    with transaction() as session:
        for table in TABLES:
            kept = _loaded[table.name]
            if not is_postgresql():
                session.execute(insert(table), kept)
                continue
            cursor = session.connection().connection.cursor()
            with cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                copy.write(kept)


def _remember() -> None:
    with transaction() as session:
        for table in TABLES:
            if not is_postgresql():
                rows = session.execute(select(table)).mappings()
                _loaded[table.name] = [dict(row) for row in rows]
                continue
            cursor = session.connection().connection.cursor()
            with cursor.copy(f"COPY {table.name} TO STDOUT") as copy:
                _loaded[table.name] = b"".join(copy)
