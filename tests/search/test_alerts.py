"""What is new in a saved search is found once, told once, and only to who may see it."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, insert, select, update

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.notifications.models import MailHours, Notification, Preference
from marketplace.notifications.service import notify
from marketplace.search import alert_news, alerts, keying, saved, standing, synonyms
from marketplace.search.models import SavedSearch, SavedSearchTerm, SearchAlert
from marketplace.search.service import SearchRequest
from marketplace.search.synonym_rules import SynonymDraft
from marketplace.web import parts
from tests import factories

THURSDAY = datetime.fromisoformat("2026-11-26T12:00+07:00")
FRIDAY_7, SATURDAY_7 = (THURSDAY.replace(day=day, hour=7, minute=1) for day in (27, 28))
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(app: Any) -> Iterator[Any]:
    with time_machine.travel(THURSDAY) as travelled:
        yield travelled


def keep(member: Member, text: str = "mesin jahit", how: str = "at_once", **of: Any) -> SavedSearch:
    name = text or "Near"
    row = saved.save_search(parts(), member, SearchRequest(text=text, **of), name)
    return saved.change_search(member, row.public_id, name, how)


def offer(owner: Member, title: str = "Mesin jahit Singer", **values: Any) -> Listing:
    """A post whose matches are made: saved searches come after them."""
    return factories.offer(owner, title, matched_revision=9, **values)


def run() -> None:
    """Hold everything against the searches and tell what is due."""
    while alerts.find(parts()) or alert_news.tell(parts()):
        db.session.rollback()
    db.session.rollback()


def told(member: Member) -> list[str]:
    rows = select(Notification).where(
        Notification.member_id == member.id, Notification.topic == "alert"
    )
    return [
        f"{row.kind} {row.params.get('title', row.params['num'])}"
        for row in db.session.scalars(rows.order_by(Notification.id))
    ]


def outcomes(row: SavedSearch) -> list[str]:
    chosen = select(SearchAlert.outcome).where(SearchAlert.search_id == row.id)
    return sorted(db.session.scalars(chosen))


def test_at_once_means_in_a_few_minutes_and_several_in_one_message(
    clock: Any, alice: Member, bob: Member
) -> None:
    row = keep(bob)
    offer(alice, "Mesin jahit Singer")
    offer(alice, "Mesin jahit Butterfly")
    offer(alice, "Mesin cuci")
    run()
    assert told(bob) == []
    clock.shift(standing.GATHERED)
    run()
    assert told(bob) == ["search_found_more 2"]
    assert db.session.scalars(select(Notification.mail)).all() == ["mailed"]
    offer(alice, "Mesin jahit Janome")
    run()
    clock.shift(standing.GATHERED)
    run()
    assert len(told(bob)) == 1  # not before half an hour
    clock.shift(standing.APART)
    run()
    assert told(bob) == ["search_found_more 2", "search_found Mesin jahit Janome"]
    assert outcomes(row) == ["told", "told", "told"]
    assert [one.new for one in saved.searches_of(bob)] == [3]


def test_daily_and_weekly_come_as_one_summary_at_the_hour_of_the_digest(
    clock: Any, alice: Member, bob: Member
) -> None:
    keep(bob, "mesin jahit", "daily")
    keep(bob, "sepeda", "daily")
    keep(bob, "kursi", "weekly")
    for title in ("Mesin jahit", "Sepeda gunung", "Kursi goyang"):
        offer(alice, title)
    run()
    clock.shift(timedelta(hours=12))
    run()
    assert told(bob) == []
    clock.move_to(FRIDAY_7)
    run()
    assert told(bob) == ["searches_found 2"]
    clock.move_to(SATURDAY_7)
    run()
    assert told(bob) == ["searches_found 2", "search_found Kursi goyang"]


def test_a_search_that_is_only_kept_counts_and_says_nothing(
    clock: Any, alice: Member, bob: Member
) -> None:
    row = keep(bob, how="never")
    offer(alice)
    run()
    saved.change_search(bob, row.public_id, "x", "at_once")
    clock.shift(timedelta(days=2))
    run()
    assert told(bob) == []
    assert [one.new for one in saved.searches_of(bob)] == [1]


def test_what_waits_follows_another_choice(clock: Any, alice: Member, bob: Member) -> None:
    row = keep(bob, how="weekly")
    offer(alice)
    run()
    saved.change_search(bob, row.public_id, "x", "at_once")
    clock.shift(standing.GATHERED)
    run()
    assert told(bob) == ["search_found Mesin jahit Singer"]


def test_ones_own_posts_and_those_that_were_there_are_no_news(
    clock: Any, alice: Member, bob: Member
) -> None:
    there = offer(alice)
    row = keep(bob)
    offer(bob)
    with transaction():
        there.revision += 1
    run()
    assert outcomes(row) == ["known"]


def test_a_post_that_newly_fits_is_news_and_told_once(
    clock: Any, alice: Member, bob: Member
) -> None:
    row = keep(bob)
    post = offer(alice, "Mesin")
    run()
    assert outcomes(row) == []
    for _ in range(2):
        with transaction():
            post.title, post.words = "Mesin jahit", {"mesin": 2.0, "jahit": 2.0}
            post.revision += 1
        run()
        clock.shift(timedelta(hours=1))
        run()
    assert told(bob) == ["search_found Mesin jahit"]


@pytest.mark.parametrize("what", ["held", "expired", "withdrawn", "paused", "block", "blocked"])
def test_what_cannot_be_seen_any_more_is_not_told(
    clock: Any, alice: Member, bob: Member, what: str
) -> None:
    row, post = keep(bob), offer(alice)
    run()
    with transaction() as session:
        if what in ("held", "withdrawn"):
            post.state = what
        elif what == "expired":
            post.expires_at = utcnow() + MINUTE
        elif what == "paused":
            alice.paused_at = utcnow()
        else:
            one, other = (bob, alice) if what == "block" else (alice, bob)
            session.add(Block(blocker_id=one.id, blocked_id=other.id))
    clock.shift(standing.GATHERED)
    run()
    assert told(bob) == []
    assert outcomes(row) == ["hidden"]
    assert [one.new for one in saved.searches_of(bob)] == [0]


def test_staff_are_told_no_more_than_others(clock: Any, alice: Member, staff: Member) -> None:
    keep(staff)
    post = offer(alice)
    run()
    with transaction():
        post.state = "held"
    clock.shift(standing.GATHERED)
    run()
    assert told(staff) == []


def test_what_was_hidden_while_it_was_to_be_told_is_told_when_it_comes_back(
    clock: Any, alice: Member, bob: Member
) -> None:
    keep(bob)
    post = offer(alice)
    run()
    for state in ("held", "open"):
        with transaction():
            post.state = state
            post.revision += 1
        clock.shift(standing.GATHERED)
        run()
    clock.shift(standing.GATHERED)
    run()
    assert told(bob) == ["search_found Mesin jahit Singer"]


def test_two_searches_tell_of_a_post_once_and_both_count_it(
    clock: Any, alice: Member, bob: Member
) -> None:
    keep(bob, "mesin jahit")
    keep(bob, "mesin")
    later = keep(bob, "jahit", "daily")
    offer(alice)
    run()
    clock.move_to(SATURDAY_7)
    run()
    assert told(bob) == ["search_found Mesin jahit Singer"]
    assert outcomes(later) == ["elsewhere"]
    assert [one.new for one in saved.searches_of(bob)] == [1, 1, 1]


def test_a_post_told_of_as_a_match_is_not_told_again(
    clock: Any, alice: Member, bob: Member, carol: Member
) -> None:
    rows = [keep(bob), keep(carol)]
    post = offer(alice)
    about = {"title": "Butuh mesin jahit", "other": post.title, "about": post.public_id}
    notify(bob, "match", "new_match", about, link="/x")
    run()
    clock.shift(standing.GATHERED)
    run()
    assert (told(bob), told(carol)) == ([], ["search_found Mesin jahit Singer"])
    assert [outcomes(row) for row in rows] == [["elsewhere"], ["told"]]
    assert [one.new for one in saved.searches_of(bob)] == [1]


def test_a_post_waits_until_its_matches_are_made(clock: Any, alice: Member, bob: Member) -> None:
    row = keep(bob)
    post = factories.offer(alice)
    run()
    assert outcomes(row) == []
    with transaction():
        post.matched_revision = post.revision
    run()
    assert outcomes(row) == ["waiting"]


def test_in_quiet_hours_it_waits_and_is_put_together_afterwards(
    clock: Any, alice: Member, bob: Member
) -> None:
    with transaction() as session:
        hours = session.get_one(MailHours, bob.id)
        hours.quiet_from, hours.quiet_until = 11, 15
    keep(bob)
    post, other = offer(alice), offer(alice, "Mesin jahit Janome")
    run()
    clock.shift(timedelta(hours=1))
    run()
    assert told(bob) == []
    with transaction():
        other.state = "withdrawn"
    clock.shift(timedelta(hours=2))
    run()
    assert told(bob) == [f"search_found {post.title}"]


def test_no_mail_means_news_on_the_site_alone(clock: Any, alice: Member, bob: Member) -> None:
    with transaction() as session:
        session.add(Preference(member_id=bob.id, topic="alert", channel="here"))
    keep(bob)
    offer(alice)
    run()
    clock.shift(standing.GATHERED)
    run()
    assert db.session.scalars(select(Notification.mail_reason)).all() == ["off"]
    assert len(told(bob)) == 1


def test_news_of_a_post_go_when_it_is_taken_back(clock: Any, alice: Member, bob: Member) -> None:
    from marketplace.moderation.blocking import block_member

    keep(bob)
    offer(alice)
    run()
    clock.shift(standing.GATHERED)
    run()
    assert len(told(bob)) == 1
    block_member(bob, alice)
    assert told(bob) == []


def test_a_deleted_search_finds_nothing_and_tells_nothing(
    clock: Any, alice: Member, bob: Member
) -> None:
    row = keep(bob)
    offer(alice)
    run()
    saved.remove_search(bob, row.public_id)
    offer(alice, "Mesin jahit Janome")
    run()
    clock.shift(timedelta(hours=1))
    run()
    assert told(bob) == []
    assert outcomes(row) == ["known"]


def test_around_home_it_follows_a_member_who_moves(clock: Any, alice: Member, bob: Member) -> None:
    from marketplace.places.cells import place_of

    row = keep(bob, "", place=place_of(bob), radius_km=5.0)
    bogor = factories.place(factories.BOGOR)
    with transaction():
        bob.cell = bogor["cell"]
    assert keying.refresh(parts()) == 1
    assert keying.refresh(parts()) == 0
    offer(alice, "Kursi")
    offer(alice, "Meja", point=factories.BOGOR)
    run()
    clock.shift(standing.GATHERED)
    run()
    assert told(bob) == ["search_found Meja"]
    assert row.cell is None


def test_a_word_that_staff_add_leads_to_what_comes_later_and_what_is_old_only_counts(
    clock: Any, alice: Member, bob: Member, staff: Member, settle: Callable[[], None]
) -> None:
    row = keep(bob, "colokan listrik")
    old = offer(alice, "Krombol")
    with transaction():
        old.updated_at = utcnow() - timedelta(days=2)
    settle()
    clock.shift(timedelta(hours=1))
    settle()
    assert outcomes(row) == []
    synonyms.add_synonym(staff, SynonymDraft("krombol", same_as="colokan listrik"))
    settle()
    assert outcomes(row) == ["known"]
    factories.offer(alice, "Krombol panjang")
    settle()
    clock.shift(standing.GATHERED)
    settle()
    assert told(bob) == ["search_found Krombol panjang"]
    assert [one.new for one in saved.searches_of(bob)] == [2]


SWEPT = ("alerts.py", "alert_news.py")


class Killer:
    """Interrupts the sweeps at their n-th line."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: Any, what: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith(SWEPT):
            return None
        if what == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def test_killed_at_any_line_nothing_is_lost_or_told_twice(
    clock: Any, alice: Member, bob: Member
) -> None:
    row = keep(bob)
    at, expected = 1, 0
    while True:
        expected += 1
        offer(alice, f"Mesin jahit {expected}")
        clock.shift(timedelta(hours=1))
        killer = Killer(at)
        was = sys.gettrace()
        sys.settrace(killer)
        try:
            alerts.find(parts())
            clock.shift(timedelta(hours=1))
            alert_news.tell(parts())
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(was)
        db.session.rollback()
        run()
        clock.shift(timedelta(hours=1))
        run()
        assert outcomes(row) == ["told"] * expected, f"killed at line {at}"
        assert len(told(bob)) == expected, f"killed at line {at}"
        if killer.left > 0:
            break
        at += 9
    assert expected > 20


