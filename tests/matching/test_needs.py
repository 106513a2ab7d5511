"""Need among the requests that fit an offer: what counts, who notices, and who never does."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.accounts.hardship import say_hardship
from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import lists, needs, service
from marketplace.matching.fairness import NEUTRAL_AREA
from marketplace.matching.models import Match
from marketplace.matching.needs import Asking
from marketplace.places.poverty import deprivation
from marketplace.site_settings import SiteValues, set_site_values
from tests import factories

As = Callable[[Member], FlaskClient]
LONG_AGO = timedelta(days=40)


def matched(offer: Listing, **requests: tuple[Listing, float]) -> None:
    with transaction() as session:
        session.add_all(
            Match(
                offer_id=offer.id,
                request_id=request.id,
                score=score,
                offer_revision=1,
                request_revision=1,
                reasons=[["same_words", {"words": ["mesin", "jahit"]}]],
            )
            for request, score in requests.values()
        )


@pytest.fixture
def offer(alice: Member, bob: Member, carol: Member) -> Listing:
    """alice's offer, which bob's request fits a little better than carol's; carol is in need."""
    made = factories.offer(alice)
    asks = factories.request(bob, "Mesin jahit untuk Bob")
    needs_it = factories.request(
        carol, "Mesin jahit untuk Carol", published_at=utcnow() - LONG_AGO, area_code="92.12"
    )
    worst = factories.request(factories.member("Dewi"), "Mesin jahit untuk Dewi")
    matched(made, bob=(asks, 0.60), carol=(needs_it, 0.56), dewi=(worst, 0.40))
    say_hardship(carol)
    return made


def order(actor: Member | None, listing: Listing) -> list[str]:
    db.session.rollback()
    return [found.other.title.split()[-1] for found in service.matches_of(actor, listing)]


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.text)


def request_of(name: str) -> Listing:
    return db.session.query(Listing).filter(Listing.title.endswith(name)).one()


def test_the_giver_sees_who_needs_it_more_before_who_fits_a_little_better(
    alice: Member, offer: Listing
) -> None:
    assert order(alice, offer) == ["Carol", "Bob", "Dewi"]


def test_what_is_for_the_giver_to_answer_stands_in_the_same_order(
    as_member: As, alice: Member, bob: Member, offer: Listing
) -> None:
    def titles(member: Member) -> list[str]:
        found = lists.for_you(member, utcnow()).found
        return [one.other.title.split()[-1] for one in found]

    assert titles(alice) == ["Carol", "Bob", "Dewi"]
    nearer = factories.offer(factories.member("Eka"), "Mesin jahit dari Eka")
    matched(nearer, bob=(request_of("Bob"), 0.61))
    assert titles(bob) == ["Eka", "jahit"]  # offers, by relevance alone
    set_site_values(SiteValues(need_percent=0))
    db.session.rollback()
    assert titles(alice) == ["Bob", "Carol", "Dewi"]


def test_need_lifts_nobody_past_who_fits_clearly_better(alice: Member, offer: Listing) -> None:
    with transaction() as session:
        session.query(Match).filter_by(request_id=request_of("Carol").id).one().score = 0.45
    assert order(alice, offer) == ["Bob", "Carol", "Dewi"]


def test_on_a_site_where_need_plays_no_part_the_better_fit_comes_first(
    alice: Member, offer: Listing
) -> None:
    set_site_values(SiteValues(need_percent=0))
    assert order(alice, offer) == ["Bob", "Carol", "Dewi"]


def test_need_reaches_over_the_edge_of_what_is_shown(alice: Member, offer: Listing) -> None:
    assert [one.other.title for one in service.matches_of(alice, offer, 1)] == [
        "Mesin jahit untuk Carol"
    ]


def test_nobody_but_the_giver_learns_anything_from_the_order(
    client: FlaskClient, bob: Member, carol: Member, staff: Member, offer: Listing
) -> None:
    for actor in (None, bob, carol, staff):
        assert order(actor, offer) == ["Bob", "Carol", "Dewi"]
    items = client.get(f"/api/v1/listings/{offer.public_id}/matches").json["items"]  # type: ignore[index]
    assert [one["listing"]["title"].split()[-1] for one in items] == ["Bob", "Carol", "Dewi"]


def test_who_asks_sees_offers_by_relevance_alone(bob: Member, offer: Listing) -> None:
    request = request_of("Bob")
    nearer = factories.offer(factories.member("Eka"), "Mesin jahit dari Eka")
    matched(nearer, bob=(request, 0.61))
    assert order(bob, request) == ["Eka", "jahit"]


def test_each_fact_counts_for_its_member_alone(bob: Member, carol: Member) -> None:
    say_hardship(carol)
    with transaction() as session:
        session.add(Reputation(member_id=bob.id, received=3))
    now = utcnow()
    first, second = needs.facts_of(
        [
            Asking(bob.id, "34.03.01", now - timedelta(days=12)),
            Asking(carol.id, None, None),
        ]
    )
    assert (first.in_hardship, first.received, round(first.days_waiting, 3)) == (False, 3, 12)
    assert first.deprivation == deprivation("34.03")
    assert (second.in_hardship, second.received, second.days_waiting) == (True, 0, 0)
    assert second.deprivation == NEUTRAL_AREA


