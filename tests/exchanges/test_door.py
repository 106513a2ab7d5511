"""At the door: a code of six digits, shown by one side and entered by the other, settles it."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import handing, loans
from marketplace.exchanges.models import Exchange
from tests.exchanges import stages

AsMember = Callable[[Member], FlaskClient]


def arranged(alice: Member, bob: Member, terms: str = "gift", direction: str = "offer") -> Exchange:
    return stages.reach("arranged", stages.asked(bob, stages.post(alice, terms, direction)))


def code_on(page: str) -> str:
    found = re.search(r"<code[^>]*>(\d{3}) (\d{3})</code>", page)
    assert found is not None
    return found[1] + found[2]


def counters(exchange: Exchange) -> tuple[int, int]:
    db.session.refresh(exchange)
    db.session.refresh(exchange.listing)
    return exchange.listing.promised, exchange.listing.given


def test_the_page_shows_the_code_large_and_as_a_picture_without_inline_styles(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = arranged(alice, bob)
    page = as_member(alice).get(f"/exchanges/{exchange.public_id}/code")
    assert page.status_code == 200
    code = code_on(page.text)
    assert '<svg class="qr"' in page.text or 'class="qr"' in page.text
    assert "style=" not in page.text
    assert code_on(as_member(alice).get(f"/exchanges/{exchange.public_id}/code").text) == code
    assert code_on(as_member(bob).get(f"/exchanges/{exchange.public_id}/code").text) != code


def test_scanning_leads_to_a_page_with_the_code_filled_in_and_one_button(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    page = as_member(bob).get(f"/exchanges/{exchange.public_id}/door?code={code}")
    assert f'value="{code}"' in page.text
    assert "Alice gives: Sepeda anak" in page.text
    db.session.refresh(exchange)
    assert exchange.state == "arranged"  # reading changes nothing


def test_a_gift_is_closed_for_both_at_once(alice: Member, bob: Member, as_member: AsMember) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    entered = as_member(bob).post(
        f"/exchanges/{exchange.public_id}/door",
        data={"code": f"{code[:3]} {code[3:]}"},
        follow_redirects=True,
    )
    assert "It is done" in entered.text
    assert counters(exchange) == (0, 1)
    assert exchange.state == "closed"


@pytest.mark.parametrize("shows", ["giver", "receiver"])
@pytest.mark.parametrize("direction", ["offer", "request"])
def test_a_loan_goes_out_and_comes_back_by_codes_of_either_side(
    alice: Member, bob: Member, shows: str, direction: str
) -> None:
    exchange = arranged(alice, bob, "loan", direction)
    showing = exchange.giver if shows == "giver" else exchange.receiver
    entering = exchange.other(showing)
    first = handing.own_code(showing, exchange.public_id)
    assert handing.meet(entering, exchange.public_id, first).state == "out"
    assert exchange.due_on is not None
    assert counters(exchange) == (1, 0)
    second = handing.own_code(showing, exchange.public_id)
    assert second != first  # new after use
    assert handing.meet(entering, exchange.public_id, second).state == "closed"
    assert counters(exchange) == (0, direction == "request")  # met is met; lent is there again


def test_a_loan_that_the_borrower_said_is_back_is_closed_by_a_code(
    alice: Member, bob: Member
) -> None:
    exchange = stages.reach("out", stages.asked(bob, stages.post(alice, "loan")))
    loans.say_returned(bob, exchange.public_id)
    code = handing.own_code(bob, exchange.public_id)
    assert handing.meet(alice, exchange.public_id, code).state == "closed"


@pytest.mark.parametrize("state", ["promised", "arranged", "handed_over", "partly"])
def test_a_code_settles_both_halves_of_a_swap(alice: Member, bob: Member, state: str) -> None:
    exchange = stages.reach(state, stages.asked(bob, stages.post(alice, "swap")))
    code = handing.own_code(bob, exchange.public_id)
    assert handing.meet(alice, exchange.public_id, code).state == "closed"
    assert exchange.there_at is not None
    assert exchange.back_at is not None
    assert counters(exchange) == (0, 1)


def test_a_wrong_code_is_said_beside_the_field_and_changes_nothing(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for entered in (wrong, "", code[:5], "0" * 12, "sepeda"):
        refused = as_member(bob).post(
            f"/exchanges/{exchange.public_id}/door", data={"code": entered}
        )
        assert refused.status_code == 422
        assert 'id="code-error"' in refused.text
    db.session.refresh(exchange)
    assert exchange.state == "arranged"


def test_ones_own_code_opens_nothing_and_the_page_says_why(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = arranged(alice, bob)
    own = handing.own_code(bob, exchange.public_id)
    handing.own_code(alice, exchange.public_id)
    refused = as_member(bob).post(f"/exchanges/{exchange.public_id}/door", data={"code": own})
    assert refused.status_code == 422
    assert "This is your own code" in refused.text


def test_no_code_is_right_before_the_other_side_has_been_shown_one(
    alice: Member, bob: Member
) -> None:
    exchange = arranged(alice, bob)
    for nothing in ("", "000000"):
        with pytest.raises(Invalid):
            handing.meet(bob, exchange.public_id, nothing)


def test_ten_tries_an_hour_are_all_even_if_the_eleventh_is_right(
    alice: Member, bob: Member, as_member: AsMember
) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    address, guesser = f"/exchanges/{exchange.public_id}/door", as_member(bob)
    wrong = (f"{(int(code) + one) % 10**6:06}" for one in range(1, 11))
    for guess in wrong:
        assert guesser.post(address, data={"code": guess}).status_code == 422
    refused = guesser.post(address, data={"code": code})
    assert refused.status_code == 422
    assert "too many tries" in refused.text
    with time_machine.travel(utcnow() + timedelta(minutes=61)):
        assert guesser.post(address, data={"code": code}).status_code == 303


def test_a_code_is_worth_nothing_once_it_was_used(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob, "loan")
    code = handing.own_code(alice, exchange.public_id)
    handing.meet(bob, exchange.public_id, code)
    with time_machine.travel(utcnow() + timedelta(minutes=2)), pytest.raises(Invalid):
        handing.meet(bob, exchange.public_id, code)
    assert exchange.state == "out"


def test_two_taps_on_the_button_are_one(alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob, "loan")
    code = handing.own_code(alice, exchange.public_id)
    handing.meet(bob, exchange.public_id, code)
    assert handing.meet(bob, exchange.public_id, code).state == "out"


def test_a_stranger_gets_nothing_with_the_right_code(
    alice: Member, bob: Member, carol: Member, as_member: AsMember, client: FlaskClient
) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    address = f"/exchanges/{exchange.public_id}"
    assert as_member(carol).get(f"{address}/code").status_code == 404
    assert as_member(carol).get(f"{address}/door?code={code}").status_code == 404
    assert as_member(carol).post(f"{address}/door", data={"code": code}).status_code == 404
    assert client.get(f"{address}/door?code={code}").status_code == 303
    db.session.refresh(exchange)
    assert exchange.state == "arranged"


@pytest.mark.parametrize("state", ["interested", "released", "closed"])
def test_where_nothing_is_due_the_pages_lead_back_and_a_code_is_refused(
    alice: Member, bob: Member, as_member: AsMember, state: str
) -> None:
    exchange = stages.reach(state, stages.asked(bob, stages.post(alice, "gift")))
    address = f"/exchanges/{exchange.public_id}"
    for page in ("code", "door"):
        led = as_member(alice).get(f"{address}/{page}")
        assert (led.status_code, led.location) == (303, address)
    assert as_member(bob).post(f"{address}/door", data={"code": "123456"}).status_code == 409
    with pytest.raises(Conflict):
        handing.own_code(alice, exchange.public_id)


def test_the_code_stands_in_no_log_and_no_other_page_learns_of_it(
    alice: Member, bob: Member, as_member: AsMember, caplog: pytest.LogCaptureFixture
) -> None:
    exchange = arranged(alice, bob)
    code = handing.own_code(alice, exchange.public_id)
    with caplog.at_level(logging.DEBUG):
        scanned = as_member(bob).get(f"/exchanges/{exchange.public_id}/door?code={code}")
        as_member(bob).post(f"/exchanges/{exchange.public_id}/door", data={"code": code})
    assert scanned.headers["Referrer-Policy"] == "strict-origin"
    assert scanned.headers["Cache-Control"] == "private, no-store"
    assert code not in " ".join(str(vars(record)) for record in caplog.records)
