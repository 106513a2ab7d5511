"""The formulas of ranking."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import SHORT_POSTS, CorpusStats
from marketplace.search.scoring import TermStats
from tests.search.corpus import BOGOR, DEPOK, KUPANG

counts = st.integers(0, 10_000)
amounts = st.floats(0.0625, 1000)


@given(amounts, amounts, counts, counts)
def test_a_score_is_positive_and_rises_with_what_is_said(
    tf: float, length: float, documents: int, frequency: int
) -> None:
    stats = TermStats(max(documents, frequency), 20.0, frequency)
    once = scoring.score(tf, length, stats, SHORT_POSTS)
    assert 0 < once < stats.idf * (SHORT_POSTS.k1 + 1)
    assert scoring.score(tf * 2, length, stats, SHORT_POSTS) > once
    assert scoring.score(tf, length * 2, stats, SHORT_POSTS) < once


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=20), counts)
def test_arrays_give_the_same_bits_as_numbers(
    pairs: list[tuple[float, float]], frequency: int
) -> None:
    stats = TermStats(10_000, 21.7, frequency)
    tf, length = (np.array(values) for values in zip(*pairs, strict=True))
    assert scoring.score(tf, length, stats, SHORT_POSTS).tolist() == [
        scoring.score(*pair, stats, SHORT_POSTS) for pair in pairs
    ]
    assert scoring.nearness(tf).tolist() == [scoring.nearness(one) for one, _ in pairs]
    assert scoring.freshness(tf).tolist() == [scoring.freshness(one) for one, _ in pairs]


def test_rare_words_weigh_more() -> None:
    assert TermStats(1000, 20, 2).idf > TermStats(1000, 20, 500).idf > 0


def test_distances_are_those_on_the_ground() -> None:
    for there in (BOGOR, KUPANG):
        ground = scoring.ground_km(scoring.chord_km(DEPOK, there))
        assert ground == pytest.approx(cells.km_between(DEPOK, there), rel=1e-4)
    assert scoring.chord_km(DEPOK, DEPOK) == 0


def test_nearness_and_freshness_halve_where_they_say() -> None:
    assert scoring.nearness(scoring.NEARNESS_HALVES_AT_KM) == 0.5
    days = scoring.FRESHNESS_HALVES_AT_DAYS * scoring.DAY_SECONDS
    assert (scoring.freshness(0.0), scoring.freshness(days)) == (1.0, 0.5)


def test_a_word_that_does_not_occur_lowers_nothing() -> None:
    stats = CorpusStats(100, 20.0, {"a": 5})
    alone = scoring.plan(((("a", 1.0),),), stats, SHORT_POSTS)
    beside = scoring.plan(((("a", 1.0),), (("zzz", 1.0),)), stats, SHORT_POSTS)
    assert beside.ceiling == alone.ceiling
    unknown = scoring.plan(((("zzz", 1.0),),), stats, SHORT_POSTS)
    assert unknown.ceiling > 0
    assert math.isfinite(unknown.ceiling)


def test_an_empty_corpus_divides_by_nothing() -> None:
    plan = scoring.plan(((("a", 1.0),),), CorpusStats(0, 0.0, {}), SHORT_POSTS)
    assert plan.ceiling > 0
    assert scoring.plan((), CorpusStats(0, 0.0, {}), SHORT_POSTS).ceiling == 0
