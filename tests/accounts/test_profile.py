"""A member's public page, and the page on which it is changed."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.places.service import move, place_of_area
from tests import factories

PROFILE = {
    "name": "Alice Baru",
    "bio": "Suka menjahit.\nDan kopi.",
    "place": "Beji, Depok",
    "reach_km": "20",
    "language": "id",
}


def test_a_profile_shows_who_about_where_and_what_is_open(
    client: FlaskClient, places: None, alice: Member, bob: Member
) -> None:
    with transaction():
        move(alice, place_of_area("32.76.06"))
        alice.bio = "Suka menjahit.\n<script>alert(1)</script>"
    factories.offer(alice, "Mesin jahit tua")
    factories.offer(alice, "Sudah diambil", state="fulfilled")
    factories.offer(bob, "Milik orang lain")
    page = client.get(f"/members/{alice.public_id}")
    assert page.status_code == 200
    assert "Alice" in page.text
    assert "Beji" in page.text
    assert "Mesin jahit tua" in page.text
    assert "Sudah diambil" not in page.text
    assert "Milik orang lain" not in page.text
    assert "<script>alert" not in page.text
    assert "alice@example.org" not in page.text
    assert "Edit my profile" not in page.text


def test_a_profile_tells_nothing_more_precise_than_an_area(
    client: FlaskClient, places: None, alice: Member
) -> None:
    from marketplace.places import cells

    page = client.get(f"/members/{alice.public_id}").text
    assert alice.cell is not None
    for secret in (str(alice.cell), cells.to_text(alice.cell), "-6.37", "106.83"):
        assert secret not in page


def test_on_her_own_page_a_member_finds_the_way_to_change_it(as_member: Any, alice: Member) -> None:
    assert "Edit my profile" in as_member(alice).get(f"/members/{alice.public_id}").text


def test_an_empty_profile_says_what_will_be_there(client: FlaskClient, alice: Member) -> None:
    assert "Nothing open just now" in client.get(f"/members/{alice.public_id}").text


@pytest.mark.parametrize("field", ["erased_at", "email_confirmed_at"])
def test_who_is_erased_or_not_confirmed_has_no_page(
    client: FlaskClient, alice: Member, field: str
) -> None:
    with transaction():
        setattr(alice, field, utcnow() if field == "erased_at" else None)
    assert client.get(f"/members/{alice.public_id}").status_code == 404


def test_a_helped_member_has_a_page_without_an_address(client: FlaskClient) -> None:
    helped = factories.member("Mbah Karto", type="helped")
    with transaction():
        helped.email = helped.email_confirmed_at = None
    assert client.get(f"/members/{helped.public_id}").status_code == 200


def test_who_does_not_exist_has_no_page(client: FlaskClient) -> None:
    assert client.get("/members/000000000000").status_code == 404


def test_a_block_hides_both_from_each_other_and_nobody_else(
    client: FlaskClient, as_member: Any, alice: Member, carol: Member
) -> None:
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=carol.id))
    assert as_member(carol).get(f"/members/{alice.public_id}").status_code == 404
    assert as_member(alice).get(f"/members/{carol.public_id}").status_code == 404
    assert client.get(f"/members/{alice.public_id}").status_code == 200


def test_a_member_changes_what_she_says_about_herself(
    as_member: Any, places: None, alice: Member
) -> None:
    browser = as_member(alice)
    answer = browser.post("/account", data=PROFILE)
    assert (answer.status_code, answer.location) == (303, f"/members/{alice.public_id}")
    db.session.rollback()
    assert (alice.name, alice.bio) == ("Alice Baru", "Suka menjahit.\nDan kopi.")
    assert (alice.reach_km, alice.language) == (20, "id")
    assert alice.area_code is not None
    assert '<html lang="id">' in browser.get("/account").text


def test_the_page_shows_what_is_known(as_member: Any, places: None, alice: Member) -> None:
    with transaction():
        move(alice, place_of_area("32.76.06"))
        alice.bio, alice.reach_km = "Suka menjahit.", 50
    page = as_member(alice).get("/account").text
    assert 'value="Alice"' in page
    assert "Suka menjahit." in page
    assert "Beji" in page
    assert 'selected value="50"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "Write your name"),
        ("name", "a" * 81, "at most 80"),
        ("bio", "kopi " * 300, "at most 1000"),
        ("reach_km", "7", "Choose one"),
        ("reach_km", "9" * 5000, "Choose one"),
        ("language", "fr", "Choose one"),
        ("place", "Atlantis", "do not know this place"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_changed(
    as_member: Any, places: None, alice: Member, field: str, value: str, words: str
) -> None:
    answer = as_member(alice).post("/account", data=PROFILE | {field: value})
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    if field != "bio":
        assert "Suka menjahit." in answer.text
    db.session.rollback()
    assert alice.name == "Alice"


def test_nobody_can_change_somebody_else(
    as_member: Any, places: None, alice: Member, carol: Member
) -> None:
    as_member(carol).post("/account", data=PROFILE)
    db.session.rollback()
    assert (alice.name, carol.name) == ("Alice", "Alice Baru")
