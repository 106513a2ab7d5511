import math

import h3.api.basic_int as h3
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from marketplace.places import cells
from marketplace.places.cells import Place

latitudes = st.floats(-11, 6)
longitudes = st.floats(95, 141)
points = st.tuples(latitudes, longitudes)
radii = st.floats(0.1, cells.LARGEST_RADIUS_KM)
precisions = st.sampled_from(cells.RESOLUTIONS)

DEPOK = cells.snap(-6.3716, 106.8311)


def point_in(cell: int, share: float, corner: int) -> tuple[float, float]:
    """A point strictly inside a cell: part of the way from its centre to a corner."""
    latitude, longitude = h3.cell_to_latlng(cell)
    corners = h3.cell_to_boundary(cell)
    to_latitude, to_longitude = corners[corner % len(corners)]
    return (
        latitude + share * (to_latitude - latitude),
        longitude + share * (to_longitude - longitude),
    )


def published(point: tuple[float, float], viewer: int) -> tuple[object, ...]:
    """All that the product can say of a place."""
    cell = cells.snap(*point)
    columns = cells.place_columns(Place.at(cell))
    return cells.to_text(cell), cells.band_between(viewer, cell), sorted(columns.items(), key=str)


@given(points, points, st.floats(0, 0.95), st.integers(0, 5))
def test_two_points_of_one_cell_publish_the_same(point, viewer, share, corner):
    cell = cells.snap(*point)
    other = point_in(cell, share, corner)
    assume(cells.snap(*other) == cell)
    assert published(point, cells.snap(*viewer)) == published(other, cells.snap(*viewer))


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 0.95), st.integers(0, 5), st.integers(0, 300))
def test_searching_the_radius_by_halves_finds_no_more_than_the_cell(share, corner, away):
    hidden = point_in(DEPOK, share, corner)
    spy = sorted(h3.grid_disk(DEPOK, 10))[away]
    low, high = 0.05, 60.0
    for _ in range(25):
        middle = (low + high) / 2
        if cells.within(cells.cover(spy, middle), cells.snap(*hidden)):
            high = middle
        else:
            low = middle
    found_for_the_centre = 0.05, 60.0
    for _ in range(25):
        middle = sum(found_for_the_centre) / 2
        inside = cells.within(cells.cover(spy, middle), DEPOK)
        found_for_the_centre = (
            (found_for_the_centre[0], middle) if inside else (middle, found_for_the_centre[1])
        )
    assert (low, high) == found_for_the_centre


@given(points, precisions)
def test_ancestors_hold_the_cell_and_are_empty_below_its_precision(point, precision):
    cell = cells.snap_coarsely(*point, precision)
    above = cells.ancestors(cell)
    assert set(above) == {5, 6, 7, 8}
    for resolution, held in above.items():
        if resolution > precision:
            assert held is None
        else:
            assert held is not None
            assert cells.resolution_of(held) == resolution
            assert cells.ancestor(cell, resolution) == held


@pytest.mark.parametrize(
    ("radius_km", "resolution"), [(1, 8), (5, 8), (5.1, 7), (20, 7), (20.1, 6), (60, 6), (61, 5)]
)
def test_a_radius_is_covered_with_one_resolution(radius_km, resolution):
    covered = cells.cover(DEPOK, radius_km)
    assert covered.resolution == resolution
    assert {cells.resolution_of(c) for c in covered.cells} == {resolution}


@given(points, precisions)
def test_a_cover_is_never_finer_than_the_place_in_its_middle(point, precision):
    middle = cells.snap_coarsely(*point, precision)
    covered = cells.cover(middle, 2)
    assert covered.resolution == precision
    assert cells.within(covered, middle)


@settings(deadline=None)
@given(points, st.floats(0.1, 100), points)
def test_a_cell_is_in_the_cover_when_its_centre_is_in_the_radius(middle, radius_km, other):
    origin = cells.snap(*middle)
    resolution, covered = cells.cover(origin, radius_km)
    # Far away in most draws, so draw near as well.
    near = cells.snap(
        middle[0] + (other[0] + 2.5) * radius_km / 900,
        middle[1] + (other[1] - 118) * radius_km / 2500,
    )
    candidate = cells.ancestor(near, resolution)
    inside = cells.km_between(origin, candidate) <= radius_km
    assert (candidate in covered) == (inside or candidate == cells.ancestor(origin, resolution))


