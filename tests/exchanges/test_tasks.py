"""What waits for a member, from the facts; and my page, however much somebody has going on."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import turns
from marketplace.exchanges.models import Exchange, Proposal, Thanks
from marketplace.exchanges.service import Wish, ask, decline, promise
from marketplace.exchanges.tasks import Task, waiting_for
from marketplace.messages import service as messages
from tests import factories
from tests.exchanges.crowd import crowd, exchange

As = Callable[[Member], FlaskClient]


def kinds(member: Member) -> list[str]:
    return [one.turn.task for one in waiting_for(member, utcnow()).tasks]


def only(member: Member, kind: str) -> Task:
    (found,) = [one for one in waiting_for(member, utcnow()).tasks if one.turn.task == kind]
    return found


def test_who_waits_for_my_answer_comes_first_with_their_message(alice: Member, bob: Member) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Masih ada, Bu?")
    assert kinds(alice) == [turns.ANSWER, turns.MESSAGE]
    assert only(alice, turns.ANSWER).link == f"/exchanges/{asked.public_id}"
    assert only(alice, turns.ANSWER).other == bob
    assert kinds(bob) == []


def test_people_who_wait_for_the_same_are_one_line_that_leads_to_the_queue(
    as_member: As, alice: Member
) -> None:
    bicycle = factories.offer(alice, "Sepeda anak")
    for number in range(8):
        exchange(bicycle, factories.member(f"Tetangga {number}"), "interested")
    found = only(alice, turns.ANSWER)
    assert (found.count, found.other, found.link) == (
        8, None, f"/listings/{bicycle.public_id}/queue",
    )  # fmt: skip
    page = as_member(alice).get("/me").text
    assert "8 people wait for your answer: “Sepeda anak”" in page


def test_nobody_is_urged_to_answer_while_everything_is_promised(
    alice: Member, bob: Member, carol: Member
) -> None:
    bicycle = factories.offer(alice, "Sepeda anak")
    first = ask(bob, bicycle.public_id, Wish(), "Halo tetangga")
    ask(carol, bicycle.public_id, Wish(), "Halo tetangga")
    promise(alice, first.public_id)
    assert turns.ANSWER not in kinds(alice)
    assert turns.ARRANGE in kinds(alice)


def test_a_promise_waits_for_both_and_says_until_when_it_holds(
    as_member: As, alice: Member, bob: Member
) -> None:
    asked = ask(bob, factories.offer(alice, "Sepeda anak").public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    assert turns.ARRANGE in kinds(alice)
    assert turns.ARRANGE in kinds(bob)
    page = as_member(bob).get("/me").text
    assert "Arrange with Alice when you get “Sepeda anak”" in page
    assert "The promise holds until" in page
    assert "when you hand over “Sepeda anak”" in as_member(alice).get("/me").text


def test_a_proposal_waits_for_the_other_side_alone(alice: Member, bob: Member) -> None:
    running = exchange(factories.offer(alice), bob, "promised")
    with transaction() as session:
        session.add(Proposal(
            exchange_id=running.id, by_id=alice.id, starts_at=utcnow() + timedelta(days=1),
            zone="Asia/Jakarta", place="Balai RW",
        ))  # fmt: skip
    assert kinds(bob) == [turns.PROPOSAL]
    assert kinds(alice) == []


def test_a_proposal_whose_time_is_over_waits_for_nobody(alice: Member, bob: Member) -> None:
    running = exchange(factories.offer(alice), bob, "promised")
    with transaction() as session:
        session.add(Proposal(
            exchange_id=running.id, by_id=alice.id, starts_at=utcnow() - timedelta(hours=1),
            zone="Asia/Jakarta", place="Balai RW",
        ))  # fmt: skip
    assert kinds(bob) == kinds(alice) == [turns.ARRANGE]


@pytest.mark.parametrize(
    ("state", "values", "giver", "receiver"),
    [
        ("arranged", {"meets_at": timedelta(hours=1)}, turns.MEETING, turns.MEETING),
        ("arranged", {"meets_at": timedelta(days=5)}, "", ""),
        ("arranged", {"meets_at": timedelta(hours=-1)}, turns.HAND_OVER, turns.HAND_OVER),
        ("out", {"due_on": timedelta(0)}, "", turns.BRING_BACK),
        ("out", {"due_on": timedelta(days=9)}, "", ""),
        ("out", {"due_on": timedelta(days=-3)}, turns.ASK_BACK, turns.BRING_BACK),
        ("returned", {"due_on": timedelta(0)}, turns.CHECK_RETURN, ""),
        ("partly", {"terms": "swap"}, turns.OTHER_HALF, turns.OTHER_HALF),
        ("closed", {"ended_at": timedelta(hours=-1)}, turns.THANK, turns.THANK),
        ("closed", {"ended_at": timedelta(days=-20)}, "", ""),
        ("declined", {}, "", ""),
    ],
)  # fmt: skip
def test_each_stage_waits_for_whose_turn_it_is(
    alice: Member, bob: Member, state: str, values: dict[str, Any], giver: str, receiver: str
) -> None:
    noon = utcnow()
    moments = {
        name: noon + value if isinstance(value, timedelta) else value
        for name, value in values.items()
    }
    if "due_on" in moments:
        moments["due_on"] = moments["due_on"].astimezone(ZoneInfo("Asia/Jakarta")).date()
    exchange(factories.offer(alice), bob, state, **moments)
    assert kinds(alice) == [giver] * bool(giver)
    assert kinds(bob) == [receiver] * bool(receiver)


def test_what_the_other_said_waits_for_a_word(alice: Member, bob: Member) -> None:
    said = {"there_said_by_id": alice.id, "there_said_at": utcnow()}
    exchange(factories.offer(alice), bob, "handed_over", **said)
    assert kinds(bob) == [turns.CONFIRM]
    assert kinds(alice) == []


def test_who_has_said_thanks_is_not_asked_again(alice: Member, bob: Member) -> None:
    done = exchange(factories.offer(alice), bob, "closed", ended_at=utcnow())
    with transaction() as session:
        session.add(Thanks(exchange_id=done.id, by_id=bob.id, to_id=alice.id, words="Terima kasih"))
    assert kinds(bob) == []
    assert kinds(alice) == [turns.THANK]
    with transaction() as session:
        session.get_one(Member, bob.id).erased_at = utcnow()
    assert kinds(alice) == [], "nobody is left to be thanked"


@pytest.mark.parametrize(
    ("state", "values"),
    [("promised", {}), ("returned", {"terms": "loan"}), ("closed", {"ended_at": utcnow()})],
)
def test_each_task_leads_to_where_it_is_done(
    as_member: As, alice: Member, bob: Member, state: str, values: dict[str, Any]
) -> None:
    exchange(factories.offer(alice, promised=1), bob, state, **values)
    (task,) = waiting_for(alice, utcnow()).tasks
    assert f'href="{task.link}"' in as_member(alice).get("/me").text
    assert as_member(alice).get(task.link.partition("#")[0]).status_code == 200


def test_many_who_wrote_are_one_line(as_member: As, alice: Member) -> None:
    thing = factories.offer(alice, "Mesin jahit")
    for number in range(5):
        who = factories.member(f"Tetangga {number}")
        messages.open_conversation(who, thing.public_id, "Halo tetangga")
    assert (only(alice, turns.MESSAGE).count, only(alice, turns.MESSAGE).link) == (5, "/messages")
    assert "New messages in 5 conversations" in as_member(alice).get("/me").text


def test_nothing_of_others_waits_for_a_stranger(alice: Member, bob: Member, carol: Member) -> None:
    ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    assert kinds(carol) == []


def test_a_refused_one_waits_for_nobody(alice: Member, bob: Member) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    decline(alice, asked.public_id, "another")
    assert turns.ANSWER not in kinds(alice)


def test_my_page_says_how_my_posts_stand_and_what_runs(
    as_member: As, alice: Member, bob: Member, carol: Member
) -> None:
    drill = factories.offer(alice, "Bor listrik", loan=True, gift=False, quantity=2)
    exchange(drill, bob, "out", terms="loan", due_on=utcnow().date() + timedelta(days=9))
    exchange(drill, carol, "interested", terms="loan")
    exchange(factories.offer(alice, "Meja"), bob, "promised")
    exchange(factories.request(carol, "Butuh tangga"), alice, "interested")
    page = as_member(alice).get("/me").text
    assert "lent to Bob until" in page
    assert "1 person waits" in page
    assert "promised to Bob" in page
    running = page[page.index("Exchanges that run") : page.index("Lent and borrowed")]
    assert "Butuh tangga" in running
    assert "Their turn" in running
    assert "Meja" not in running, "it stands among what waits already"
    assert "Bor listrik" in page[page.index("Lent and borrowed") :]


class Nodes(HTMLParser):
    """Counts the elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.count = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.count += 1


def statements_of(browser: FlaskClient, path: str) -> list[str]:
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert browser.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return asked


def test_pages_of_mine_stay_small_and_quick_with_500_conversations(
    as_member: As, alice: Member
) -> None:
    browser, paths = as_member(alice), ("/me", "/me/exchanges", "/me/listings")
    crowd(alice, 60)
    few = {path: len(statements_of(browser, path)) for path in paths}
    with transaction() as session:
        session.query(Exchange).delete()
    crowd(alice, 500)
    for path in paths:
        assert len(statements_of(browser, path)) <= few[path] <= 40, path
        page = browser.get(path).text
        assert Nodes(page).count <= 500, (path, Nodes(page).count)
        assert len(zlib.compress(page.encode())) < 14_000, path
