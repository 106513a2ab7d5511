"""What staff set for their site holds at once and everywhere, and is written down."""

import sqlite3
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import AuditEvent, Member
from marketplace.config import Settings
from marketplace.db import db, transaction
from marketplace.mail import queue_mail
from marketplace.pages.site_rules import SiteDraft, check_site
from marketplace.pages.texts import VERSIONS, versions
from marketplace.site_settings import SiteValues, set_site_values, site_values
from tests.sample_areas import load_sample

AsMember = Callable[[Member], FlaskClient]
FILLED = {
    "name": "Lumbung Sukamaju",
    "contact_email": "rw05@example.org",
    "contact_text": "Balai RW 05, Sabtu pagi",
    "rules_id": "Barang besar diambil sendiri.",
    "rules_en": "Fetch big things yourself.",
    "offer_days": "14",
    "food_days": "2",
    "request_days": "21",
    "review": "delay",
    "review_first": "2",
    "review_delay_hours": "6",
    "need_percent": "40",
    "hardship": "off",
}


def draft(**values: object) -> SiteDraft:
    given = {name: getattr(SiteValues(), name) for name in SiteDraft.__dataclass_fields__}
    return SiteDraft(**given | values)  # type: ignore[arg-type]


@pytest.fixture
def page(staff: Member, as_member: AsMember) -> FlaskClient:
    return as_member(staff)


def saved(page: FlaskClient, **values: str) -> None:
    answer = page.post("/staff/site", data=FILLED | values)
    assert answer.status_code == 303, answer.text


def test_the_page_is_for_staff_alone(
    client: FlaskClient, carol: Member, as_member: AsMember
) -> None:
    assert client.get("/staff/site").status_code == 303
    for ask in (as_member(carol).get, as_member(carol).post):
        assert ask("/staff/site").status_code == 404
    assert site_values() == SiteValues(name="Lumbung")


def test_what_was_saved_stands_on_the_page_again(page: FlaskClient) -> None:
    saved(page)
    text = page.get("/staff/site").text
    for value in FILLED.values():
        assert value in text
    assert "Staff" in text


def test_the_name_is_the_same_everywhere_at_once(
    page: FlaskClient, client: FlaskClient, settle: Callable[[], None], outbox: object
) -> None:
    saved(page)
    assert "Lumbung Sukamaju" in client.get("/").text
    assert "Lumbung Sukamaju" in client.get("/about").text
    assert client.get("/api/v1/openapi.json").json["info"]["title"] == "Lumbung Sukamaju"  # type: ignore[index]
    with transaction():
        queue_mail("no_account", to="x@example.org", language="en")
    settle()
    (mail,) = outbox.to("x@example.org")  # type: ignore[attr-defined]
    assert mail["From"].startswith("Lumbung Sukamaju <")
    assert "Lumbung Sukamaju" in mail.get_body(("plain",)).get_content()


def test_contact_and_own_rules_are_shown_to_everybody(
    page: FlaskClient, client: FlaskClient
) -> None:
    saved(page, rules_en="")
    about = client.get("/about").text
    assert 'href="mailto:rw05@example.org"' in about
    assert "Balai RW 05" in about
    english = client.get("/rules", headers={"Accept-Language": "en"}).text
    assert "Here in Lumbung Sukamaju" in english
    assert 'lang="id" data-member-text><p>Barang besar' in english


def test_a_site_without_own_rules_has_no_heading_for_them(client: FlaskClient) -> None:
    assert 'id="local"' not in client.get("/rules").text


def test_new_members_agree_to_the_rules_of_the_site_too(page: FlaskClient) -> None:
    assert versions() == VERSIONS
    saved(page)
    agreed = versions()
    assert set(agreed) == {*VERSIONS, "local_rules"}
    assert len(agreed["local_rules"]) <= 20


def test_visitors_begin_where_staff_say(page: FlaskClient, client: FlaskClient) -> None:
    load_sample()
    saved(page, place="Beji, Depok")
    assert site_values().default_area == "32.76.06"
    assert "Beji" in client.get("/").text
    assert 'value="Beji' in page.get("/staff/site").text


def test_each_change_is_written_down_with_old_and_new(page: FlaskClient, staff: Member) -> None:
    saved(page)
    saved(page, offer_days="20")
    rows = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert len(rows) == len(FILLED) + 1
    last = rows[-1]
    assert (last.actor_id, last.action, last.thing) == (staff.id, "site.edit", "site:offer_days")
    assert last.params == {"old": 14, "new": 20}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "x" * 41, "at most 40"),
        ("contact_email", "rw05", "name@example.org"),
        ("contact_text", "x" * 501, "at most 500"),
        ("rules_id", "x" * 4001, "at most 4000"),
        ("offer_days", "0", "from 1 to 365"),
        ("food_days", "31", "from 1 to 30"),
        ("request_days", "", "from 1 to 365"),
        ("review", "never", "Choose one"),
        ("review_first", "banyak", "from 1 to 50"),
        ("review_delay_hours", "169", "from 1 to 168"),
        ("place", "Atlantis", "do not know this place"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    page: FlaskClient, field: str, typed: str, sentence: str
) -> None:
    answer = page.post("/staff/site", data=FILLED | {field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert "Barang besar" in answer.text or field == "rules_id"
    assert site_values() == SiteValues(name="Lumbung")


def test_a_name_with_signs_that_cannot_be_shown_is_refused() -> None:
    assert [found.field for found in check_site(draft(name="A\x07"))] == ["name"]
    assert check_site(draft()) == []


def test_the_page_of_a_failure_carries_the_name_though_the_database_does_not_answer(
    app: Flask, settings: Settings, client: FlaskClient
) -> None:
    if settings.database_url:
        pytest.skip("breaks a file of SQLite")
    set_site_values(SiteValues(name="Lumbung Sukamaju"))
    assert "Lumbung Sukamaju" in client.get("/rules").text
    db.session.remove()
    db.engine.dispose()
    with sqlite3.connect(settings.instance_dir / "marketplace.sqlite3") as broken:
        for (table,) in broken.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall():
            broken.execute(f'ALTER TABLE "{table}" RENAME TO "gone_{table}"')
    broken.close()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Lumbung Sukamaju" in answer.text
