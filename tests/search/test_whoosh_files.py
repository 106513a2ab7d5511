"""How the embedded engine keeps its files few, its commits short and its caches warm."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from marketplace.search import postings, whoosh_files
from marketplace.search.whoosh_index import WhooshIndex
from tests.search.corpus import document, query


@pytest.fixture
def index(tmp_path: Path) -> WhooshIndex:
    index = WhooshIndex(tmp_path)
    index.rebuild(document(n, "mesin") for n in range(1, 101))
    return index


def _segments(index: WhooshIndex) -> dict[str, int]:
    """Documents of each, dead ones too, after the last commit."""
    index.search(query())
    assert index._snapshot is not None
    return {view.segment.name: len(view.segment) for view in index._snapshot.views}


def test_posts_that_arrive_one_by_one_make_few_segments(index: WhooshIndex) -> None:
    most = 0
    for n in range(200, 260):
        index.apply([document(n, "mesin")])
        most = max(most, len(_segments(index)))
    assert most <= 6
    assert index.search(query("mesin")).total == 160


def test_a_commit_never_copies_more_than_its_bound(
    index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_files, "MERGE_MOST", 20)
    for n in range(200, 260):
        index.apply([document(n, "mesin")])
    sizes = sorted(_segments(index).values())
    assert sizes[-1] == 100
    assert sizes[-2] <= 20
    assert index.search(query("mesin")).total == 160


def test_a_segment_that_is_mostly_dead_is_swallowed(index: WhooshIndex) -> None:
    index.apply([], removals=range(1, 61))
    index.apply([document(200, "mesin")])
    assert sum(_segments(index).values()) == 41
    assert index.search(query("mesin")).total == 41


def test_a_commit_leaves_what_was_known_of_other_segments(index: WhooshIndex) -> None:
    index.search(query("mesin"))
    assert index._snapshot is not None
    (before,) = index._snapshot.views
    index.apply([document(200, "mesin")])
    index.search(query("mesin"))
    assert before in index._snapshot.views
    index.apply([], removals=[7])
    index.search(query("mesin"))
    assert before not in index._snapshot.views
    assert before.segment in [view.segment for view in index._snapshot.views]


def test_words_of_a_segment_are_read_when_somebody_needs_them(index: WhooshIndex) -> None:
    index.search(query("mesin"))
    assert index._snapshot is not None
    (view,) = index._snapshot.views
    assert "vocabulary" not in vars(view.segment)
    assert index.completions("me", 5) == ["mesin"]
    assert "vocabulary" in vars(view.segment)


def test_words_that_nobody_wrote_do_not_fill_the_memory(
    index: WhooshIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whoosh_files.segments, "FREQUENCIES_KEPT", 20)
    cache, view = index._cache, index._latest().views[0]
    held = cache._held
    for n in range(50):
        index.search(query(f"tidakada{n}"))
    assert cache._held == held  # that there are none needs no list
    assert len(view._frequencies) <= 20
    for n in range(50):
        view.segment.postings(f"tidakada{n}")
    assert cache._held >= held + 50 * postings.POSTINGS_APART


def test_how_many_hold_a_word_is_told_without_reading_who(index: WhooshIndex) -> None:
    held = index._cache._held
    index.apply([document(n, "panci") for n in (10, 11, 12)])
    assert index.stats({"panci"}).frequencies == {"panci": 3}
    assert index._cache._held == held
    index.apply([], [11])  # one of them is dead now, wherever its segment is
    assert index.stats({"panci"}).frequencies == {"panci": 2}


def test_words_and_postings_are_read_by_one_thread_at_a_time(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path)
    index.rebuild(document(n, f"mesin nomor{n}") for n in range(200))
    index.close()  # nothing is in memory

    def ask(n: int) -> int:
        index.completions("nomor1", 5)
        return index.search(query(f"nomor{n}")).total

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(200))) == {1}
    assert index.usable()
