"""What fits a post before it is up, as pages: the part beside the form, and the step before."""

import io
import logging
import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import event, func, select

from marketplace.accounts.models import Block
from marketplace.accounts.trust import QUOTAS
from marketplace.db import db, new_public_id, transaction
from marketplace.listings import service
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.places.cells import place_of
from marketplace.search.reading import analysed
from tests import factories
from tests.listings.conftest import jpeg
from tests.sample_areas import load_sample

TYPED = {"direction": "request", "kind": "goods", "title": "Butuh mesin jahit", "terms": ["gift"]}
WHOLE = TYPED | {"place": "Beji, Depok", "action": "publish"}
FRAGMENT = "/listings/new/fitting"


@pytest.fixture(autouse=True)
def offer(app, alice, settle) -> Listing:
    """alice's offer, which the index knows."""
    load_sample()
    made = factories.offer(alice)
    settle()
    db.session.rollback()
    return made


def text_of(answer, status=200) -> str:
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def step_of(answer) -> str:
    assert answer.status_code == 303
    assert re.search(r"/listings/[0-9a-z]{12}/before-posting", answer.location), answer.location
    return answer.location


def only_draft(member) -> Listing:
    db.session.rollback()
    return db.session.scalars(select(Listing).where(Listing.owner_id == member.id)).one()


# --- beside the form ---


def test_what_fits_comes_with_its_reasons_and_links(as_member, bob, offer):
    text = text_of(as_member(bob).post(FRAGMENT, data=TYPED))
    assert "1 offer may already help" in text
    assert f'href="/listings/{offer.public_id}"' in text
    for words in ("Offer by Alice", "Fits very well", "The same words: mesin, jahit", "under 1 km"):
        assert words in text


def test_an_offer_is_told_who_asks(as_member, alice, bob, settle):
    factories.request(bob)
    factories.request(bob, "Butuh mesin jahit juga")
    settle()
    text = text_of(as_member(alice).post(FRAGMENT, data=TYPED | {"direction": "offer"}))
    assert "1 neighbour asks for this" in text, "bob is one, whatever he asks for"
    assert "Butuh mesin jahit juga" in text
    assert "Request by Bob" in text


def test_it_is_a_part_of_a_page_that_holds_no_form_and_no_script(as_member, bob):
    text = text_of(as_member(bob).post(FRAGMENT, data=TYPED))
    assert not re.search(r"<(html|form|button|script|input)\b", text)


def test_while_the_place_is_half_typed_ones_own_counts(as_member, bob):
    text = text_of(as_member(bob).post(FRAGMENT, data=TYPED | {"place": "Bej"}))
    assert "under 1 km" in text


def test_too_little_and_nothing_that_fits_say_so_quietly(as_member, bob):
    for title in ("", "me", "Gitar listrik"):
        text = text_of(as_member(bob).post(FRAGMENT, data=TYPED | {"title": title}))
        assert "No neighbour's post fits this yet." in text
        assert "Alice" not in text


def test_blocked_and_own_posts_are_not_in_it(as_member, alice, bob):
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    for member in (alice, bob):
        assert "Mesin jahit" not in text_of(as_member(member).post(FRAGMENT, data=TYPED))


def test_hostile_titles_stay_text(as_member, alice, bob, settle):
    factories.offer(alice, "Mesin jahit <img src=x onerror=alert(1)>")
    settle()
    answer = as_member(bob).post(FRAGMENT, data=TYPED)
    assert "Mesin jahit &lt;img src=x" in answer.text
    assert "<img" not in answer.text


def test_nothing_typed_is_stored_or_logged(app, as_member, bob, caplog, monkeypatch):
    browser = as_member(bob)
    browser.get("/listings/new")  # the visit itself is noted
    written = []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda *call: written.append(call[2]) if not call[2].startswith("SELECT") else None,
    )
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("marketplace").setLevel(logging.DEBUG)
        secret = TYPED | {"description": "Untuk Ibu Rahasia di Gang Melati", "place": "Sukamaju"}
        assert "Mesin jahit" in browser.post(FRAGMENT, data=secret).text
    assert [one for one in written if not one.startswith(("PRAGMA", "BEGIN"))] == []
    assert any("request" in record.message for record in caplog.records)
    said = " ".join(str(vars(record)) for record in caplog.records)
    for word in ("Rahasia", "Melati", "Sukamaju", "jahit"):
        assert word not in said
    assert db.session.scalar(select(func.count()).select_from(Listing)) == 1