def fill(members: list[Member], number: int) -> None:
    """So many saved searches, each for two words of a hundred."""
    rows, terms = [], []
    index = parts().search_index
    for n in range(1, number + 1):
        text = f"kata{n % 97} lain{n % 89}"
        what = standing.Standing(text=text)
        member = members[n % len(members)]
        keyed = keying.keyed(index, what, member.cell)
        rows.append(
            {
                "id": n, "public_id": f"{n:012d}", "member_id": member.id,
                "name": text, "text": text, "same_as": str(n), "how_often": "daily",
                "keyed_as": keyed.made_of,
            }
        )  # fmt: skip
        terms += [{"search_id": n, "term": key} for key in keyed.keys]
    with transaction() as session:
        session.execute(insert(SavedSearch), rows)
        session.execute(insert(SavedSearchTerm), terms)


@pytest.mark.parametrize("number", [20, 2000])
def test_however_many_searches_and_posts_the_questions_are_as_many(
    clock: Any, alice: Member, bob: Member, carol: Member, number: int
) -> None:
    fill([bob, carol], number)
    words = [f"kata{n % 97} lain{n % 89}" for n in range(alerts.BATCH)]
    for text in words:
        offer(alice, text)
    asked: list[str] = []

    def count(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert alerts.find(parts()) == alerts.BATCH
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    found = db.session.scalar(select(db.func.count()).select_from(SearchAlert))
    assert found == sum(n % 97 == m % 97 and n % 89 == m % 89
                        for n in range(alerts.BATCH) for m in range(1, number + 1))  # fmt: skip
    assert len(asked) <= 12, asked


def test_a_post_that_changed_while_it_was_held_against_them_is_due_again(
    clock: Any, alice: Member, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = keep(bob)
    post = offer(alice)
    proposed = alerts._proposed

    def meanwhile(posts: Any) -> Any:
        found = proposed(posts)
        with db.engine.begin() as connection:
            connection.execute(
                update(Listing).where(Listing.id == post.id).values(revision=2, state="withdrawn")
            )
        return found

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "_proposed", meanwhile)
        alerts.find(parts())
    assert outcomes(row) == []
    run()
    assert outcomes(row) == []
