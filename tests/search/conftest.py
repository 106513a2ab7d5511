"""An index can be lost on either database."""

import shutil
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.db import db, is_postgresql
from tests.conftest import DROP_BUILDS


@pytest.fixture
def lose_index(app: Flask) -> Callable[[], None]:
    """Takes the whole index away, wherever it lies."""

    def lose() -> None:
        shutil.rmtree(app.extensions["marketplace"].settings.index_dir, ignore_errors=True)
        if is_postgresql():
            with db.engine.begin() as connection:
                connection.execute(text(DROP_BUILDS))

    return lose
