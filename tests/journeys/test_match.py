"""The way of a match over HTTP, without JavaScript: told, answered by both, arranged; and a no."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from tests import factories

As = Callable[[Member], FlaskClient]


@pytest.fixture
def reader(as_member: As) -> Callable[[Member], Callable[..., str]]:
    """Pages as one member reads them: ``read(path)``, or ``read(path, field=value)`` to send."""

    def reader_of(member: Member) -> Callable[..., str]:
        client = as_member(member)

        def read(path: str, **data: str) -> str:
            if data:
                answer = client.post(path, data=data, follow_redirects=True)
            else:
                answer = client.get(path)
            assert answer.status_code == 200, path
            return unescape(answer.text)

        return read

    return reader_of


def link(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found[0]


def test_a_match_that_both_accept_becomes_an_exchange_that_is_promised(
    reader: Callable[[Member], Callable[..., str]],
    alice: Member,
    bob: Member,
    settle: Callable[[], None],
):
    factories.offer(alice, "Mesin jahit")
    factories.request(bob, "Butuh mesin jahit")
    settle()
    seeker, giver = reader(bob), reader(alice)
    assert "“Mesin jahit” fits your “Butuh mesin jahit”" in seeker("/notifications")
    pair = link(seeker("/me/matches"), r"/matches/\w{12}")
    assert "has been told" in seeker(f"{pair}/acceptance", go="1")
    settle()
    assert "Bob says that “Butuh mesin jahit” and your “Mesin jahit” fit" in giver("/notifications")
    page = giver(f"{pair}/acceptance", go="1")
    assert "You both said yes" in page
    exchange = link(page, r"/exchanges/\w{12}")
    assert "we both said yes" in giver(link(page, r"/messages/\w{12}"))
    assert "Promised" in giver(f"{exchange}/promise", go="1")
    assert "Promised" in seeker(exchange)
    assert exchange in seeker(pair)
    assert "You both said yes" in seeker("/me/matches/past")


def test_a_no_teaches_and_is_reset(
    reader: Callable[[Member], Callable[..., str]],
    alice: Member,
    bob: Member,
    carol: Member,
    settle: Callable[[], None],
):
    far = factories.place((-6.47, 106.79))
    factories.request(bob, "Butuh sepeda anak", **factories.place((-6.40, 106.79)))
    factories.offer(alice, "Sepeda anak merah", **far)
    factories.offer(carol, "Sepeda anak biru", **far)
    settle()
    read = reader(bob)
    first = link(read("/me/matches"), r"/matches/\w{12}")
    assert "What is as far away comes further down" in read(f"{first}/refusal", reason="too_far")
    assert "Further down: about as far" in read("/me/matches")
    answered = read("/me/matches/lessons/forgetting", go="1")
    assert "You said it does not fit" in answered
    assert "Further down" not in read("/me/matches")
    read(f"{first}/taking-back", go="1")
    assert read("/me/matches").count("Yes, it fits") == 2