def test_a_visitor_is_asked_to_sign_in_and_a_paused_member_may_not(client, as_member, bob):
    assert client.post(FRAGMENT, data=TYPED).location.startswith("/sign-in")
    with transaction():
        bob.suspended_at = bob.created_at
    assert as_member(bob).post(FRAGMENT, data=TYPED).status_code == 403


def test_only_a_post_with_the_token_of_the_page_is_answered(make_app, as_member, bob):
    assert as_member(bob).get(FRAGMENT).status_code == 405
    strict = factories.sign_in(make_app(WTF_CSRF_ENABLED=True), bob)
    assert strict.post(FRAGMENT, data=TYPED).status_code == 400


def test_each_member_asks_sixty_times_a_minute_and_is_told_when_it_is_too_fast(
    make_app, bob, carol
):
    app = make_app(RATELIMIT_ENABLED=True)
    bobs, carols = factories.sign_in(app, bob), factories.sign_in(app, carol)
    answers = [bobs.post(FRAGMENT, data={"title": ""}) for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert "A little too fast" in text_of(answers[60], 429)
    assert carols.post(FRAGMENT, data=TYPED).status_code == 200, "each has a limit of their own"


def test_the_form_has_room_for_it_unless_data_is_saved_or_the_post_is_up(as_member, alice, offer):
    browser = as_member(alice)
    assert f'data-fitting="{FRAGMENT}"' in browser.get("/listings/new").text
    assert "fitting" not in browser.get("/listings/new", headers={"Save-Data": "on"}).text
    assert "data-fitting" not in browser.get(f"/listings/{offer.public_id}/edit").text


# --- before it goes up ---


def test_a_request_that_an_offer_fits_is_first_shown_it_and_nothing_typed_is_lost(
    as_member, bob, offer
):
    browser = as_member(bob)
    extra = {
        "description": "Sekali saja.",
        "hours": ["5-pagi"],
        "photo": (io.BytesIO(jpeg()), "a.jpg"),
    }
    step = step_of(browser.post("/listings/new", data=WHOLE | extra))
    draft = only_draft(bob)
    assert (draft.state, draft.description, len(draft.photos)) == ("draft", "Sekali saja.", 1)
    text = text_of(browser.get(step))
    assert "Before you ask: these offers may already help" in text
    assert f'href="/listings/{offer.public_id}"' in text
    assert f'href="/listings/{draft.public_id}/edit"' in text
    assert "Put it up anyway" in text
    up = browser.post(f"/listings/{draft.public_id}/publication")
    assert up.location == f"/listings/{draft.public_id}"
    draft = only_draft(bob)
    assert (draft.state, draft.title, draft.description) == (
        "open", "Butuh mesin jahit", "Sekali saja.",
    )  # fmt: skip
    assert draft.hours
    assert len(draft.photos) == 1


def test_an_offer_is_first_shown_who_asks(as_member, alice, bob, settle):
    factories.request(bob)
    settle()
    browser = as_member(alice)
    key = new_public_id()
    drawn = WHOLE | {"direction": "offer", "key": key, "giving_rule": "draw", "window_hours": "6"}
    text = text_of(browser.get(step_of(browser.post("/listings/new", data=drawn))))
    assert "Neighbours who ask for this" in text
    assert "Butuh mesin jahit" in text
    browser.post(f"/listings/{key}/publication")
    listing = service.get_own(alice, key)
    assert (listing.state, listing.giving_rule, listing.window_hours) == ("open", "draw", 6)


@pytest.mark.parametrize("title", ["Gitar listrik", "Tempat tidur bayi"])
def test_where_nothing_fits_well_it_goes_straight_up(as_member, bob, title):
    answer = as_member(bob).post("/listings/new", data=WHOLE | {"title": title})
    assert answer.location == f"/listings/{only_draft(bob).public_id}"
    assert only_draft(bob).state == "open"


def test_it_is_shown_once_for_a_draft(as_member, bob):
    browser = as_member(bob)
    key = new_public_id()
    browser.get(step_of(browser.post("/listings/new", data=WHOLE | {"key": key})))
    changed = WHOLE | {"title": "Butuh mesin jahit tangan"}
    answer = browser.post(f"/listings/{key}/edit", data=changed)
    assert answer.location == f"/listings/{key}"
    assert (only_draft(bob).state, only_draft(bob).title) == ("open", "Butuh mesin jahit tangan")


def test_mistakes_come_first_and_changes_of_what_is_up_are_not_stopped(as_member, bob):
    browser = as_member(bob)
    answer = browser.post("/listings/new", data=WHOLE | {"quantity": "banyak"})
    assert 'id="quantity-error"' in text_of(answer, 422)
    draft = only_draft(bob)
    whole = replace(draft_of(draft), terms=frozenset({"gift"}))
    service.publish_listing(bob, whole, analyse=analysed)
    answer = browser.post(f"/listings/{draft.public_id}/edit", data=WHOLE)
    assert answer.location == f"/listings/{draft.public_id}"


def test_whoever_may_post_no_more_today_is_told_so_at_once(as_member, bob):
    for number in range(QUOTAS["new"].listings):
        draft = service.Draft(
            direction="offer", title=f"Barang {number}", terms=frozenset({"gift"}),
            place=place_of(bob),
        )  # fmt: skip
        service.publish_listing(bob, draft, analyse=analysed)
    text = text_of(as_member(bob).post("/listings/new", data=WHOLE), 422)
    assert "Hours until you can put this up: 24" in text


def test_what_was_ticked_as_no_concern_stays_ticked(as_member, alice, bob, settle):
    factories.offer(alice, "Anak kucing dua ekor")
    settle()
    browser = as_member(bob)
    doubtful = WHOLE | {"title": "Butuh anak kucing", "sure": "y"}
    step = step_of(browser.post("/listings/new", data=doubtful))
    sure = re.findall(r'<input type="hidden" name="(sure)" value="(y)">', browser.get(step).text)
    publication = f"/listings/{only_draft(bob).public_id}/publication"
    assert "live animals may not be shared" in text_of(browser.post(publication), 422)
    assert browser.post(publication, data=dict(sure)).status_code == 303
    assert only_draft(bob).state == "open"


def test_a_double_tap_puts_it_up_once_and_the_step_leads_to_what_is_up(as_member, bob):
    browser = as_member(bob)
    step = step_of(browser.post("/listings/new", data=WHOLE))
    address = f"/listings/{only_draft(bob).public_id}"
    assert [browser.post(f"{address}/publication").location for _ in range(2)] == [address] * 2
    assert browser.get(step).location == address
    service.withdraw_listing(bob, only_draft(bob).public_id)
    assert browser.post(f"{address}/publication").status_code == 409


def test_an_unfinished_draft_is_not_put_up_but_shown_with_what_is_missing(as_member, bob):
    draft = service.save_draft(bob, service.Draft(direction="request", title="Butuh mesin jahit"))
    answer = as_member(bob).post(f"/listings/{draft.public_id}/publication")
    text = text_of(answer, 422)
    assert 'href="#terms"' in text
    assert 'value="Butuh mesin jahit"' in text


def test_when_it_has_gone_meanwhile_the_step_says_so(as_member, alice, bob, offer):
    browser = as_member(bob)
    step = step_of(browser.post("/listings/new", data=WHOLE))
    service.withdraw_listing(alice, offer.public_id)
    text = text_of(browser.get(step))
    assert "What fitted has gone meanwhile." in text
    assert "Alice" not in text


def test_nobody_else_sees_the_step_or_puts_it_up(client, as_member, bob, carol, staff):
    step = step_of(as_member(bob).post("/listings/new", data=WHOLE))
    publication = f"/listings/{only_draft(bob).public_id}/publication"
    for other in (carol, staff):
        assert as_member(other).get(step).status_code == 404
        assert as_member(other).post(publication).status_code == 404
    assert client.get(step).location.startswith("/sign-in")
    assert client.post(publication).location.startswith("/sign-in")
    assert as_member(bob).get(publication).status_code == 405
    assert only_draft(bob).state == "draft"
