"""The pages of staff about search: how it stands, and the words of the site."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.search import lag, rereading, synonyms
from marketplace.search.lexicon import LEXICON
from marketplace.search.models import Synonym
from marketplace.search.synonym_rules import SynonymDraft
from tests import factories

Settle = Callable[[], None]
NEW = "/staff/search/words/new"


@pytest.fixture
def browser(staff: Member, as_member) -> FlaskClient:
    return as_member(staff)


@pytest.fixture
def word(staff: Member) -> Synonym:
    return synonyms.add_synonym(staff, SynonymDraft("blurik", "handphone"))


def words() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.query(Synonym).filter(Synonym.removed_at.is_(None))
    return [(row.words, row.concept) for row in rows]


def test_a_word_is_added_listed_changed_removed_and_brought_back(
    browser: FlaskClient, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik bekas")
    settle()
    assert "No words of your own yet" in browser.get("/staff/search").text
    done = browser.post(NEW, data={"words": "Blurik", "same_as": "handphone"})
    assert (done.status_code, done.location) == (303, "/staff/search")
    page = browser.get("/staff/search").text
    assert "“Blurik” is known from now on." in page
    assert "in 1 open post" in page
    assert words() == [("Blurik", "phone")]
    address = f"/staff/search/words/{db.session.query(Synonym).one().public_id}"
    assert 'value="Blurik"' in browser.get(address).text
    done = browser.post(address, data={"words": "Blurik", "same_as": "sepeda"})
    assert (done.status_code, words()) == (303, [("Blurik", "cycle")])
    done = browser.post(f"{address}/removal")
    assert (done.location, words()) == ("/staff/search#removed", [])
    assert "Bring back" in browser.get("/staff/search").text
    assert browser.get(address).status_code == 404
    assert browser.post(f"{address}/return").status_code == 303
    assert words() == [("Blurik", "cycle")]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    browser: FlaskClient,
) -> None:
    page = browser.post(NEW, data={"words": "yang", "same_as": "handphone"})
    assert page.status_code == 422
    assert "Searching skips “yang”" in page.text
    assert 'aria-describedby="words-hint words-error"' in page.text
    assert 'value="handphone"' in page.text
    assert words() == []


def test_a_word_that_means_something_already_is_kept_only_when_it_is_to_mean_both(
    browser: FlaskClient,
) -> None:
    data = {"words": "sepeda", "same_as": "handphone"}
    page = browser.post(NEW, data=data)
    assert page.status_code == 422
    assert "Tick this if it is to mean both" in page.text
    assert browser.post(NEW, data=data | {"both": "y"}).status_code == 303


def test_of_several_meanings_one_is_chosen(browser: FlaskClient) -> None:
    several = next(p for p, slugs in LEXICON.files.meanings.items() if len(p) == 1 < len(slugs))
    slugs = LEXICON.files.meanings[several]
    data = {"words": "blurik", "same_as": several[0]}
    page = browser.post(NEW, data=data)
    assert page.status_code == 422
    assert all(f'value="{slug}"' in page.text for slug in (*slugs, "-"))
    assert browser.post(NEW, data=data | {"concept": slugs[1]}).status_code == 303
    assert words() == [("blurik", slugs[1])]


def test_looking_says_what_both_mean_and_how_many_posts_hold_them_and_stores_nothing(
    browser: FlaskClient, alice: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik bekas")
    settle()
    page = browser.get(NEW, query_string={"words": "blurik", "same_as": "hp"})
    assert page.status_code == 200
    assert "means nothing so far" in page.text
    assert "in 1 open post" in page.text
    assert "telepon genggam" in page.text
    assert words() == []


def test_nothing_changes_by_looking_at_an_address(browser: FlaskClient, word: Synonym) -> None:
    for deed in ("removal", "return"):
        address = f"/staff/search/words/{word.public_id}/{deed}"
        assert browser.get(address).status_code == 405


def test_only_staff_know_these_pages(
    client: FlaskClient, as_member, carol: Member, word: Synonym
) -> None:
    address = f"/staff/search/words/{word.public_id}"
    for page in ("/staff/search", NEW, address):
        assert client.get(page).status_code in (302, 303, 404)
        assert as_member(carol).get(page).status_code == 404
    for deed in (address, f"{address}/removal", f"{address}/return", NEW):
        assert as_member(carol).post(deed).status_code == 404
    assert words() == [("blurik", "phone")]


def test_a_word_that_was_added_anew_is_not_brought_back(
    browser: FlaskClient, staff: Member, word: Synonym
) -> None:
    address = f"/staff/search/words/{word.public_id}"
    browser.post(f"{address}/removal")
    synonyms.add_synonym(staff, SynonymDraft("blurik", "sepeda"))
    assert browser.post(f"{address}/return").status_code == 409


def test_staff_read_how_far_reading_anew_is(
    browser: FlaskClient, word: Synonym, alice: Member, settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for _ in range(3):
        factories.offer(alice, reading="")
    monkeypatch.setattr(rereading, "BATCH", 1)
    rereading.analyse(browser.application.extensions["marketplace"])
    assert "1 of 3 posts are read anew." in browser.get("/staff/search").text
    settle()
    db.session.rollback()
    page = browser.get("/staff/search").text
    assert "are read anew" not in page
    assert "Searching works" in page


def test_staff_are_warned_of_a_late_index_on_their_first_page_and_told_what_to_do(
    app: Flask, browser: FlaskClient, alice: Member, settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settle()
    monkeypatch.setattr(lag, "LATE_AFTER_SECONDS", -1.0)
    factories.offer(alice)
    front = browser.get("/staff").text
    assert "The index is late" in front
    assert 'href="/staff/search"' in front
    assert "whether the worker runs" in browser.get("/staff/search").text


def test_without_an_index_the_page_still_stands(
    browser: FlaskClient, word: Synonym, lose_index: Callable[[], None]
) -> None:
    lose_index()
    page = browser.get("/staff/search")
    assert page.status_code == 200
    assert "The index cannot be used" in page.text
