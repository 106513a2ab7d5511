"""My page: what waits first, then what I have posted."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.messages import service as messages
from tests import factories

As = Callable[[Member], FlaskClient]


def test_a_visitor_is_sent_to_sign_in(visitor: FlaskClient) -> None:
    response = visitor.get("/me")
    assert response.status_code in (302, 303)
    assert "/sign-in" in response.location


def test_a_newcomer_is_shown_how_to_begin(as_member: As, alice: Member) -> None:
    page = as_member(alice).get("/me").text
    assert "Hello, Alice" in page
    assert "You have not posted anything yet" in page
    assert "Nothing. Whoever waits" in page


def test_a_draft_waits_to_be_continued(as_member: As, alice: Member) -> None:
    draft = factories.offer(alice, "Setengah jadi", state="draft", published_at=None)
    page = as_member(alice).get("/me").text
    assert "Go on with: Setengah jadi" in page
    assert f"/listings/{draft.public_id}/edit" in page


def test_an_unread_message_waits_before_everything_else(
    as_member: As, alice: Member, bob: Member
) -> None:
    listing = factories.offer(alice, "Mesin jahit")
    messages.open_conversation(bob, listing.public_id, "Masih ada, Bu?")
    page = as_member(alice).get("/me").text
    assert "Bob about Mesin jahit" in page
    assert "1 new message" in page
    assert page.index("Bob about") < page.index("What I have posted")
    assert re.search(r'class="count-badge">1<', page)


def test_listings_are_shown_with_their_state(as_member: As, alice: Member) -> None:
    factories.offer(alice, "Terbuka", quantity=5, unit="piece")
    factories.offer(alice, "Lewat", expires_at=utcnow() - timedelta(days=1))
    factories.offer(alice, "Ditarik", state="withdrawn")
    page = as_member(alice).get("/me").text
    assert "Terbuka" in page
    assert "Its time has run out" in page
    assert "Ditarik" not in page


def test_the_number_of_matches_leads_to_them(
    as_member: As, alice: Member, bob: Member, settle: Callable[[], object]
) -> None:
    mine = factories.request(alice, "Butuh mesin jahit")
    factories.offer(bob, "Mesin jahit portabel")
    settle()
    page = as_member(alice).get("/me").text
    assert f"/listings/{mine.public_id}/matches" in page
    assert "1 fits" in page


def test_nobody_elses_things_are_on_it(as_member: As, alice: Member, carol: Member) -> None:
    factories.offer(alice, "Milik Alice")
    factories.offer(alice, "Draf Alice", state="draft", published_at=None)
    assert "Alice" not in as_member(carol).get("/me").text


def test_an_unconfirmed_address_is_said_first(as_member: As) -> None:
    new = factories.member("Eka", email="eka@example.org")
    browser = as_member(new)
    with transaction():
        new.email_confirmed_at = None
    page = browser.get("/me").text
    assert "Please confirm your e-mail address." in page
    assert "eka@example.org" in page
