"""Feeds of searches: well formed, cached, without any exact place, secret where they should be."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Block, Member
from marketplace.db import transaction, utcnow
from marketplace.listings.models import Listing, Photo
from marketplace.places.gazetteer import load_sample
from marketplace.search import saved, saved_links
from marketplace.search.models import SavedSearch
from marketplace.search.service import SearchRequest
from marketplace.site_settings import site_values
from marketplace.web import parts
from tests import factories

As = Callable[[Member], FlaskClient]
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert(1)</script> & “dia”"


def keep(member: Member, text: str = "mesin jahit", **of: Any) -> SavedSearch:
    return saved.save_search(parts(), member, SearchRequest(text=text, **of), text or "x")


def atom_of(client: FlaskClient, address: str) -> ElementTree.Element:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    return ElementTree.fromstring(answer.data)


def titles(client: FlaskClient, address: str) -> list[str]:
    found = client.get(address)
    assert found.status_code == 200, address
    return [item["title"] for item in json.loads(found.data)["items"]]


def secret(row: SavedSearch, kind: str = "json") -> str:
    return f"/searches/{saved_links.feed_token(row)}/feed.{kind}"


@pytest.fixture
def posts(alice: Member) -> list[Listing]:
    ago = utcnow() - timedelta(days=3)
    old = factories.offer(alice, "Mesin jahit tua", published_at=ago, description=HOSTILE)
    return [old, factories.offer(alice, "Mesin jahit baru"), factories.offer(alice, "Sepeda")]


def test_an_atom_feed_has_all_that_readers_require(
    client: FlaskClient, posts: list[Listing]
) -> None:
    feed = atom_of(client, "/search/feed.atom?q=mesin+jahit&lang=en")
    assert feed.tag == f"{ATOM}feed"
    for needed in ("id", "title", "updated", "author"):
        assert feed.find(ATOM + needed) is not None, needed
    links = {link.get("rel"): link.get("href") for link in feed.iter(f"{ATOM}link")}
    assert links["self"] == "http://127.0.0.1:8000/search/feed.atom?q=mesin+jahit&lang=en"
    entries = feed.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == [
        "Offer: Mesin jahit baru",
        "Offer: Mesin jahit tua",
    ]
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    assert ids[0] == f"tag:127.0.0.1,2026:listing:{posts[1].public_id}"
    for one in entries:
        for needed in ("id", "title", "updated", "published"):
            assert one.findtext(ATOM + needed), needed
        assert one.find(f"{ATOM}link").get("href").endswith(one.findtext(f"{ATOM}id")[-12:])
    summary = entries[1].findtext(f"{ATOM}summary")
    assert "&lt;script&gt;" in summary
    assert "<script" not in summary


@pytest.mark.parametrize("sign", ["\x01", "\x1b", "\ufffe", "\uffff"])
def test_no_sign_that_somebody_posts_or_searches_for_breaks_a_feed(
    client: FlaskClient, alice: Member, sign: str
) -> None:
    factories.offer(alice, f"Mesin{sign} jahit", description=f"a{sign}b")
    feed = atom_of(client, f"/search/feed.atom?q={quote(f'mesin {sign}jahit')}&lang=en")
    assert feed.findtext(f"{ATOM}title") == f"mesin jahit · {site_values().name}"
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Offer: Mesin jahit"


def test_a_json_feed_has_all_that_readers_require(
    client: FlaskClient, posts: list[Listing]
) -> None:
    with transaction() as session:
        session.add(Photo(listing_id=posts[1].id, name="kenanga", width=4, height=3, alt=HOSTILE))
    answer = client.get("/search/feed.json?q=mesin+jahit&lang=id")
    assert answer.mimetype == "application/feed+json"
    feed = json.loads(answer.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"].startswith("mesin jahit · ")
    assert feed["home_page_url"] == "http://127.0.0.1:8000/search?q=mesin+jahit&sort=newest"
    assert feed["feed_url"] == "http://127.0.0.1:8000/search/feed.json?q=mesin+jahit&lang=id"
    first, second = feed["items"]
    assert first["title"] == "Tawaran: Mesin jahit baru"
    assert first["image"].endswith("/kenanga-480.webp")
    assert "<script" not in first["content_html"] + second["content_html"]
    assert {"id", "url", "title", "content_html", "date_published"} <= second.keys()


def test_an_empty_feed_is_a_feed_and_always_the_same(client: FlaskClient) -> None:
    first, second = (client.get("/search/feed.atom?q=unta") for _ in range(2))
    assert first.data == second.data
    assert ElementTree.fromstring(first.data).find(f"{ATOM}entry") is None


def test_only_what_holds_every_word_is_in_it(client: FlaskClient, posts: list[Listing]) -> None:
    assert titles(client, "/search/feed.json?q=mesin+sepeda") == []
    assert len(titles(client, "/search/feed.json")) == 3
    assert len(titles(client, "/search/feed.json?direction=request")) == 0


def test_it_shows_what_a_visitor_sees_whoever_asks(
    posts: list[Listing], alice: Member, bob: Member, staff: Member, as_member: As
) -> None:
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
        posts[2].state = "held"
    for reader in (alice, bob, staff):
        assert len(titles(as_member(reader), "/search/feed.json?lang=en")) == 2


def test_whoever_has_it_already_gets_nothing_anew(
    client: FlaskClient, posts: list[Listing]
) -> None:
    address = "/search/feed.atom?q=mesin+jahit"
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    by_tag = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(address, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (by_tag.status_code, by_date.status_code) == (304, 304)
    assert by_tag.data == b""
    with transaction():
        posts[1].title = "Mesin jahit listrik"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_no_place_finer_than_the_name_of_an_area_and_no_member_is_in_any_feed(
    client: FlaskClient, posts: list[Listing], alice: Member, bob: Member
) -> None:
    from marketplace.places import cells

    load_sample()
    row = keep(bob, "mesin")
    for address in (
        *(f"/search/feed.{kind}?radius_km=20&area=32.76.06" for kind in ("atom", "json")),
        *(secret(row, kind) for kind in ("atom", "json")),
    ):
        text = client.get(address).text
        assert cells.to_text(alice.cell) not in text
        for planted in ("-6.37", "106.83", "Alice", "alice@", "Bob", str(alice.cell)):
            assert planted not in text, (address, planted)


def test_the_page_of_a_search_names_its_feeds_without_the_cell_of_its_reader(
    bob: Member, as_member: As
) -> None:
    from marketplace.places import cells

    load_sample()
    with transaction():
        bob.area_code = "32.76.06"
    head = as_member(bob).get("/search?q=mesin&radius_km=5&sort=nearest").text.partition("</head>")
    assert 'type="application/atom+xml"' in head[0]
    assert "feed.atom?q=mesin&amp;radius_km=5&amp;area=32.76.06&amp;lang=" in head[0]
    assert "feed.json" in head[0]
    assert cells.to_text(bob.cell) not in head[0]


def test_a_place_that_cannot_be_read_is_refused(client: FlaskClient) -> None:
    assert client.get("/search/feed.atom?area=nowhere").status_code == 422
    assert client.get("/search/feed.rss").status_code == 404


def test_the_feed_of_a_saved_search_needs_its_secret_address(
    client: FlaskClient, posts: list[Listing], bob: Member, carol: Member, as_member: As
) -> None:
    row = keep(bob)
    good = secret(row)
    answer = client.get(good)
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert titles(client, good) == ["Offer: Mesin jahit baru", "Offer: Mesin jahit tua"]
    seal = saved_links.feed_token(row).partition(".")[2]
    wrong = saved_links.feed_token(keep(carol)).partition(".")[2]
    for token in (row.public_id, f"{row.public_id}.", f"{row.public_id}.{wrong}", f"x.{seal}"):
        assert client.get(f"/searches/{token}/feed.json").status_code == 404, token
    page = as_member(bob).get(f"/me/searches/{row.public_id}/change").text
    assert good in page
    assert as_member(bob).post(f"/me/searches/{row.public_id}/feed").status_code == 303
    assert client.get(good).status_code == 404
    assert client.get(secret(row)).status_code == 200
    saved.remove_search(bob, row.public_id)
    assert client.get(secret(row)).status_code == 404


def test_the_feed_of_a_saved_search_leaves_out_whom_its_member_does_not_meet(
    client: FlaskClient, posts: list[Listing], alice: Member, bob: Member
) -> None:
    row = keep(bob, "mesin")
    factories.offer(bob, "Mesin tik")
    assert len(titles(client, secret(row))) == 2
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    assert titles(client, secret(row)) == []


def test_a_feed_is_asked_for_so_often_and_no_more(make_app: Any) -> None:
    app = make_app(RATELIMIT_ENABLED=True)
    with app.app_context():
        client = app.test_client()
        answers = [client.get("/search/feed.json").status_code for _ in range(61)]
    assert answers.count(200) == 60
    assert answers[-1] == 429
