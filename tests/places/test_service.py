import pytest

from marketplace.db import db
from marketplace.errors import NotFound
from marketplace.places import cells, service
from marketplace.places.cells import Place
from marketplace.places.models import Area
from tests import factories

pytestmark = pytest.mark.usefixtures("areas")

INSIDE_BEJI = (-6.3701, 106.8247)
SAME_CELL = (-6.3705, 106.8250)
OUT_AT_SEA = (-10.9, 96.2)


def labels(text: str) -> list[str]:
    return [area.label for area in service.find_areas(text)]


def codes_of(text: str) -> list[str]:
    return [area.code for area in service.find_areas(text)]


def test_what_people_type_finds_the_area_first():
    wanted = {
        "bej": "32.76.06",
        "beji, depok": "32.76.06",
        "depok": "32.76",
        "depok jawa barat": "32.76",
        "depok sleman": "34.04.07",
        "kab sleman": "34.04",
        "kec sleman": "34.04.13",
        "jaksel": "31.74",
        "pasarminggu": "31.74.04",
        "minggu": "31.74.04",
        "gunung kidul": "34.03",
        "16424": "32.76.06",
        "16424 pondok cina": "32.76.06.1005",
        "kukusan": "32.76.06.1002",
        "KÚKUSAN": "32.76.06.1002",
    }
    assert {text: codes_of(text)[0] for text in wanted} == wanted


def test_a_province_stands_for_its_regencies():
    assert codes_of("jogja") == ["34.04", "34.03"]
    assert all(area.level > 1 for area in service.find_areas("jawa barat"))


def test_a_village_named_as_its_district_is_not_offered_twice():
    assert labels("beji").count("Beji, Beji, Kota Depok, Jawa Barat") == 0
    assert "Beji, Kota Depok, Jawa Barat" in labels("beji")


def test_a_text_that_means_nothing_finds_nothing():
    texts = ["", " ", "b", "%", "_", "'", "x" * 5000, "0", "\x00", "😀"]
    assert [text for text in texts if service.find_areas(text)] == []


def test_the_limit_holds():
    assert len(service.find_areas("ka", limit=3)) == 3


def test_a_district_is_a_place_of_its_own_precision():
    place = service.place_of_area("32.76.06")
    assert (place.kind, place.resolution, place.area_code) == ("cell", 7, "32.76.06")
    assert place.zone == "Asia/Jakarta"


def test_a_regency_is_a_place_of_the_coarsest_precision():
    assert service.place_of_area("32.76").resolution == 5


def test_a_village_is_published_as_its_district():
    assert service.place_of_area("32.76.06.1002") == service.place_of_area("32.76.06")


def test_a_place_in_the_east_has_its_own_zone():
    assert service.place_of_area("53.71").zone == "Asia/Makassar"


def test_an_unknown_area_is_not_found():
    for code in ("", "99", "32.76.06.9999", "' OR 1=1 --"):
        with pytest.raises(NotFound):
            service.place_of_area(code)


def test_a_point_becomes_a_cell_named_after_the_nearest_district():
    place = service.place_of_point(*INSIDE_BEJI)
    assert place == service.place_of_point(*SAME_CELL)
    assert (place.resolution, place.area_code) == (8, "32.76.06")
    assert service.place_label(place) == "Beji, Kota Depok, Jawa Barat"


def test_a_point_far_from_every_area_has_a_cell_but_no_name():
    place = service.place_of_point(*OUT_AT_SEA)
    assert place.area_code is None
    assert service.place_label(place) == ""
    assert "zone" not in cells.place_columns(place)


def test_words_that_mean_one_place_are_understood():
    meant = {
        "Beji, Depok": "32.76.06",
        "Beji, Kota Depok, Jawa Barat": "32.76.06",
        "kota depok": "32.76",
        "16424": "32.76.06",
        "Kukusan": "32.76.06",
        "kab. sleman": "34.04",
    }
    found = {text: service.resolve_place(text) for text in meant}
    assert {text: f.problems for text, f in found.items()} == dict.fromkeys(meant, ())
    assert {text: f.place.area_code for text, f in found.items()} == meant


