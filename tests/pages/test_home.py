"""The start page: near me now, for visitors and members, with and without a place."""

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from tests import factories
from tests.sample_areas import load_sample

HTML_BYTES_MAX = 14 * 1024
NODES_MAX = 700
KUPANG = (-10.1772, 123.6070)


class Nodes(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.count = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.count += 1


def titles(page: str) -> list[str]:
    return re.findall(r'class="card__title"><a[^>]*>([^<]+)<', page)


def test_a_visitor_without_a_place_sees_what_is_new_and_is_asked_where_they_are(
    visitor: FlaskClient, alice: Member
) -> None:
    factories.offer(alice, "Mesin jahit")
    page = visitor.get("/").text
    assert titles(page) == ["Mesin jahit"]
    assert "New everywhere" in page
    assert 'name="place"' in page


def test_after_choosing_an_area_only_what_is_near_is_shown(
    in_depok: FlaskClient, alice: Member
) -> None:
    for number in range(5):
        factories.offer(alice, f"Dekat {number}")
    factories.offer(alice, "Jauh", point=KUPANG)
    page = in_depok.get("/").text
    assert "Near Beji, Depok" in page
    assert len(titles(page)) == 5
    assert "Jauh" not in page
    assert 'name="place"' not in page
    assert "Within 10 km" in page


def test_with_fewer_than_five_near_it_widens_step_by_step_and_says_so(
    in_depok: FlaskClient, alice: Member
) -> None:
    factories.offer(alice, "Dekat")
    for number in range(4):
        factories.offer(alice, f"Bogor {number}", point=factories.BOGOR)
    page = in_depok.get("/").text
    assert len(titles(page)) == 5
    assert "There is little within 10 km, so these are from within 60 km." in page
    assert "Within 60 km" in page


def test_when_there_is_little_anywhere_everything_is_shown(
    in_depok: FlaskClient, alice: Member
) -> None:
    factories.offer(alice, "Jauh", point=KUPANG)
    page = in_depok.get("/").text
    assert titles(page) == ["Jauh"]
    assert "so these are from everywhere" in page


def test_the_reach_of_a_member_is_where_their_search_begins(
    as_member: Callable[[Member], FlaskClient], alice: Member
) -> None:
    far_reaching = factories.member("Dian", reach_km=40)
    for number in range(5):
        factories.offer(alice, f"Bogor {number}", point=factories.BOGOR)
    page = as_member(far_reaching).get("/").text
    assert "Within 40 km" in page
    assert "There is little" not in page


def test_the_switch_shows_only_needs_or_only_offers_with_their_counts(
    in_depok: FlaskClient, alice: Member
) -> None:
    for number in range(3):
        factories.offer(alice, f"Tawaran {number}")
        factories.request(alice, f"Permintaan {number}")
    page = in_depok.get("/?show=needed").text
    assert len(titles(page)) == 3
    assert all(title.startswith("Permintaan") for title in titles(page))
    assert re.findall(r"<small>(\d+)</small>", page) == ["6", "3", "3"]
    assert re.search(r'show=needed" aria-current="page"', page)


def test_an_unknown_view_is_that_of_everything(in_depok: FlaskClient, alice: Member) -> None:
    factories.offer(alice, "Mesin jahit")
    assert titles(in_depok.get("/?show=<script>").text) == ["Mesin jahit"]


def test_a_posted_listing_is_on_the_page_of_the_next_request(
    in_depok: FlaskClient, alice: Member, settle: Callable[[], object]
) -> None:
    factories.offer(alice, "Lama")
    settle()
    factories.offer(alice, "Baru")
    assert titles(in_depok.get("/").text) == ["Baru", "Lama"]


def test_an_empty_neighbourhood_teaches_how_to_begin(in_depok: FlaskClient) -> None:
    page = in_depok.get("/").text
    assert "Nothing here yet" in page
    assert "/listings/new?direction=offer" in page


def test_an_empty_side_of_the_switch_has_words_of_its_own(
    in_depok: FlaskClient, alice: Member
) -> None:
    factories.offer(alice)
    assert "Nobody needs anything just now" in in_depok.get("/?show=needed").text


def test_a_withdrawn_listing_is_not_there(in_depok: FlaskClient, alice: Member) -> None:
    factories.offer(alice, "Ditarik", state="withdrawn")
    assert titles(in_depok.get("/").text) == []


def test_more_than_a_page_leads_on_to_the_search(in_depok: FlaskClient, alice: Member) -> None:
    for number in range(14):
        factories.offer(alice, f"Barang {number}")
    page = in_depok.get("/").text
    assert len(titles(page)) == 12
    assert "See 2 more" in page
    assert re.search(r'href="/search\?[^"]*sort=newest', page)


def test_a_site_with_a_usual_area_begins_there(
    make_app: Callable[..., Flask], settings: object
) -> None:
    app = make_app(replace(settings, default_area="32.76.06"))  # type: ignore[type-var]
    with app.app_context():
        load_sample()
        page = app.test_client().get("/", headers={"Accept-Language": "en"}).text
    assert "Near Beji, Depok" in page


def test_a_full_page_stays_light(in_depok: FlaskClient, alice: Member) -> None:
    words = "Masih rapi, sampul plastik, boleh diambil sebagian kapan saja di teras rumah. "
    for number in range(14):
        make = factories.request if number % 2 else factories.offer
        make(alice, f"Buku paket kelas {number}", description=words, quantity=9, unit="piece")
    page = in_depok.get("/").data
    assert len(gzip.compress(page, 6)) <= HTML_BYTES_MAX
    assert Nodes(page.decode()).count <= NODES_MAX
