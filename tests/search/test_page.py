"""``GET /search``: what it shows, and what it does with whatever stands in the address."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from marketplace.accounts.models import Member
from marketplace.places import cells
from marketplace.search import views
from tests import factories
from tests.sample_areas import load_sample

ENGLISH = {"Accept-Language": "en"}
DEPOK_CELL = cells.to_text(cells.snap(*factories.DEPOK))


def page(client: FlaskClient, address: str = "/search", status: int = 200) -> str:
    response = client.get(address, headers=ENGLISH)
    assert response.status_code == status, response.text[:500]
    return response.text


def shown(text: str) -> list[str]:
    """Titles of the cards, in order."""
    return [
        unescape(Markup(title).striptags())
        for title in re.findall(r'<h3 class="card__title">(.*?)</h3>', text, re.DOTALL)
    ]


@pytest.fixture
def neighbourhood(alice: Member, bob: Member, settle: Callable[[], None]) -> None:
    factories.offer(alice, "Mesin jahit portabel")
    factories.offer(bob, "Sewing machine", text_language="en", point=factories.BOGOR)
    factories.offer(bob, "Les menjahit", kind="mentoring", gift=False, swap=True)
    factories.request(bob, "Butuh mesin jahit untuk belajar")
    settle()


@pytest.mark.usefixtures("neighbourhood")
class TestResults:
    def test_words_find_their_listings_and_say_why(self, client: FlaskClient) -> None:
        text = page(client, "/search?q=mesin+jahit")
        assert set(shown(text)) == {
            "Mesin jahit portabel",
            "Les menjahit",
            "Butuh mesin jahit untuk belajar",
            "Sewing machine",
        }
        assert "<mark>mesin jahit</mark>" in text
        assert 'value="mesin jahit"' in text

    def test_every_filter_is_in_the_address_and_can_be_taken_away(
        self, client: FlaskClient
    ) -> None:
        text = page(client, "/search?q=jahit&direction=offer&kind=mentoring&terms=swap&terms=loan")
        assert shown(text) == ["Les menjahit"]
        found = re.findall(r'class="tag" href="([^"]+)"', text)
        links = [unescape(link) for link in found]
        assert links == [
            "/search?q=jahit&kind=mentoring&terms=loan&terms=swap",
            "/search?q=jahit&direction=offer&terms=loan&terms=swap",
            "/search?q=jahit&direction=offer&kind=mentoring&terms=swap",
            "/search?q=jahit&direction=offer&kind=mentoring&terms=loan",
        ]
        for link in links[:3]:
            assert "Les menjahit" in shown(page(client, link))
        assert shown(page(client, links[3])) == []

    def test_a_radius_counts_from_the_cell_or_the_area_of_the_address(
        self, client: FlaskClient
    ) -> None:
        near = shown(page(client, f"/search?cell={DEPOK_CELL}&radius_km=5&q=mesin+sewing"))
        assert "Sewing machine" not in near
        assert "Mesin jahit portabel" in near
        far = shown(page(client, f"/search?cell={DEPOK_CELL}&radius_km=50&q=mesin+sewing"))
        assert "Sewing machine" in far

    def test_the_area_a_visitor_chose_is_used_without_standing_in_the_address(
        self, app: Flask, client: FlaskClient
    ) -> None:
        load_sample()
        client.set_cookie("area", f"{DEPOK_CELL}~")
        text = page(client, "/search?radius_km=5")
        assert "Sewing machine" not in shown(text)
        assert DEPOK_CELL not in re.sub(r'<svg class="map".*?</svg>', "", text, flags=re.DOTALL)

    def test_a_distance_without_a_place_asks_for_one(self, client: FlaskClient) -> None:
        text = page(client, "/search?radius_km=5")
        assert len(shown(text)) == 4
        assert "To search by distance, say where you are." in text

    def test_nearest_and_newest_order(self, client: FlaskClient) -> None:
        assert shown(page(client, "/search?sort=newest"))[0] == "Butuh mesin jahit untuk belajar"
        nearest = shown(page(client, f"/search?sort=nearest&cell={DEPOK_CELL}"))
        assert nearest[-1] == "Sewing machine"

    def test_nothing_found_teaches_and_keeps_the_words(self, client: FlaskClient) -> None:
        text = page(client, f"/search?q=traktor&cell={DEPOK_CELL}&radius_km=2&direction=offer")
        assert shown(text) == []
        assert "Search within 5 km" in text
        assert 'href="/listings/new?direction=request"' in text
        assert "Search without filters" in text

    def test_a_misspelling_is_mended_and_can_be_insisted_on(self, client: FlaskClient) -> None:
        text = page(client, "/search?q=mesin+jahti")
        assert "Mesin jahit portabel" in shown(text)
        assert "Showing results for <b>jahit</b> instead of <b>jahti</b>." in text
        assert 'href="/search?exact=1&amp;q=mesin+jahti"' in text
        insisted = page(client, "/search?exact=1&q=jahti")
        assert shown(insisted) == []
        assert "Showing results" not in insisted

    def test_a_few_with_all_words_stand_before_those_with_some(self, client: FlaskClient) -> None:
        text = page(client, "/search?q=mesin+portabel")
        assert shown(text)[0] == "Mesin jahit portabel"
        assert len(shown(text)) > 1
        assert "1 post fits all these words, or comes close." in text
        assert "1 post fits all" not in page(client, "/search?q=mesin")

    def test_quotes_and_minus_narrow_what_is_found(self, client: FlaskClient) -> None:
        assert set(shown(page(client, "/search?q=%22jahit+portabel%22"))) == {
            "Mesin jahit portabel"
        }
        assert shown(page(client, "/search?q=%22portabel+jahit%22")) == []
        assert "Mesin jahit portabel" not in shown(page(client, "/search?q=mesin+-portabel"))
        without = shown(page(client, "/search?q=-portabel"))
        assert len(without) == 3

    def test_every_choice_says_how_many_it_would_give(self, client: FlaskClient) -> None:
        text = page(client, f"/search?cell={DEPOK_CELL}&kind=mentoring")
        counted = dict(re.findall(r'value="(\w+)"(?: checked)?>([^<]*\(\d+\))</label>', text))
        assert counted["goods"] == "Goods (3)"
        assert counted["mentoring"] == "Mentoring (1)"
        assert counted["skill"] == "Help (0)"
        for kind, words in counted.items():
            if kind in ("goods", "skill", "mentoring"):
                there = shown(page(client, f"/search?cell={DEPOK_CELL}&kind={kind}"))
                assert words.endswith(f"({len(there)})")
        assert re.search(r'<option value="5">5 km \(\d\)</option>', text)

    def test_the_list_of_categories_holds_what_gives_results_and_what_is_chosen(
        self, client: FlaskClient, alice: Member
    ) -> None:
        factories.offer(alice, "Mesin pompa", category="machines")
        listed = re.findall(r'<option[^>]* value="([a-z-]+)">', page(client, "/search?q=mesin"))
        assert set(listed) == {"tools-farm", "machines"}
        for category in listed:
            assert shown(page(client, f"/search?q=mesin&category={category}"))
        assert "bicycles" not in listed
        assert 'value="bicycles">' in page(client, "/search?q=mesin&category=bicycles")

    def test_a_result_is_explained_in_words_and_numbers_that_add_up(
        self, client: FlaskClient
    ) -> None:
        text = page(client, "/search?q=sewing+machine&explain=1")
        assert "<mark>mesin jahit</mark> means the same as <mark>sewing machine</mark>" in text
        for card in text.split("<article")[1:]:
            assert "not in this post" not in card
            numbers = [float(n) for n in re.findall(r"(?:words|nearness|newness): ([\d.]+)", card)]
            (whole,) = re.findall(r"together: ([\d.]+)", card)
            assert sum(numbers) == pytest.approx(float(whole), abs=0.02)

    def test_what_ends_first_can_come_first(self, client: FlaskClient) -> None:
        assert len(shown(page(client, "/search?sort=ending"))) == 4

    def test_the_map_counts_results_by_cell_and_links_to_them(self, client: FlaskClient) -> None:
        text = page(client, "/search?view=map")
        counts = re.findall(r"<text[^>]*>(\d+)</text>", text)
        assert sum(map(int, counts)) == 4
        link = unescape(re.findall(r'<a href="([^"]+)" aria-label="[^"]*3 results"', text)[0])
        assert len(shown(page(client, link))) == 3
        assert re.search(r'<script(?! type="module" nonce)', text) is None

    def test_leaflet_comes_only_with_the_map_and_a_tile_address(
        self, make_app: Callable[..., Flask], client: FlaskClient
    ) -> None:
        assert "data-leaflet" not in page(client, "/search?view=map")


@pytest.mark.parametrize(
    "address",
    [
        "/search?direction=x&kind=x&terms=x&category=x&sort=x&view=x&page=x",
        "/search?page=0",
        "/search?page=-5",
        "/search?page=99999999999999999999",
        "/search?kind=goods&kind=goods&kind=goods",
        "/search?q=" + "a" * 5000,
        "/search?q=%ff%fe",
        "/search?q=%F0%9F%98%80",
        "/search?q=butuh",
        "/search?radius_km=",
        "/search?area=&cell=",
    ],
)
def test_what_does_not_exist_is_ignored(client: FlaskClient, alice: Member, address: str) -> None:
    factories.offer(alice)
    page(client, address)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/search?area=99.99.99", "We do not know this place."),
        ("/search?cell=zzz", "We do not know this place."),
        ("/search?cell=8001fffffffffff", "We do not know this place."),
        ("/search?radius_km=abc", "Write a distance above 0"),
        ("/search?radius_km=-1", "Write a distance above 0"),
        ("/search?radius_km=nan", "Write a distance above 0"),
        ("/search?radius_km=inf", "Write a distance above 0"),
        ("/search?radius_km=501", "Write a distance above 0"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    client: FlaskClient, alice: Member, address: str, words: str
) -> None:
    factories.offer(alice, "Mesin jahit")
    text = page(client, address, status=422)
    assert re.search(rf'id="radius_km-error">.*?{words}', text, re.DOTALL)
    assert "<title>Error: " in text
    assert shown(text) == ["Mesin jahit"]


def test_pages_lead_to_each_other_and_end(
    client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    for number in range(30):
        factories.offer(alice, f"Mesin {number}")
    settle()
    seen, address, steps = [], "/search?q=mesin&sort=newest", 0
    while address:
        text = page(client, address)
        seen += shown(text)
        following = re.findall(r'<a href="([^"]+)" rel="next"', text)
        assert bool(re.findall('rel="prev"', text)) == (steps > 0)
        address, steps = unescape(following[0]) if following else "", steps + 1
    assert (len(seen), len(set(seen)), steps) == (30, 30, 3)
    assert "This page is empty now." in page(client, "/search?q=mesin&page=9")


def test_visitors_do_not_go_deep_and_members_deeper(
    client: FlaskClient,
    alice: Member,
    settle: Callable[[], None],
    as_member: Callable[[Member], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "PAGES_VISITOR", 1)
    for number in range(14):
        factories.offer(alice, f"Mesin {number}")
    settle()
    text = page(client, "/search?page=2")
    assert shown(text) == []
    assert "Sign in to see more" in text
    assert 'rel="next"' not in page(client, "/search")
    assert len(shown(page(as_member(alice), "/search?page=2"))) == 4


def test_carol_does_not_find_what_is_hidden_from_her(
    as_member: Callable[[Member], FlaskClient],
    carol: Member,
    alice: Member,
    settle: Callable[[], None],
) -> None:
    factories.offer(alice, "Mesin tersembunyi", state="held")
    factories.offer(alice, "Mesin lama", state="withdrawn")
    settle()
    assert shown(page(as_member(carol), "/search?q=mesin")) == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_only_get_is_answered(client: FlaskClient, method: str) -> None:
    assert getattr(client, method)("/search").status_code in (400, 405)


def test_member_text_is_escaped_in_cards_and_reasons(
    client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "<script>alert(1)</script> mesin", description="<b>mesin</b>")
    settle()
    text = page(client, "/search?q=%3Cscript%3Emesin")
    assert "<script>alert" not in text
    assert "<b>mesin" not in text
    assert len(shown(text)) == 1


def test_reasons_speak_in_the_words_of_the_post_and_of_who_asked(
    client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "Ponsel bekas")
    factories.offer(alice, "Hape dan charger")
    factories.offer(alice, "Kardus", description="isi " * 400 + "telepon genggam")
    settle()
    text = page(client, "/search?q=handphone&explain=1")
    assert "<mark>Ponsel</mark> is in the title" in text
    assert "<mark>Hape</mark> is in the title" in text
    assert "<mark>telepon genggam</mark> means the same as <mark>handphone</mark>" in text
    assert "not in this post" not in text
    assert ">hp<" not in text


def test_leaflet_is_served_and_nothing_else(client: FlaskClient) -> None:
    version = views.leaflet.VERSION
    served = client.get(f"/search/leaflet/{version}/leaflet.css")
    assert served.status_code == 200
    assert "max-age" in served.headers["Cache-Control"]
    for name in ("leaflet-src.js", "../__init__.py", "images/marker-icon.png"):
        assert client.get(f"/search/leaflet/{version}/{name}").status_code == 404


def completions(client: FlaskClient, text: str) -> list[str]:
    response = client.get("/search/completions", query_string={"q": text})
    assert response.status_code == 200
    return list(response.json["items"])


def test_a_beginning_is_completed_by_names_in_use_and_by_titles(
    client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "Mesin jahit portabel")
    factories.offer(alice, "Kursi rotan", state="held")
    settle()
    found = completions(client, "mesin j")
    assert found[0] == "mesin jahit"
    assert "Mesin jahit portabel" in found
    assert "sewing machine" in completions(client, "sewing m")
    assert completions(client, "m") == completions(client, "") == []
    assert completions(client, "kursi r") == []
    assert completions(client, "traktor") == []


def test_completions_hide_what_the_visitor_may_not_see(
    client: FlaskClient, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice, "Zebra kayu")
    settle()
    assert completions(client, "zeb") == ["Zebra kayu"]
    from marketplace.db import transaction, utcnow

    with transaction():
        alice.paused_at = utcnow()
    assert completions(client, "zeb") == []


@pytest.mark.parametrize("text", ["a" * 5000, "\u202e\u0627", "😀" * 50, "' OR 1=1", "%"])
def test_any_beginning_is_answered(client: FlaskClient, text: str) -> None:
    assert isinstance(completions(client, text), list)
