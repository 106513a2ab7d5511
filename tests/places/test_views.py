import logging
import re
import time

import pytest

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.places import cells, service
from tests import factories

pytestmark = pytest.mark.usefixtures("areas")

EN = {"Accept-Language": "en"}
CANARY = {"latitude": "-6.37123456", "longitude": "106.82987654"}
CANARY_DIGITS = ("37123", "82987", "6.371", "106.82", "106.83", "-6.37")
BEJI = "32.76.06"


def cookie_place(client) -> str:
    found = client.get_cookie("area")
    return found.value if found else ""


def test_a_visitor_chooses_an_area_that_is_remembered(client):
    answer = client.post("/area", data={"place": "Beji, Depok"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert cookie_place(client) == cells.to_text(service.place_of_area(BEJI).cell) + "~" + BEJI
    set_cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    page = client.get("/area").text
    assert 'value="Beji, Kota Depok, Jawa Barat"' in page
    assert f'name="place_area" value="{BEJI}"' in page


def test_a_member_moves_and_leaves_no_cookie(as_member, alice):
    client = as_member(alice)
    answer = client.post("/area", data={"place": "kota kupang"})
    assert answer.status_code == 303
    assert cookie_place(client) == ""
    moved = db.session.get(Member, alice.id)
    assert (moved.area_code, moved.zone) == ("53.71", "Asia/Makassar")


def test_one_member_does_not_move_another(as_member, alice, carol):
    before = alice.cell
    as_member(carol).post("/area", data={"place": "kota kupang"})
    assert db.session.get(Member, alice.id).cell == before


def test_after_choosing_one_returns_to_where_one_was(client):
    answer = client.post("/area?next=/search?q=meja", data={"place": "Beji, Depok"})
    assert answer.location == "/search?q=meja"
    page = client.get("/area?next=/search").text
    assert 'action="/area?next=/search"' in page


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_to_another_site(client, target):
    answer = client.post("/area", query_string={"next": target}, data={"place": "Beji, Depok"})
    assert answer.location == "/"


def test_several_places_of_one_name_come_back_as_radio_buttons(client):
    answer = client.post("/area", data={"place": "Depok"}, headers=EN)
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'value="Depok"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    codes = re.findall(r'type="radio" name="place_area" value="([^"]+)"', answer.text)
    assert {"32.76", "34.04.07"} <= set(codes)
    chosen = client.post("/area", data={"place": "Depok", "place_area": "34.04.07"})
    assert chosen.status_code == 303
    assert cookie_place(client).endswith("~34.04.07")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Say where: a village, district, city or postcode."),
        ("Atlantis", "We do not know this place."),
        ('"><script>alert(1)</script>', "We do not know this place."),
    ],
)
def test_a_place_that_is_not_understood_is_asked_again(client, text, words):
    answer = client.post("/area", data={"place": text}, headers=EN)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert cookie_place(client) == ""


def test_a_cell_of_the_map_is_chosen(client):
    cell = cells.to_text(cells.snap(*factories.DEPOK))
    page = client.get("/area", query_string={"cell": cell})
    assert f'name="place_cell" value="{cell}"' in page.text
    client.post("/area", data={"place": "", "place_cell": cell})
    assert cookie_place(client).startswith(cell)


def test_a_broken_cookie_is_no_error(client):
    for value in (
        "",
        "x",
        "~",
        "zz~32.76",
        "888c107029fffff~nowhere",
        "~32.76",
        "888c107029fffff~%00",
    ):
        client.set_cookie("area", value)
        assert client.get("/area").status_code == 200


def test_suggestions_are_short_and_may_be_kept(client):
    answer = client.get("/places/suggestions", query_string={"q": "bej"})
    assert answer.json == {
        "items": [
            {"code": BEJI, "label": "Beji, Kota Depok, Jawa Barat"},
            *({"code": a.code, "label": a.label} for a in service.find_areas("bej")[1:]),
        ]
    }
    assert len(client.get("/places/suggestions?q=ka").json["items"]) == 8
    assert "public" in answer.headers["Cache-Control"]
    assert "max-age=86400" in answer.headers["Cache-Control"]


def test_suggestions_for_nothing_are_empty(client):
    for query in ("", "?q=", "?q=" + "a" * 3000, "?q=%F0%9F%98%80"):
        assert client.get("/places/suggestions" + query).json == {"items": []}


def test_a_position_becomes_a_cell_and_a_name(client):
    answer = client.post("/places/point", data=CANARY)
    cell = cells.snap(*map(float, CANARY.values()))
    assert answer.json == {
        "cell": cells.to_text(cell),
        "label": "Beji, Kota Depok, Jawa Barat",
    }


