from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def ask(client: FlaskClient) -> Callable[..., Any]:
    """GET under /api/v1 that must succeed; gives the JSON."""

    def get(path: str, **query: Any) -> Any:
        answer = client.get(f"/api/v1{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return get
