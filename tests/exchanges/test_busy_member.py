"""Whoever has five hundred conversations waits no longer than a newcomer: the number of queries of
a page does not grow with them, nor does the page."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.accounts.models import Member
from marketplace.db import db
from tests.exchanges.busy import busy_member

FEW, MANY = 60, 300
HTML_KB = 10  # compressed: what a page may weigh
NODES = 400
QUERIES = 40  # far above any page here; a page that asks once for each row has hundreds


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are executed within."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def read(client: FlaskClient, address: str) -> tuple[int, str]:
    """How many queries a page costs the second time, and the page."""
    assert client.get(address).status_code == 200, address
    with counted() as seen:
        text = client.get(address).text
    return len(seen), text


@pytest.fixture
def measured(
    app: Flask, as_member: Callable[[Member], FlaskClient]
) -> Callable[[int], dict[str, tuple[int, str]]]:
    def measure(conversations: int) -> dict[str, tuple[int, str]]:
        busy = busy_member(conversations)
        client = as_member(busy.member)
        return {name: read(client, to) for name, to in busy.addresses(app).items()}

    return measure


def test_the_pages_of_a_busy_member_ask_no_more_and_weigh_no_more_than_those_of_others(
    measured: Callable[[int], dict[str, tuple[int, str]]],
) -> None:
    few, many = measured(FEW), measured(MANY)
    found = {name: (few[name][0], many[name][0]) for name in few}
    assert {name: counts for name, counts in found.items() if counts[1] > counts[0]} == {}
    assert {name: counts for name, counts in found.items() if counts[1] > QUERIES} == {}
    weights = {
        name: round(len(gzip.compress(text.encode())) / 1024, 1) for name, (_, text) in many.items()
    }
    assert {name: kb for name, kb in weights.items() if kb > HTML_KB} == {}