def test_a_position_that_is_none_is_refused_in_words(client):
    refused = {"error": "This position cannot be read. Write the name of the place."}
    for data in (
        {},
        {"latitude": "x", "longitude": "y"},
        {"latitude": "91", "longitude": "0"},
        {"latitude": "nan", "longitude": "0"},
        {"latitude": "-6.3"},
    ):
        answer = client.post("/places/point", data=data, headers=EN)
        assert (answer.status_code, answer.json) == (422, refused)


def test_the_map_shows_the_cells_around_one(client):
    cell = cells.snap(*factories.DEPOK)
    page = client.get("/places/map", query_string={"cell": cells.to_text(cell)})
    assert page.status_code == 200
    links = set(re.findall(r'href="/places/map\?cell=([0-9a-f]{15})"', page.text))
    around = {cells.from_text(link) for link in links}
    assert len([c for c in around if cells.resolution_of(c) == 8]) == 36
    assert f'href="/area?cell={cells.to_text(cell)}"' in page.text
    assert ">Beji<" in page.text


def test_the_map_goes_from_the_country_to_a_cell_by_links(client):
    country = client.get("/places/map").text
    assert 'href="/places/map?area=32"' in country
    province = client.get("/places/map?area=32").text
    assert 'href="/places/map?area=32.76"' in province
    regency = client.get("/places/map?area=32.76").text
    found = re.search(r'href="/area\?cell=([0-9a-f]{15})"', regency)
    assert cells.resolution_of(cells.from_text(found[1])) == 5
    closer = re.findall(r'/places/map\?cell=([0-9a-f]{15})"', regency)
    assert 6 in {cells.resolution_of(cells.from_text(text)) for text in closer}


def test_a_part_of_the_map_is_no_whole_page(client):
    part = client.get("/places/map?area=32.76&part=1").text
    assert "<svg" in part
    assert "<html" not in part
    assert "<form" not in part


def test_a_map_of_nowhere_is_not_found(client):
    for query in ("cell=zz", "cell=898c107028fffff", "area=99", "area=32.99"):
        assert client.get("/places/map?" + query).status_code == 404


def test_each_route_refuses_the_other_method(client):
    assert client.get("/places/point").status_code == 405
    assert client.post("/places/suggestions").status_code == 405
    assert client.post("/places/map").status_code == 405


def test_a_post_without_token_is_refused(make_app):
    client = make_app(WTF_CSRF_ENABLED=True).test_client()
    for path in ("/area", "/places/point"):
        assert client.post(path, data=CANARY).status_code == 400


def test_pages_of_places_are_whole_for_visitors_and_members(client, as_member, carol):
    for browser in (client, as_member(carol)):
        for path in ("/area", "/places/map", "/places/map?area=32.76"):
            page = browser.get(path)
            assert page.status_code == 200
            assert len(re.findall(r"<h1", page.text)) == 1
            assert "style=" not in page.text


def test_a_posted_position_is_in_no_answer_address_cookie_log_or_row(client, caplog, alice):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    try:
        snapped = client.post("/places/point", data=CANARY)
        place = {"place_cell": snapped.json["cell"], "place": snapped.json["label"]}
        chosen = client.post("/area", data=place | CANARY)
        pages = [client.get(p) for p in ("/area", f"/places/map?cell={place['place_cell']}")]
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    answers = [snapped, chosen, *pages]
    spoken = "".join(
        f"{a.text}{dict(a.headers)}{a.request.path}{a.request.query_string!r}" for a in answers
    )
    spoken += cookie_place(client)
    for digits in CANARY_DIGITS:
        assert digits not in spoken
    exact = (CANARY["latitude"][1:], CANARY["longitude"])
    assert caplog.text
    for digits in (*exact, *(e[:-3] for e in exact)):
        assert digits not in caplog.text
    service.move(alice, service.place_of_cell(cells.from_text(place["place_cell"])))
    row = db.session.execute(
        db.select(Member.__table__).where(Member.__table__.c.id == alice.id)
    ).one()
    assert not any(isinstance(value, float) for value in row)


def test_type_ahead_is_measured(client, capsys):
    started = time.perf_counter()
    for text in ("be", "beji", "depok jawa barat", "16424"):
        client.get("/places/suggestions", query_string={"q": text})
    with capsys.disabled():
        print(f" [type-ahead {(time.perf_counter() - started) * 250:.1f} ms a request]", end="")
