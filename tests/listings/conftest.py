import io
from collections.abc import Callable

import pytest
from PIL import Image

from tests.sample_areas import load_sample


@pytest.fixture
def areas(app) -> None:
    """A few dozen real areas."""
    load_sample()


@pytest.fixture
def answers() -> Callable[..., dict]:
    """A complete posting form; keyword arguments replace answers, None leaves one out."""

    def make(**changes) -> dict:
        data = {
            "key": "",
            "direction": "offer",
            "kind": "goods",
            "title": "Mesin jahit Singer",
            "category": "machines",
            "description": "Masih lancar.",
            "terms": ["gift"],
            "place": "Beji, Depok",
            "action": "publish",
        }
        return {name: value for name, value in (data | changes).items() if value is not None}

    return make


def jpeg(size=(320, 240), colour="seagreen", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", **options)
    return out.getvalue()


@pytest.fixture
def upload() -> Callable[..., tuple]:
    """What the test client sends for a file field."""
    return lambda data=None, name="foto.jpg": (io.BytesIO(data or jpeg()), name)
