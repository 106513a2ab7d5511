from collections import Counter
from zoneinfo import ZoneInfo

from marketplace.places import zones


def test_every_province_has_one_of_three_zones():
    assert Counter(zones.ZONE_OF_PROVINCE.values()) == {
        "Asia/Jakarta": 18,
        "Asia/Makassar": 12,
        "Asia/Jayapura": 8,
    }
    for name in set(zones.ZONE_OF_PROVINCE.values()):
        assert ZoneInfo(name).key == name


def test_an_area_has_the_zone_of_its_province():
    assert zones.zone_of_area("32.76.06") == "Asia/Jakarta"
    assert zones.zone_of_area("53.71") == "Asia/Makassar"
    assert zones.zone_of_area("91") == "Asia/Jayapura"
    assert zones.zone_of_area("99.01") is None
    assert zones.zone_of_area("") is None
