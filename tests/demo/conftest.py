import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from marketplace.demo import pictures, service
from marketplace.places.area_files import Row, read_indonesia
from marketplace.places.gazetteer import load_rows

REGENCIES = ("31.71", "31.72", "31.73", "31.74", "31.75", "32.76", "34.03", "53.01", "53.71")
DISTRICT = 3


def silent(_: str) -> None:
    """Progress for nobody."""


@pytest.fixture(scope="session")
def demo_areas() -> tuple[Row, ...]:
    """The districts in which the demo plays, with what lies above them."""
    return tuple(
        row
        for row in read_indonesia()
        if row.level <= DISTRICT
        and any(row.code.startswith(one) or one.startswith(row.code) for one in REGENCIES)
    )


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered drawings, made once for all tests."""
    folder = tmp_path_factory.mktemp("drawings")
    pictures.store_drawings(folder)
    return folder


@pytest.fixture
def load_demo(app: Flask, demo_areas: tuple[Row, ...], drawn: Path) -> Callable[[], Any]:
    """Loads the demo neighbourhood; gives the parts."""
    parts = app.extensions["marketplace"]
    load_rows(demo_areas)
    shutil.copytree(drawn, parts.settings.uploads_dir, dirs_exist_ok=True)

    def load() -> Any:
        service.load(parts, silent)
        return parts

    return load
