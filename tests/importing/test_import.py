"""Importing a file: each line whole or not at all, any number of times."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.listings import importing
from marketplace.listings.models import Listing
from marketplace.listings.rules import Analysed
from marketplace.listings.service import visible_to
from marketplace.matching.models import Match
from marketplace.places import cells
from marketplace.search import reading
from marketplace.search.sweeps import sync
from tests.sample_areas import load_sample

CANARY = (-6.372841, 106.833617)
Import = Callable[..., Result]


@pytest.fixture
def imported(app: Flask, tmp_path: Path) -> Import:
    """Imports rows (dicts, or raw text) through the command."""

    def run(*rows: Any, owner: str = "") -> Result:
        file = tmp_path / "rows.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = ["--owner", owner] if owner else []
        return app.test_cli_runner().invoke(args=["listings", "import", str(file), *options])

    return run


def row(number: int = 1, **values: Any) -> dict[str, Any]:
    least = {"id": f"n{number}", "direction": "offer", "title": f"Tangga lipat {number}"}
    return least | values


def listings() -> list[Listing]:
    return list(db.session.scalars(select(Listing).order_by(Listing.id)))


def test_a_line_becomes_an_open_listing_of_the_named_owner(imported: Import, alice: Member) -> None:
    result = imported(row(description="Masih kokoh", kind="goods"), owner="Alice@example.org")
    assert result.exit_code == 0
    assert "1 imported" in result.stdout
    found = listings()[0]
    assert (found.owner_id, found.source_id, found.state) == (alice.id, "n1", "open")
    assert found.place_kind == "unknown"
    assert found.gift
    assert found.words
    assert [event.reason for event in found.events] == ["import"]


def test_an_unknown_owner_stops_it(imported: Import) -> None:
    result = imported(row(), owner="nobody@example.org")
    assert result.exit_code == 1
    assert "no member" in result.stderr
    assert not listings()


def test_a_line_with_a_price_is_imported_and_counted(imported: Import) -> None:
    result = imported(row(1, description="Rp 50.000 saja"), row(2))
    assert result.exit_code == 0
    assert "2 imported" in result.stdout
    assert "1 of the imported mention a price" in result.stderr
    assert len(listings()) == 2


def test_running_it_again_adds_only_what_is_new(imported: Import) -> None:
    imported(row(1), row(2))
    result = imported(row(1), row(2), row(3))
    assert "1 imported, 2 already here" in result.stdout
    assert [found.source_id for found in listings()] == ["n1", "n2", "n3"]


def test_of_two_lines_with_one_id_the_first_counts(imported: Import) -> None:
    result = imported(row(1, title="Cangkul"), row(1, title="Garpu"))
    assert "1 imported, 1 already here" in result.stdout
    assert [found.title for found in listings()] == ["Cangkul"]


def test_a_message_that_offers_and_asks_stands_for_both(imported: Import) -> None:
    imported(row(1))
    imported(row(1, direction="request"))
    again = imported(row(1, direction="request"))
    assert "0 imported, 1 already here" in again.stdout
    assert [found.direction for found in listings()] == ["offer", "request"]


def test_refused_lines_are_named_with_number_and_reason_and_the_rest_is_kept(
    imported: Import,
) -> None:
    result = imported(
        row(1), "no json", "", row(4, direction="lend"), row(5, category="nope"), row(6)
    )
    assert result.exit_code == 1
    assert "2 imported, 0 already here, 3 refused" in result.stdout
    errors = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in errors if line.startswith("line")] == [
        "line 2",
        "line 4",
        "line 5",
    ]
    assert "JSON" in errors[0]
    assert "category" in result.stderr
    assert [found.source_id for found in listings()] == ["n1", "n6"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "x" * 81, "description": "y"}, "title"),
        ({"description": "x" * 4001}, "description"),
        ({"title": "--", "description": "--"}, "title"),
        ({"terms": ["steal"]}, "terms"),
        ({"kind": "animal"}, "kind"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 2, "unit": "barrel"}, "unit"),
        ({"language": "xx"}, "language"),
        ({"area": "99.99"}, "area"),
        ({"latitude": 91, "longitude": 0}, "latitude"),
    ],
)
def test_the_rules_of_the_form_hold_here_too(
    imported: Import, values: dict[str, Any], field: str
) -> None:
    result = imported(row(**values))
    assert result.exit_code == 1
    assert field in result.stderr
    assert not listings()


def test_a_point_is_snapped_and_kept_nowhere(app: Flask, imported: Import) -> None:
    load_sample()
    imported(row(latitude=CANARY[0], longitude=CANARY[1]))
    found = listings()[0]
    assert found.cell == cells.snap(*CANARY)
    assert found.area_code == "32.76.06"
    for table in db.metadata.tables:
        kept = str(db.session.execute(text(f"SELECT * FROM {table}")).all())
        assert "6.372841" not in kept
        assert "106.833617" not in kept


def test_an_area_may_be_a_code_or_a_name(app: Flask, imported: Import) -> None:
    load_sample()
    assert imported(row(1, area="32.76.06"), row(2, area="Beji, Depok")).exit_code == 0
    assert [found.area_code for found in listings()] == ["32.76.06", "32.76.06"]


def test_an_old_message_is_open_from_now_unless_it_says_otherwise(imported: Import) -> None:
    old = "2015-04-25T06:11:00Z"
    imported(
        row(1, created_at=old),
        row(2, created_at=old, expires_at="2015-05-01T00:00:00Z"),
        row(3, created_at="2999-01-01T00:00:00Z"),
    )
    first, second, third = listings()
    now = utcnow()
    assert first.published_at == first.created_at == datetime(2015, 4, 25, 6, 11, tzinfo=UTC)
    assert first.is_open(now)
    assert first.expires_at is not None
    assert timedelta(days=29) < first.expires_at - now < timedelta(days=31)
    assert not second.is_open(now)
    assert third.created_at <= now


def test_without_an_owner_both_sides_still_meet(
    app: Flask, imported: Import, settle: Callable[[], None]
) -> None:
    imported(
        row(1, title="Kursi roda bekas, masih kuat"),
        row(2, direction="request", title="Butuh kursi roda untuk bapak"),
    )
    settle()
    offer, request = listings()
    assert offer.owner_id != request.owner_id
    found = db.session.scalars(select(Match)).one()
    assert (found.offer_id, found.request_id) == (offer.id, request.id)


def test_a_stopped_import_keeps_whole_batches_and_goes_on(
    app: Flask, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    owners = {"offer": alice, "request": alice}
    lines = [json.dumps(row(number)).encode() for number in range(1, 6)]

    def analyse(title: str, *_: str) -> Analysed:
        if title.endswith("4"):
            raise KeyboardInterrupt
        return Analysed({title: 1.0}, reading.name())

    def never(*problem: object) -> None:
        raise AssertionError(problem)

    with pytest.raises(KeyboardInterrupt):
        importing.import_lines(lines, owners, analyse=analyse, refuse=never)
    db.session.rollback()
    assert [found.source_id for found in listings()] == ["n1", "n2"]
    outcome = importing.import_lines(
        lines, owners, analyse=lambda *t: Analysed({t[0]: 1.0}, reading.name()), refuse=never
    )
    assert (outcome.imported, outcome.known) == (3, 2)


def bring_in_the_nepal_messages(app: Flask) -> None:
    folder = Path(os.environ["EVALUATION_DATA"]) / "matching"
    for name in ("nepal_offers", "nepal_dev_requests"):
        result = app.test_cli_runner().invoke(
            args=["listings", "import", str(folder / f"{name}.jsonl")]
        )
        assert result.exit_code == 0, result.stderr
    db.session.rollback()  # ends the read transaction, so that what the sweeps write is seen


@pytest.mark.evaluation
@pytest.mark.timeout(300)
def test_the_nepal_messages_come_in_within_a_minute_and_are_found(
    app: Flask, client: FlaskClient
) -> None:
    began = time.monotonic()
    bring_in_the_nepal_messages(app)
    assert time.monotonic() - began < 60
    shown = select(func.count()).select_from(Listing).where(visible_to(None))
    assert db.session.scalar(shown) == 1809
    db.session.rollback()
    while sync(app.extensions["marketplace"]):
        pass
    answer = client.get("/api/v1/search?q=blood+donors&direction=offer").json
    assert answer is not None
    assert answer["total"] > 10


@pytest.mark.evaluation
@pytest.mark.one_database
@pytest.mark.timeout(300)
def test_most_of_the_nepal_requests_are_matched(app: Flask, settle: Callable[[], None]) -> None:
    bring_in_the_nepal_messages(app)
    settle()
    matched = db.session.scalar(select(func.count(func.distinct(Match.request_id))))
    assert matched is not None
    assert matched > 300