def test_words_that_mean_several_places_come_back_as_choices():
    found = service.resolve_place("Depok")
    assert found.place is None
    assert [p.code for p in found.problems] == ["place_ambiguous"]
    assert {"32.76", "34.04.07"} <= {choice.code for choice in found.choices}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "place_missing"), ("  ", "place_missing"), ("Atlantis", "place_unknown")],
)
def test_words_that_mean_no_place_are_a_problem(text, code):
    found = service.resolve_place(text)
    assert [(p.field, p.code) for p in found.problems] == [("place", code)]
    assert found.choices == ()


def test_a_picked_area_settles_words_that_mean_several():
    assert service.resolve_place("Depok", "34.04.07").place.area_code == "34.04.07"
    assert service.resolve_place("Beji", "32.76.06.1002").place.area_code == "32.76.06"
    assert service.resolve_place("", "32.76").place.area_code == "32.76"
    assert service.resolve_place("16424", "32.76.06").place.area_code == "32.76.06"


def test_a_choice_left_over_from_other_words_does_not_count():
    assert service.resolve_place("Sukmajaya", "32.76.06").place.area_code == "32.76.05"
    cell = cells.to_text(cells.snap(*INSIDE_BEJI))
    assert service.resolve_place("Sukmajaya", "", cell).place.area_code == "32.76.05"


def test_a_picked_cell_is_kept_while_the_words_speak_of_it():
    cell = cells.snap(*INSIDE_BEJI)
    for text in ("", "Beji, Kota Depok, Jawa Barat", "beji"):
        assert service.resolve_place(text, "", cells.to_text(cell)).place.cell == cell


@pytest.mark.parametrize("area", ["nonsense", "99.99", "31"])
def test_a_picked_area_that_is_none_counts_as_nothing(area):
    found = service.resolve_place("Beji, Depok", area, "not-a-cell")
    assert found.place.area_code == "32.76.06"


def test_a_public_location_holds_cell_precision_name_and_band_only(alice, bob):
    thing = factories.offer(alice, area_code="32.76.06")
    shown = service.public_location(thing, bob)
    assert {name: getattr(shown, name) for name in type(shown).__slots__} == {
        "kind": "cell",
        "cell": cells.to_text(thing.cell),
        "precision": 8,
        "area_name": "Beji, Depok",
        "band": ("band", {"from": 0, "to": 1}),
    }


def test_a_public_location_never_names_a_village(alice):
    thing = factories.offer(alice, area_code="32.76.06.1002")
    assert service.public_location(thing).area_name == "Beji, Depok"


def test_two_points_of_one_cell_have_the_same_public_location(alice, bob):
    points = INSIDE_BEJI, SAME_CELL
    shown = {repr(service.public_location(factories.offer(alice, point=p), bob)) for p in points}
    assert len(shown) == 1


def test_there_is_no_band_without_two_cells(alice):
    online = factories.offer(alice, **cells.place_columns(Place.online()))
    here = factories.offer(alice)
    assert service.public_location(online, alice).band is None
    assert service.public_location(online, alice).cell is None
    assert service.public_location(here).band is None
    assert service.public_location(here, Place.unknown()).band is None


def test_public_locations_keep_the_order_of_the_things(alice):
    things = [factories.offer(alice, area_code=code) for code in ("34.04.07", None, "32.76")]
    names = [shown.area_name for shown in service.public_locations(things)]
    assert names == ["Depok, Sleman", "", "Kota Depok"]


def test_a_member_moves(alice):
    service.move(alice, service.place_of_area("53.71"))
    assert (alice.area_code, alice.zone, alice.cell_6) == ("53.71", "Asia/Makassar", None)
    assert alice.cell == alice.cell_5 == db.session.get(Area, "53.71").cell