def test_what_is_asked_for_online_counts_where_its_owner_is(bob: Member) -> None:
    with transaction():
        bob.area_code = "34.03.01"
    online = factories.request(bob, place_kind="online", cell=None, cell_resolution=None)
    facts = needs.own_facts(bob, online)
    assert facts is not None
    assert facts.deprivation == deprivation("34.03")


def test_who_asks_sees_what_their_need_counts_and_why(
    as_member: As, carol: Member, offer: Listing
) -> None:
    path = f"/listings/{request_of('Carol').public_id}/matches"
    text = text_of(as_member(carol), path)
    assert "What your need counts" in text
    assert "Your need counts 1.00 of at most 1" in text
    for what in ("You told us that times are hard", "Waiting for 40 days", "Nothing received"):
        assert what in text
    for link in ('href="/fairness"', 'href="/account/hardship"'):
        assert link in text


def test_the_parts_that_are_written_add_up(as_member: As, bob: Member, offer: Listing) -> None:
    text = text_of(as_member(bob), f"/listings/{request_of('Bob').public_id}/matches")
    section = text.partition("What your need counts")[2].partition("</section>")[0]
    parts = [float(one.partition("<")[0]) for one in section.split("<dd>")[1:]]
    assert len(parts) == 4
    assert f"counts {sum(parts):.2f} of" in section


def test_a_site_that_does_not_ask_about_hard_times_does_not_speak_of_them(
    as_member: As, carol: Member, offer: Listing
) -> None:
    set_site_values(SiteValues(hardship="off"))
    text = text_of(as_member(carol), f"/listings/{request_of('Carol').public_id}/matches")
    assert "Your need counts 0.60 of at most 1" in text
    assert "ard times" not in text
    assert "/account/hardship" not in text


def test_where_need_plays_no_part_nothing_is_said_of_it(
    as_member: As, alice: Member, carol: Member, offer: Listing
) -> None:
    set_site_values(SiteValues(need_percent=0))
    mine = text_of(as_member(carol), f"/listings/{request_of('Carol').public_id}/matches")
    assert "What your need counts" not in mine
    givers = text_of(as_member(alice), f"/listings/{offer.public_id}/matches")
    assert "whoever needs it more" not in givers


def pages_of(offer: Listing, carol: Member) -> list[str]:
    """Where others meet carol or her request."""
    request = request_of("Carol").public_id
    return [
        f"/listings/{offer.public_id}",
        f"/listings/{request}",
        f"/members/{carol.public_id}",
        "/",
        "/search?q=mesin+jahit",
    ]


def test_nobody_else_reads_anything_of_a_need(
    client: FlaskClient,
    as_member: As,
    alice: Member,
    bob: Member,
    staff: Member,
    carol: Member,
    offer: Listing,
) -> None:
    """Every page says the same of carol whether or not she told of hard times."""
    readers = {"visitor": client, "giver": as_member(alice), "bob": as_member(bob)}
    readers["staff"] = as_member(staff)
    for name, reader in readers.items():
        for path in pages_of(offer, carol):
            text = text_of(reader, path)
            for words in ("need counts", "times are hard", "hard times"):
                assert words not in text, (name, path)
    api = client.get(f"/api/v1/listings/{request_of('Carol').public_id}").text
    api += client.get(f"/api/v1/listings/{offer.public_id}/matches").text
    for word in ('"need', "hardship", "points", "score", "received"):
        assert word not in api.lower(), word


def test_the_giver_sees_the_same_reasons_whatever_the_need(
    as_member: As, alice: Member, offer: Listing
) -> None:
    text = text_of(as_member(alice), f"/listings/{offer.public_id}/matches")
    items = text.split('class="match"')[1:]
    reasons = {item.partition('class="reasons"')[2].partition("</ul>")[0] for item in items}
    assert len(items) == 3
    assert len(reasons) == 1


def test_staff_find_no_page_about_a_request_that_tells_of_its_need(
    as_member: As, staff: Member, carol: Member, offer: Listing
) -> None:
    path = f"/listings/{request_of('Carol').public_id}/matches"
    assert as_member(staff).get(path).status_code == 404
    for page in ("", "/listings", "/reports", "/audit", "/codes", "/mail"):
        answer = as_member(staff).get(f"/staff{page}")
        assert (answer.status_code, "ard times" in answer.text) == (200, False), page
    assert needs.own_facts(staff, request_of("Carol")) is None
    assert needs.own_facts(None, request_of("Carol")) is None
    assert needs.own_facts(carol, request_of("Carol")) is not None


def test_who_posts_for_somebody_else_does_not_read_what_that_person_said(
    alice: Member, bob: Member
) -> None:
    request = factories.request(bob)
    with transaction():
        request.created_by_id = alice.id
    assert needs.own_facts(alice, request) is None
    assert needs.own_facts(bob, request) is not None


def test_the_order_of_a_full_page_takes_two_queries_more(alice: Member, offer: Listing) -> None:
    def queries(percent: int) -> int:
        set_site_values(SiteValues(need_percent=percent))
        db.session.rollback()
        listing = db.session.get_one(Listing, offer.id)
        needs.weight()
        counted: list[str] = []
        listen = (db.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
        event.listen(*listen)
        service.matches_of(db.session.get_one(Member, alice.id), listing)
        event.remove(*listen)
        return len(counted)

    assert queries(25) - queries(0) == 2
