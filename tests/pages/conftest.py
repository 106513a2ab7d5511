"""What the tests of pages share: a visitor who reads English, and areas to choose from."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.sample_areas import load_sample


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser that asks for English."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def in_depok(app: Flask, visitor: FlaskClient) -> FlaskClient:
    """The visitor after choosing an area."""
    load_sample()
    response = visitor.post("/area", data={"place": "Beji, Depok"})
    assert response.status_code == 303
    return visitor