@pytest.mark.parametrize("radius_km", [0.3, 5, 20])
@pytest.mark.parametrize("point", [(-6.4, 106.8), h3.cell_to_latlng(h3.get_pentagons(8)[1])])
def test_a_cover_leaves_no_cell_out(point, radius_km):
    """Also where cells are small, and have five neighbours."""
    origin = cells.snap(*point)
    resolution, covered = cells.cover(origin, radius_km)
    middle = cells.ancestor(origin, resolution)
    around = h3.grid_disk(middle, 20)
    near = {cell for cell in around if cells.km_between(origin, cell) <= radius_km}
    assert covered == near | {middle}


@settings(deadline=None, max_examples=50)
@given(points, radii, radii)
def test_a_larger_radius_of_one_resolution_loses_nothing(point, one, other):
    small, large = sorted((one, other))
    a, b = (cells.cover(cells.snap(*point), radius) for radius in (small, large))
    if a.resolution == b.resolution:
        assert a.cells <= b.cells


def test_a_district_that_may_reach_into_the_radius_is_found():
    covered = cells.cover(DEPOK, 2)
    district = cells.ancestor(DEPOK, 6)
    assert cells.within(covered, district)
    assert district in cells.coarser(covered)[6]
    far = cells.ancestor(cells.snap(-10.17, 123.6), 6)
    assert not cells.within(covered, far)


@pytest.mark.parametrize("radius_km", [0, -1, 501, math.nan])
def test_a_radius_without_sense_is_refused(radius_km):
    with pytest.raises(ValueError, match="radius"):
        cells.cover(DEPOK, radius_km)


@given(st.floats(0, 20000), precisions, precisions)
def test_a_band_holds_the_distance_and_is_as_wide_as_the_coarser_cell(km, one, other):
    code, limits = cells.band(km, one, other)
    assert code == "band"
    start, end = limits["from"], limits["to"]
    assert start is not None
    assert start <= km
    if end is not None:
        assert km < end
        assert end - start >= math.sqrt(3) * cells.EDGE_KM[min(one, other)]


def test_bands_of_near_places():
    assert cells.band(0.4, 8, 8) == ("band", {"from": 0, "to": 1})
    assert cells.band(1, 8, 8) == ("band", {"from": 1, "to": 2})
    assert cells.band(1, 8, 7) == ("band", {"from": 0, "to": 5})
    assert cells.band(1, 5, 8) == ("band", {"from": 0, "to": 20})
    assert cells.band(700, 8, 8) == ("band", {"from": 500, "to": None})


@given(points, precisions)
def test_a_cell_comes_back_from_its_text(point, precision):
    cell = cells.snap_coarsely(*point, precision)
    assert cells.from_text(cells.to_text(cell)) == cell
    assert 0 < cell < 2**63  # fits BIGINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8",
        "zzzzzzzzzzzzzzz",
        "888c107029ffff",
        "888c107029fffff0",
        "fffffffffffffff",
        "-88c107029fffff",
        "0x8c107029fffff",
        "898c107029bffff",  # resolution 9: finer than anything the product knows
        "848c107ffffffff",
    ],
)
def test_a_text_that_is_no_cell_of_ours_is_refused(text):
    with pytest.raises(ValueError, match="cell"):
        cells.from_text(text)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_cell_or_refused(text):
    try:
        cell = cells.from_text(text)
    except ValueError:
        return
    assert cells.to_text(cell) == text.strip().lower()


@pytest.mark.parametrize(
    "point", [(91, 0), (-91, 0), (0, 181), (0, -181), (math.nan, 0), (0, math.inf)]
)
def test_a_point_that_is_not_on_earth_is_refused(point):
    with pytest.raises(ValueError, match="coordinate"):
        cells.snap(*point)


@pytest.mark.parametrize(
    ("next_centre_km", "resolution"),
    [(0.3, 8), (1.2, 8), (3, 7), (5, 7), (8, 6), (13, 6), (20, 5), (300, 5)],
)
def test_the_precision_of_a_district_follows_the_distance_to_the_next(next_centre_km, resolution):
    assert cells.resolution_for(next_centre_km) == resolution


def test_columns_of_places_without_a_cell():
    for place in (Place.online(), Place.unknown("Asia/Makassar")):
        columns = cells.place_columns(place)
        assert columns["place_kind"] == place.kind
        assert [columns[n] for n in ("cell", "cell_resolution", "cell_5", "cell_8")] == [None] * 4
    assert "zone" not in cells.place_columns(Place.online())


def test_columns_become_the_place_again():
    place = Place.at(cells.ancestor(DEPOK, 7), "32.76.06", "Asia/Jakarta")

    class Thing:
        def __init__(self) -> None:
            for name, value in cells.place_columns(place).items():
                setattr(self, name, value)

    assert cells.place_of(Thing()) == place
    assert Thing().cell_8 is None
    assert Thing().cell_7 == place.cell
