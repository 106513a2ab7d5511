"""What a no teaches: what resembles it comes further down, explained, until it is forgotten."""

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.matching.lessons import LOWERED_BY, Lesson, Look, lowered
from marketplace.matching.models import Match
from marketplace.notifications.models import Notification
from tests import factories

As = Callable[[Member], FlaskClient]
NEAR, FAR = (-6.40, 106.79), (-6.47, 106.79)
words = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 5), max_size=6)
looks = st.builds(
    Look,
    listing_id=st.integers(1, 3),
    words=words,
    km=st.none() | st.floats(0, 300),
    hours=st.none() | st.integers(0, 2**168 - 1),
)
reasons = st.sampled_from(("not_what_i_need", "too_far", "timing", "have_it", "other"))
lessons = st.builds(Lesson, match_id=st.integers(1, 9), reason=reasons, look=looks)


@settings(deadline=None)
@given(looks, st.lists(lessons, max_size=5), lessons)
def test_a_lesson_lowers_within_bounds_and_more_of_them_never_lift(
    look: Look, before: list[Lesson], one: Lesson
):
    def factor(known: list[Lesson]) -> float:
        found = lowered(look, known)
        return found.factor if found else 1.0

    assert 1 - LOWERED_BY <= factor([*before, one]) <= factor(before) <= 1


@settings(deadline=None)
@given(looks)
def test_what_was_declined_for_another_reason_teaches_nothing(look: Look):
    assert lowered(look, [Lesson(1, "other", look)]) is None


def test_what_is_as_far_comes_lower_and_what_is_near_does_not():
    lesson = Lesson(1, "too_far", Look(1, km=10.0))
    assert lowered(Look(2, km=12.0), [lesson]).factor == pytest.approx(1 - LOWERED_BY)
    assert lowered(Look(2, km=5.0), [lesson]) is None
    assert lowered(Look(2, km=None), [lesson]) is None


def test_what_says_something_else_is_not_lowered():
    lesson = Lesson(1, "not_what_i_need", Look(1, {"sepeda": 2.0, "anak": 1.0}))
    assert lowered(Look(1, {"sepeda": 2.0, "anak": 1.0}), [lesson]) is not None
    assert lowered(Look(1, {"mesin": 2.0, "jahit": 1.0}), [lesson]) is None


@pytest.fixture
def matches(
    alice: Member, bob: Member, carol: Member, settle: Callable[[], None]
) -> dict[str, Match]:
    """bob asks; alice offers far away, carol a little less well but near; both are matched."""
    with_place = factories.place(FAR)
    factories.offer(alice, "Mesin jahit besar", **with_place)
    factories.offer(carol, "Mesin jahit kecil", **factories.place(NEAR))
    factories.request(bob, "Butuh mesin jahit", **factories.place(NEAR))
    settle()
    db.session.rollback()
    return {one.offer.title: one for one in db.session.scalars(select(Match))}


def test_a_decline_teaches_is_explained_and_can_be_forgotten(
    as_member: As, bob: Member, alice: Member, matches: dict[str, Match], settle: Callable[[], None]
):
    client = as_member(bob)
    declined = matches["Mesin jahit besar"]
    client.post(f"/matches/{declined.public_id}/refusal", data={"reason": "too_far"})
    factories.offer(alice, "Mesin jahit tua", **factories.place(FAR))
    settle()
    text = unescape(client.get("/me/matches").text)
    assert "about as far as what was too far for you" in text
    assert text.index("Mesin jahit kecil") < text.index("Mesin jahit tua")
    client.post("/me/matches/lessons/forgetting")
    assert "as far as what was too far" not in unescape(client.get("/me/matches").text)
    assert "You said it does not fit" in client.get("/me/matches/past").text


def test_one_lesson_can_be_forgotten_and_counted_again(
    as_member: As, bob: Member, matches: dict[str, Match]
):
    client = as_member(bob)
    path = f"/matches/{matches['Mesin jahit besar'].public_id}"
    client.post(f"{path}/refusal", data={"reason": "too_far"})
    assert (
        "does not move anything else" in client.post(f"{path}/lesson", follow_redirects=True).text
    )
    again = client.post(f"{path}/lesson", data={"counts": "yes"}, follow_redirects=True)
    assert "What is as far away comes further down" in again.text


def test_what_is_lowered_is_no_news(
    as_member: As, bob: Member, alice: Member, matches: dict[str, Match], settle: Callable[[], None]
):
    as_member(bob).post(
        f"/matches/{matches['Mesin jahit besar'].public_id}/refusal", data={"reason": "have_it"}
    )
    with transaction() as session:
        session.execute(delete(Notification))  # of each post one is told once a day
    factories.offer(alice, "Mesin jahit tua", **factories.place(NEAR))
    factories.request(alice, "Perlu rak buku")
    factories.offer(bob, "Rak buku")
    settle()
    told = db.session.scalars(select(Notification).where(Notification.member_id == bob.id))
    assert [one.params["title"] for one in told] == ["Rak buku"]
