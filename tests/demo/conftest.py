import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from marketplace.demo import pictures, service
from marketplace.places.area_files import Row, read_indonesia
from marketplace.places.gazetteer import load_rows
from marketplace.worker import run_until_idle
from tests import snapshots
from tests.once import once

REGENCIES = ("31.71", "31.72", "31.73", "31.74", "31.75", "32.76", "34.03", "53.01", "53.71")
DISTRICT = 3
LOADED, SETTLED = "loaded", "settled"
KEPT: dict[str, snapshots.Snapshot] = {}


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
    """The rendered drawings."""
    return once("drawings", pictures.store_drawings, tmp_path_factory.mktemp("once"))


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


@pytest.fixture
def loaded(app: Flask, drawn: Path, request: pytest.FixtureRequest) -> Any:
    """The parts of a site with the demo neighbourhood, as it was once loaded in this process."""
    parts = app.extensions["marketplace"]
    if LOADED in KEPT:
        shutil.copytree(drawn, parts.settings.uploads_dir, dirs_exist_ok=True)
        snapshots.put(KEPT[LOADED])
    else:
        request.getfixturevalue("load_demo")()
        KEPT[LOADED] = snapshots.take()
    return parts


@pytest.fixture
def settled(app: Flask, request: pytest.FixtureRequest) -> None:
    """The same rows after the sweeps; the search index is not here."""
    if SETTLED in KEPT:
        snapshots.put(KEPT[SETTLED])
    else:
        request.getfixturevalue("loaded")
        run_until_idle(app)
        KEPT[SETTLED] = snapshots.take()
