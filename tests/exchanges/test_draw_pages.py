"""What people read of a window and a draw: before, on the post; during, where they stand; after,
everything that repeats it, and nothing that names anybody."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import draws, giving, window_sweeps, windows
from marketplace.exchanges.service import Wish, ask
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing
from tests import factories
from tests.exchanges.test_windows import HOURS, after_the_window, asks, sweep, with_window
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
PROGRAM = Path(__file__).parents[2] / "templates" / "exchanges" / "_recompute.txt"
DOCS = Path(__file__).parents[2] / "docs" / "exchanges.md"


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def draw_of(listing: Listing) -> str:
    return f"/listings/{listing.public_id}/draw"


def rule_of(listing: Listing) -> str:
    return f"/listings/{listing.public_id}/giving-rule"


def test_the_rule_and_the_end_stand_on_the_post_before_anybody_asks(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    with time_machine.travel("2026-11-28T02:00:00+00:00"):
        offer = with_window(alice)
        with transaction():
            bob.zone = "Asia/Jayapura"
        for browser, when in ((as_member(bob), "3:00 PM WIT"), (app.test_client(), "WIB")):
            page = browser.get(f"/listings/{offer.public_id}").text
            assert "Open for asking until Saturday, 28 November" in page or "Sabtu" in page
            assert when in page
            assert draw_of(offer) in page
        form = as_member(bob).get(f"/listings/{offer.public_id}/exchanges").text
        assert "Asking early or late makes no difference." in form
        assert 'name="enters"' in form


def test_who_asked_reads_when_it_is_drawn_and_afterwards_their_tickets(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = with_window(alice)
    mine = asks(bob, offer)
    asks(carol, offer)
    browser, address = as_member(bob), f"/exchanges/{mine.public_id}"
    window = windows.latest(offer)
    assert window is not None
    page = browser.get(address).text
    assert "You take part in the draw" in page
    assert "It is drawn: " in page
    assert windows.alias_in(window, mine) in page
    assert "Your place in the queue" not in page
    with after_the_window():
        sweep(app)
        page = browser.get(address).text
        place = window.record["order"].index(windows.alias_in(window, mine)) + 1
        assert re.search(rf"You had (7|11) tickets and came as number {place} of 2", page)
        assert "that is you" in browser.get(draw_of(offer)).text
        owner = as_member(alice).get(address).text
        assert "tickets" not in owner
        assert windows.alias_in(window, mine) not in owner


def test_no_page_says_the_seed_before_the_draw(
    app: Flask, alice: Member, bob: Member, staff: Member, as_member: As,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    offer = with_window(alice)
    mine = asks(bob, offer)
    window = windows.latest(offer)
    assert window is not None
    seed, key, commitment = window.seed, window.alias_key, draws.commitment(window.seed)
    addresses = [
        f"/listings/{offer.public_id}", draw_of(offer), f"{draw_of(offer)}.json",
        f"/listings/{offer.public_id}/queue", f"/listings/{offer.public_id}/exchanges",
        f"/exchanges/{mine.public_id}", f"/api/v1/listings/{offer.public_id}", "/staff",
    ]  # fmt: skip
    for browser in (as_member(alice), as_member(bob), as_member(staff), app.test_client()):
        for address in addresses:
            page = browser.get(address).text
            assert seed not in page, address
            assert key not in page, address
        assert commitment in browser.get(draw_of(offer)).text
        assert json.loads(browser.get(f"{draw_of(offer)}.json").text)["commitment"] == commitment
    assert seed not in caplog.text
    with after_the_window():
        sweep(app)
        page = app.test_client().get(draw_of(offer)).text
        assert seed not in caplog.text
    assert seed in page
    assert key not in page


def test_the_program_of_the_page_is_that_of_the_documentation_and_notices_a_forgery(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    offer = with_window(alice, quantity=9, unit="piece")
    for member in (bob, factories.member("Budi")):
        asks(member, offer)
    with after_the_window():
        sweep(app)
        stranger = as_member(carol)
        page, answer = stranger.get(draw_of(offer)).text, stranger.get(f"{draw_of(offer)}.json")
    found = re.search(r"<code data-program>(.*?)</code>", page, re.S)
    assert found is not None
    program = unescape(found[1]).strip()
    assert program == PROGRAM.read_text().strip()
    assert program in DOCS.read_text()
    forged = answer.get_json()
    forged["order"].reverse()
    another = answer.get_json() | {"seed": "5a" * 32}
    for facts, says in ((forged, "another order"), (another, "another seed")):
        monkeypatch.setattr("sys.stdin", StringIO(json.dumps(facts)))
        with pytest.raises(AssertionError, match=says):
            exec(compile(program, "check.py", "exec"), {})


def test_a_draw_is_seen_by_whoever_sees_the_post_and_by_who_asked(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = with_window(alice)
    asks(bob, offer)
    readers = [app.test_client(), as_member(carol), as_member(bob), as_member(alice)]
    assert [one.get(draw_of(offer)).status_code for one in readers] == [200] * 4
    with transaction():
        offer.state = "held"
    assert [one.get(draw_of(offer)).status_code for one in readers] == [404, 404, 200, 200]
    assert readers[0].post(draw_of(offer)).status_code == 405


def test_a_post_without_a_draw_has_no_such_page(alice: Member, as_member: As) -> None:
    browser = as_member(alice)
    for offer in (factories.offer(alice), with_window(alice, "choice")):
        assert browser.get(draw_of(offer)).status_code == 404
        assert browser.get(f"{draw_of(offer)}.json").status_code == 404


def test_the_owner_chooses_a_draw_on_the_page_of_who_waits(
    alice: Member, bob: Member, as_member: As
) -> None:
    offer, owner = factories.offer(alice, "Sepeda"), as_member(alice)
    refused = owner.post(rule_of(offer), data={"giving_rule": "draw", "window_hours": ""})
    assert refused.status_code == 422
    assert 'id="window_hours-error"' in refused.text
    assert "Choose for how long people may ask" in refused.text
    sent = {"giving_rule": "draw", "window_hours": "4"}
    assert owner.post(rule_of(offer), data=sent).status_code == 303
    page = owner.get(f"/listings/{offer.public_id}/queue").text
    assert "Open for asking until" in page
    asks(bob, offer)
    page = owner.get(f"/listings/{offer.public_id}/queue").text
    assert "Until then nothing is promised." in page
    assert "The rule stands" in page
    assert "Promise it" not in page
    assert "Say no" not in page
    again = owner.post(rule_of(offer), data={"giving_rule": "order"})
    assert again.status_code == 409
    assert "The rule stands now" in again.text


@pytest.mark.parametrize("hours", ["1", "25", "-4", "some", "9999999"])
def test_hours_that_cannot_be_are_said_beside_the_field(
    alice: Member, as_member: As, hours: str
) -> None:
    sent = {"giving_rule": "choice", "window_hours": hours}
    answer = as_member(alice).post(rule_of(factories.offer(alice)), data=sent)
    assert answer.status_code == 422
    assert "Choose from 2 to 24 hours." in answer.text


def test_a_form_sent_after_the_end_is_refused_and_offers_to_wait(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer, late = with_window(alice), as_member(carol)
    asks(bob, offer)
    address, sent = f"/listings/{offer.public_id}/exchanges", {"body": "Untuk Rara", "enters": "y"}
    with after_the_window():
        for _ in range(2):  # before the draw, and after it
            answer = late.post(address, data=sent)
            assert answer.status_code == 409
            assert "The time for asking is over" in answer.text
            assert 'value="Untuk Rara"' in answer.text
            sweep(app)
        waits = late.post(address, data={"body": "Untuk Rara", "or_wait": "y"})
        assert waits.status_code == 303
        page = late.get(waits.headers["Location"]).text
        assert "Your place in the queue: 1 of 1" in page
        assert "You wait in the order of the draw" in page, "carol was not drawn"
        assert "in which order those who asked come" in page


def test_the_owner_reads_who_is_next_and_can_promise_nobody_else(
    app: Flask, alice: Member, as_member: As
) -> None:
    offer = with_window(alice)
    for number in range(3):
        asks(factories.member(f"Tetangga {number}"), offer)
    with after_the_window():
        sweep(app)
        page = as_member(alice).get(f"/listings/{offer.public_id}/queue").text
    assert "in the order that was drawn" in page
    assert "Promise it" not in page  # all of it is
    assert "Say no" not in page


@pytest.mark.parametrize("rule", ["draw", "choice"])
def test_the_owner_finds_no_button_that_the_rule_forbids(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As, rule: str
) -> None:
    offer = with_window(alice, rule)
    asked = [asks(one, offer) for one in (bob, carol)]
    pages = [f"/exchanges/{one.public_id}" for one in asked]
    for page in pages:
        html = as_member(alice).get(page).text
        assert f"{page}/promise" not in html
        assert (f"{page}/refusal" in html) == (rule == "choice")
    with after_the_window():
        sweep(app)
        waits = [f"/exchanges/{one.public_id}" for one in asked if one.state == "interested"]
        for page in waits:
            html = as_member(alice).get(page).text
            assert (f"{page}/promise" in html) == (rule == "choice")
            assert (f"{page}/refusal" in html) == (rule == "choice")


def test_a_draft_takes_its_rule_along(app: Flask, alice: Member, as_member: As) -> None:
    browser = as_member(alice)
    with transaction():
        draft = factories.offer(alice, "Sepeda", state="draft", published_at=None)
    address = f"/listings/{draft.public_id}/edit"
    sent = {
        "direction": "offer", "kind": "goods", "title": "Sepeda anak", "terms": "gift",
        "text_language": "id", "action": "publish", "giving_rule": "draw",
        "place": "usual", "where": "usual",
    }  # fmt: skip
    refused = browser.post(address, data=sent)
    assert refused.status_code == 422
    assert 'id="window_hours-error"' in refused.text
    unsaved = browser.post(address, data=sent | {"action": "save"})
    assert unsaved.status_code == 422, "the choice is not lost without a word"
    assert 'id="window_hours-error"' in unsaved.text
    browser.post(address, data=sent | {"window_hours": "8", "action": "save"})
    db.session.rollback()
    assert (draft.giving_rule, draft.window_hours) == ("draw", 8)
    page = browser.get(address).text
    assert re.search(r'value="draw"[^>]* checked|checked[^>]* value="draw"', page)


def test_a_draw_among_forty_stays_a_light_page(app: Flask, alice: Member, as_member: As) -> None:
    offer = with_window(alice, quantity=99, unit="piece")
    record = draws.published(
        {"asked": 40}, "5a" * 32, [draws.Entrant(f"{n:012x}", 7) for n in range(40)]
    )
    with transaction() as session:
        window = session.query(GivingWindow).one()
        window.record, window.ended_at, window.outcome = record, utcnow(), "drawn"
        session.get_one(Listing, offer.id).window_hours = None
    page = as_member(alice).get(draw_of(offer)).text
    assert page.count("<") - page.count("</") - page.count("<!") <= 400


def test_after_ninety_days_nothing_leads_from_an_alias_to_a_member(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    from marketplace.exchanges import forgetting

    offer = with_window(alice)
    mine = asks(bob, offer)
    parts = app.extensions["marketplace"]
    with after_the_window():
        sweep(app)
    with time_machine.travel(utcnow() + timedelta(days=89)):
        assert forgetting.forget_old(parts) == 0
    with time_machine.travel(utcnow() + timedelta(days=91)):
        assert forgetting.forget_old(parts) == 1
        assert forgetting.forget_old(parts) == 0
    db.session.rollback()
    window = windows.latest(offer)
    assert window is not None
    assert (window.alias_key, windows.alias_in(window, mine)) == ("", "")
    assert window.record["order"]
    assert "tickets and came" not in as_member(bob).get(f"/exchanges/{mine.public_id}").text


def test_a_zone_of_the_reader_does_not_move_the_end(alice: Member, bob: Member) -> None:
    with transaction():
        alice.zone = "Asia/Jayapura"
    offer = with_window(alice)
    window = windows.latest(offer)
    assert window is not None
    assert window.closes_at - window.opens_at == timedelta(hours=HOURS)
    assert window_sweeps.BATCH > 1
    assert ask(bob, offer.public_id, Wish(enters=True), "Halo").state == "interested"
    assert giving.stands(offer)
