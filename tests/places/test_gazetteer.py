import lzma
from collections import Counter

import pytest

from marketplace.db import db
from marketplace.places import area_files, cells, gazetteer, service
from marketplace.places.area_files import Row
from marketplace.places.models import Area, AreaWord

HEAD = "code,name,level,parent_code,postcode,population,latitude,longitude,resolution,zone\n"
KUALA_LUMPUR = (
    HEAD
    + "MY14,Kuala Lumpur,1,,,1982112,3.14,101.69,,Asia/Kuala_Lumpur\n"
    + "MY14.1,Bukit Bintang,2,MY14,,,3.146,101.711,,\n"
    + "MY14.1.1,Pudu,3,MY14.1,55100,,3.135,101.713,,\n"
    + "MY14.1.2,Imbi,3,MY14.1,,,3.143,101.715,,\n"
    + "MY14.1.3,Maluri,3,MY14.1,,,,,,\n"
)


@pytest.fixture(scope="module")
def indonesia():
    return area_files.read_indonesia()


def test_the_files_hold_all_of_indonesia(indonesia):
    assert Counter(row.level for row in indonesia) == {1: 38, 2: 514, 3: 7285, 4: 83762}
    assert all(row.postcode for row in indonesia if row.level == 4)
    assert all(row.zone for row in indonesia)
    assert all(row.population for row in indonesia if row.level <= 2)


def test_every_area_of_the_files_lies_in_a_wider_one(indonesia):
    codes = {row.code for row in indonesia}
    assert len(codes) == len(indonesia)
    assert all(row.parent_code in codes for row in indonesia if row.level > 1)


def test_points_of_the_files_are_in_indonesia_and_have_a_precision(indonesia):
    placed = [row for row in indonesia if row.latitude is not None]
    assert all(-11.2 < row.latitude < 6.2 and 94.9 < row.longitude < 141.1 for row in placed)
    assert all(row.resolution in cells.RESOLUTIONS for row in placed)
    levels = Counter(row.level for row in placed)
    assert (levels[1], levels[2]) == (38, 514)
    assert levels[3] > 6000
    assert not levels[4]


def test_no_district_lies_far_outside_its_regency(indonesia):
    at = {row.code: row for row in indonesia if row.latitude is not None}
    far = [
        row.name
        for row in at.values()
        if row.level == 3
        and cells.km_from(
            cells.snap(row.latitude, row.longitude),
            at[row.parent_code].latitude,
            at[row.parent_code].longitude,
        )
        > 500
    ]
    assert far == []


def test_the_committed_files_are_small():
    sizes = [path.stat().st_size for path in area_files.DATA.iterdir()]
    assert max(sizes) < 1500 * 1024


def test_the_licences_stand_beside_the_files():
    notice = (area_files.DATA / "NOTICE.md").read_text("utf-8")
    for name in ("areas.csv.xz", "coordinates.csv.xz", "LICENSE-MIT.txt", "LICENSE-ODbL-1.0.md"):
        assert name in notice
        assert (area_files.DATA / name).exists()
    with lzma.open(area_files.DATA / "areas.csv.xz", "rt") as lines:
        assert lines.readline() == "code,name,postcode,population\n"  # no coordinate among them


def test_loading_again_changes_nothing(app):
    first = gazetteer.load_sample()
    again = gazetteer.load_sample()
    assert first.added > 400
    assert (again.added, again.changed, again.unchanged) == (0, 0, first.added)


def test_loading_mends_what_is_not_as_the_file_says(app, areas):
    area = db.session.get(Area, "32.76.06")
    area.name = "Bedji"
    db.session.delete(db.session.get(Area, "32.76.06.1001"))
    db.session.commit()
    done = gazetteer.load_sample()
    assert (done.added, done.changed) == (1, 1)
    assert db.session.get(Area, "32.76.06").name == "Beji"
    assert service.find_areas("beji, depok")[0].code == "32.76.06"


def test_a_village_has_the_cell_and_precision_of_its_district(areas):
    district, village = (db.session.get(Area, c) for c in ("32.76.06", "32.76.06.1006"))
    assert village.latitude is None
    assert (village.cell, village.resolution, village.zone) == (
        district.cell,
        district.resolution,
        "Asia/Jakarta",
    )


def test_a_district_without_a_point_has_its_regencys(areas):
    district, regency = (db.session.get(Area, c) for c in ("32.76.07", "32.76"))
    assert district.latitude is None
    assert (district.cell, district.resolution) == (regency.cell, 5)


def test_loading_makes_nameless_areas_found_again(app, areas):
    db.session.query(AreaWord).filter_by(area_code="32.76").delete()
    db.session.commit()
    assert gazetteer.load_sample().changed == 1
    assert service.find_areas("kota depok")[0].code == "32.76"


