"""Results as counted cells."""

import re

from hypothesis import given
from hypothesis import strategies as st

from marketplace.places import cells
from marketplace.search.maps import HEIGHT, WIDTH, result_map
from tests.search.corpus import BOGOR, DEPOK, DEPOK_3_KM, KUPANG

_cells = st.builds(
    lambda latitude, longitude, resolution: cells.ancestor(
        cells.snap(latitude, longitude), resolution
    ),
    st.floats(-11, 6),
    st.floats(95, 141),
    st.integers(5, 8),
)


def test_no_results_no_map() -> None:
    assert result_map([], DEPOK, 12) is None


@given(st.lists(_cells, min_size=1, max_size=60), st.none() | _cells, st.sampled_from((12, 40)))
def test_every_result_is_counted_once_on_the_sheet(
    found: list[int], origin: int | None, most: int
) -> None:
    drawn = result_map([(cell, "") for cell in found], origin, most)
    assert drawn is not None
    assert sum(cell.count for cell in drawn.counted) == len(found)
    assert all(0 <= cell.x <= WIDTH and 0 <= cell.y <= HEIGHT for cell in drawn.counted)
    assert all(cell.level in (1, 2, 3) for cell in drawn.counted)
    assert len(drawn.empty) < 250
    assert bool(drawn.mine) == (origin is not None)


def test_many_cells_are_joined_into_coarser_ones() -> None:
    found = [(cells.snap(-6.4 + n / 20, 106.8), "") for n in range(30)]
    drawn = result_map(found, None, 12)
    assert drawn is not None
    assert len(drawn.counted) <= 12


def test_the_link_of_a_cell_finds_what_it_counts() -> None:
    found = [DEPOK, DEPOK, DEPOK_3_KM, BOGOR]
    drawn = result_map([(cell, "") for cell in found], None, 40)
    assert drawn is not None
    for cell in drawn.counted:
        cover = cells.cover(cells.from_text(cell.link_cell), cell.radius_km)
        assert sum(cells.within(cover, one) for one in found) == cell.count


def test_nothing_sharper_than_the_cells_leaves() -> None:
    one, other = (result_map([(cell, "")], None, 12) for cell in (DEPOK, DEPOK))
    assert one == other
    assert one is not None
    ring = re.findall(r"(-?\d+\.\d+),(\d+\.\d+)", one.counted[0].ring)
    assert len(ring) == 6


def test_the_name_of_a_cell_is_that_of_most_of_its_results() -> None:
    drawn = result_map([(KUPANG, "a"), (KUPANG, "b"), (KUPANG, "b")], None, 12)
    assert drawn is not None
    assert [cell.area_code for cell in drawn.counted] == ["b"]
