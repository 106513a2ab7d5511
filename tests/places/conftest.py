import pytest
from flask import Flask

from tests.sample_areas import load_sample


@pytest.fixture
def areas(app: Flask) -> None:
    """Jakarta Selatan, Depok, Gunungkidul, Sleman and Kupang with all that lies in them."""
    load_sample()