def test_the_check_finds_gaps(app, areas):
    counts, wrong = gazetteer.check()
    assert counts["regencies"] == 5
    assert wrong == []
    db.session.delete(db.session.get(Area, "32.76.06"))
    db.session.query(AreaWord).filter_by(area_code="32.76").delete()
    db.session.commit()
    _, wrong = gazetteer.check()
    assert [text.split(" ", 1)[1][:15] for text in wrong] == ["areas whose wid", "areas that cann"]


def test_an_empty_gazetteer_is_reported(app):
    assert gazetteer.check()[1] == ["no area is loaded"]
    assert not service.is_loaded()


def test_another_country_is_loaded_from_a_csv(app, areas):
    rows, refused = area_files.read_csv(KUALA_LUMPUR.splitlines())
    assert refused == []
    assert gazetteer.load_rows(rows).added == 5
    place = service.resolve_place("Pudu, Kuala Lumpur").place
    assert place.zone == "Asia/Kuala_Lumpur"
    assert place.resolution == 8  # the next centre is less than a kilometre away
    assert service.resolve_place("Maluri").place.resolution == 5
    assert service.resolve_place("55100").place == place
    assert service.resolve_place("Beji, Depok").place.area_code == "32.76.06"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X,,1,,,,,,,Asia/Tokyo", "code, name and level are needed"),
        ("X,Edo,9,,,,,,,Asia/Tokyo", "level must be from 1 to 4: 9"),
        ("X,Edo,one,,,,,,,Asia/Tokyo", "level is not a number: 'one'"),
        ("X,Edo,1,,,,,,,", "zone is needed for level 1"),
        ("X,Edo,1,,,,,,,Asia/Edo", "zone is not known: Asia/Edo"),
        ("X,Edo,1,Y,,,,,,Asia/Tokyo", "parent_code is needed for level 2 to 4"),
        ("X,Edo,2,,,,,,,", "parent_code is needed for level 2 to 4"),
        ("X,Edo,1,,,,95,139,,Asia/Tokyo", "latitude must be from -90 to 90: 95"),
        ("X,Edo,1,,,,35,,,Asia/Tokyo", "latitude and longitude belong together"),
        ("X,Edo,1,,,,35,139,11,Asia/Tokyo", "resolution must be from 5 to 8: 11"),
        ("X,Edo,1,,,,35,nan,,Asia/Tokyo", "longitude must be from -180 to 180: nan"),
        ("X,江戸,1,,,,35,139,,Asia/Tokyo", "name has no letter that can be typed in a search"),
        ("X" * 25 + ",Edo,1,,,,,,,Asia/Tokyo", "code has more than 24 characters"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_the_reason(line, reason):
    rows, refused = area_files.read_csv([HEAD, "J,Nippon,1,,,,35,139,,Asia/Tokyo\n", line])
    assert [row.code for row in rows] == ["J"]
    assert [(r.number, r.reason[: len(reason)]) for r in refused] == [(3, reason)]


def test_an_area_in_an_area_that_is_not_there_is_refused(app):
    lonely = Row("X.1", "Edo", 2, "X", line=7)
    done = gazetteer.load_rows([lonely])
    assert [(r.number, r.reason) for r in done.refused] == [
        (7, "area X.1: there is no wider area X")
    ]
    assert db.session.get(Area, "X.1") is None


def test_the_load_command_reports_refused_lines_and_fails(app, tmp_path):
    file = tmp_path / "areas.csv"
    file.write_text(KUALA_LUMPUR + "MY15,Labuan,1,,,,95,115,,Asia/Kuala_Lumpur\n", "utf-8")
    result = app.test_cli_runner().invoke(args=["places", "load", str(file)])
    assert result.exit_code == 1
    assert "line 7: latitude must be from -90 to 90: 95" in result.output
    assert "5 added, 0 changed, 0 as they were, 1 refused" in result.output
    assert service.is_loaded()


def test_the_load_command_wants_a_first_line_with_column_names(app, tmp_path):
    file = tmp_path / "areas.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    result = app.test_cli_runner().invoke(args=["places", "load", str(file)])
    assert result.exit_code == 1
    assert "the first line must name the columns" in result.output


def test_the_check_command_fails_when_nothing_is_loaded(app):
    result = app.test_cli_runner().invoke(args=["places", "check"])
    assert result.exit_code == 1
    gazetteer.load_sample()
    result = app.test_cli_runner().invoke(args=["places", "check"])
    assert result.exit_code == 0
    assert "5 regencies" in result.output
