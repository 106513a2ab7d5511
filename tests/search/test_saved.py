"""A search that a member keeps is theirs alone, is kept once, and can be brought back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Invalid, NotFound
from marketplace.listings.models import Listing
from marketplace.migrations import migrate
from marketplace.places.cells import place_of
from marketplace.search import saved
from marketplace.search.analysis import MAX_QUERY
from marketplace.search.models import SavedSearch, SavedSearchTerm, SearchAlert
from marketplace.search.service import SearchRequest
from marketplace.web import parts
from tests import factories

As = Callable[[Member], FlaskClient]


def keep(member: Member, text: str = "mesin jahit", **values: Any) -> SavedSearch:
    return saved.save_search(parts(), member, SearchRequest(text=text, **values), text or "x")


def names(member: Member) -> list[str]:
    db.session.rollback()
    return [one.search.name for one in saved.searches_of(member)]


def test_what_means_the_same_is_kept_once(app: Any, bob: Member) -> None:
    first = keep(bob)
    assert keep(bob, "  Mesin   JAHIT ").id == first.id
    assert keep(bob, direction="offer").id != first.id
    assert saved.find_saved(bob, SearchRequest(text="mesin jahit", sort="newest")).id == first.id
    assert len(names(bob)) == 2


def test_there_is_room_for_so_many(app: Any, bob: Member, monkeypatch: Any) -> None:
    monkeypatch.setattr(saved, "SEARCHES_MAX", 1)
    row = keep(bob)
    with pytest.raises(Invalid):
        keep(bob, "kursi")
    saved.remove_search(bob, row.public_id)
    keep(bob, "kursi")
    with pytest.raises(Invalid):
        saved.restore_search(bob, row.public_id)


def test_a_search_for_everything_is_no_search(app: Any, bob: Member) -> None:
    with pytest.raises(Invalid):
        keep(bob, "", place=place_of(bob))
    assert names(bob) == []


def test_around_home_it_moves_with_its_member(app: Any, bob: Member) -> None:
    assert keep(bob, place=place_of(bob), radius_km=5.0).cell is None
    bogor = place_of(factories.offer(bob, point=factories.BOGOR))
    there = keep(bob, "kursi", place=bogor, radius_km=5.0)
    assert there.cell == bogor.cell


def test_a_misspelt_word_that_nothing_holds_is_kept_as_it_was_read(
    app: Any, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "Mesin jahit")
    settle()
    assert keep(bob, "Mesin jahti").text == "Mesin jahit"
    assert keep(bob, "mesin jahti", as_typed=True).text == "mesin jahti"
    long = SearchRequest(text="mesn " * 119)
    assert len(saved.save_search(parts(), bob, long, "x").text) <= MAX_QUERY


def test_what_is_open_when_it_is_saved_is_no_news(app: Any, alice: Member, bob: Member) -> None:
    factories.offer(alice, "Mesin jahit")
    keep(bob)
    assert [one.new for one in saved.searches_of(bob)] == [0]
    assert db.session.scalars(select(SearchAlert.outcome)).all() == ["known"]


def test_nobody_else_can_do_anything_with_it(app: Any, bob: Member, carol: Member) -> None:
    public_id = keep(bob).public_id
    for verb in (saved.get_search, saved.look, saved.remove_search, saved.new_feed_address):
        with pytest.raises(NotFound):
            verb(carol, public_id)
    with pytest.raises(NotFound):
        saved.change_search(carol, public_id, "Hers", "never")
    saved.remove_search(bob, public_id)
    with pytest.raises(NotFound):
        saved.restore_search(carol, public_id)


def test_its_keys_go_with_it(app: Any, bob: Member) -> None:
    row = keep(bob)
    assert db.session.scalar(select(func.count()).select_from(SavedSearchTerm))
    with transaction() as session:
        session.delete(session.get_one(SavedSearch, row.id))
    assert not db.session.scalar(select(func.count()).select_from(SavedSearchTerm))


def test_the_journey_on_the_pages(app: Any, bob: Member, as_member: As) -> None:
    browser = as_member(bob)
    assert "No saved search yet" in browser.get("/me/searches").text
    page = browser.get("/search?q=mesin+jahit&direction=offer&sort=nearest").text
    assert "Tell me what is new here" in page
    assert 'name="direction" value="offer"' in page
    answer = browser.post("/me/searches", data={"q": "mesin jahit", "direction": "offer"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/search?q=mesin+jahit&direction=offer"
    page = browser.get(answer.headers["Location"]).text
    assert "Saved: Once a day" in page
    assert "Tell me what is new here" not in page
    page = browser.get("/me/searches").text
    assert "mesin jahit" in page
    assert "Offered" in page
    (row,) = db.session.scalars(select(SavedSearch)).all()
    there = f"/me/searches/{row.public_id}"
    answer = browser.get(there)
    assert answer.headers["Location"] == "/search?q=mesin+jahit&direction=offer&sort=newest"
    answer = browser.post(f"{there}/change", data={"name": " Mesin  ibu ", "how_often": "weekly"})
    assert answer.headers["Location"] == "/me/searches"
    page = browser.get("/me/searches").text
    assert "Mesin ibu" in page
    assert "On Saturdays" in page
    assert browser.post(f"{there}/deletion").status_code == 303
    page = browser.get("/me/searches").text
    assert "Just deleted" in page
    assert "No saved search yet" in page
    assert browser.get(there).status_code == 404
    browser.post(f"{there}/restoration")
    assert names(bob) == ["Mesin ibu"]


def test_a_choice_that_does_not_exist_and_no_name_are_said_beside_their_fields(
    app: Any, bob: Member, as_member: As
) -> None:
    row = keep(bob)
    address = f"/me/searches/{row.public_id}/change"
    answer = as_member(bob).post(address, data={"name": " ", "how_often": "hourly"})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert 'id="how_often-error"' in answer.text
    assert names(bob) == ["mesin jahit"]


def test_saving_keeps_the_order_that_was_chosen(app: Any, bob: Member, as_member: As) -> None:
    browser = as_member(bob)
    page = browser.get("/search?q=mesin&sort=newest").text
    (form,) = re.findall(r'<form method="post" action="/me/searches">.*?</form>', page)
    given = dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    answer = browser.post("/me/searches", data={"q": given["q"], "sort": given["sort"]})
    assert answer.headers["Location"] == "/search?q=mesin&sort=newest"


def test_what_cannot_be_read_is_not_saved_as_something_wider(
    app: Any, bob: Member, as_member: As
) -> None:
    answer = as_member(bob).post("/me/searches", data={"q": "mesin", "radius_km": "5 km"})
    assert answer.status_code == 422
    assert names(bob) == []


def test_nobody_is_promised_mail_who_has_no_address(app: Any, bob: Member, as_member: As) -> None:
    with transaction():
        bob.email = bob.email_confirmed_at = None
    browser = as_member(bob)
    page = browser.post("/me/searches", data={"q": "mesin"}, follow_redirects=True).text
    assert "your news tells if there is something new" in page
    assert "you get a mail" not in page
    (row,) = db.session.scalars(select(SavedSearch)).all()
    page = browser.get(f"/me/searches/{row.public_id}/change").text
    assert "no confirmed e-mail address" in page


def test_saving_and_deleting_all_day_fills_nothing(app: Any, bob: Member, monkeypatch: Any) -> None:
    monkeypatch.setattr(saved, "REMOVED_MOST", 1)
    for text in ("kursi", "meja", "lemari"):
        saved.remove_search(bob, keep(bob, text).public_id)
    assert [row.text for row in saved.removed_searches(bob)] == ["lemari"]
    assert db.session.scalar(select(func.count()).select_from(SavedSearch)) == 1


def test_a_visitor_is_asked_to_sign_in_and_comes_back(client: FlaskClient) -> None:
    page = client.get("/search?q=mesin+jahit").text
    assert re.search(r'href="/sign-in\?next=[^"]*q%3Dmesin', page)
    assert "/me/searches" not in page
    answer = client.post("/me/searches", data={"q": "mesin jahit"})
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_a_search_for_everything_has_no_button(app: Any, bob: Member, as_member: As) -> None:
    assert "Tell me what is new" not in as_member(bob).get("/search").text
    assert as_member(bob).post("/me/searches").status_code == 422


def test_filters_alone_make_a_name(app: Any, bob: Member, as_member: As) -> None:
    as_member(bob).post("/me/searches", data={"direction": "offer", "kind": ["skill"]})
    assert names(bob) == ["Offered · Help"]


def test_looking_makes_nothing_new(app: Any, bob: Member, alice: Member, as_member: As) -> None:
    row = keep(bob)
    listing = factories.offer(alice)
    with transaction() as session:
        session.add(
            SearchAlert(
                search_id=row.id, listing_id=listing.id, outcome="waiting", found_at=utcnow()
            )
        )
        row.due_at = utcnow()
    browser = as_member(bob)
    assert "1 new" in browser.get("/me/searches").text
    assert "1 new" in browser.get("/me").text
    browser.get(f"/me/searches/{row.public_id}")
    assert "1 new" not in browser.get("/me").text
    assert "1 new" not in browser.get("/me/searches").text
    db.session.rollback()
    assert db.session.get_one(SavedSearch, row.id).due_at is None
    assert db.session.scalars(select(SearchAlert.outcome)).all() == ["known"]


def test_a_filled_site_survives_their_tables_and_nothing_old_becomes_news(
    app: Any, alice: Member, bob: Member
) -> None:
    listing_id = factories.offer(alice, revision=7).id
    keep(bob)
    db.session.remove()
    downgrade(directory=migrate.directory, revision="0014")
    upgrade(directory=migrate.directory)
    row = db.session.get_one(Listing, listing_id)
    assert (row.title, row.alerted_revision) == ("Mesin jahit", 7)
    assert db.session.scalar(select(func.count()).select_from(SavedSearch)) == 0
