"""What every search engine promises. Inherit it and give it an ``index`` fixture."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from marketplace.places import cells
from marketplace.search import scoring
from marketplace.search.port import Document, Query, Reach, SearchIndex
from tests.search.contract.hostile import BEYOND, HOSTILE
from tests.search.corpus import (
    BOGOR,
    DEPOK,
    DEPOK_3_KM,
    KUPANG,
    NOW,
    document,
    query,
    reach,
)


def ids(index: SearchIndex, asked: Query) -> list[int]:
    return [hit.id for hit in index.search(asked).hits]


class SearchIndexContract:
    @pytest.fixture
    def index(self) -> Iterator[SearchIndex]:
        pytest.fail("the suite of an engine makes its index here")

    def test_a_new_index_is_empty_and_usable(self, index: SearchIndex) -> None:
        assert index.usable()
        assert ids(index, query("mesin")) == []
        assert ids(index, query()) == []
        assert index.revisions() == {}
        assert index.stats(["mesin"]).documents == 0

    def test_what_was_applied_is_found_by_its_words(self, index: SearchIndex) -> None:
        index.apply([document(1, "Mesin jahit"), document(2, "Meja belajar")])
        assert ids(index, query("mesin")) == [1]
        assert ids(index, query("meja jahit")) == [2, 1] or ids(index, query("meja jahit")) == [
            1,
            2,
        ]

    def test_other_forms_of_a_word_are_found_below_the_word_itself(
        self, index: SearchIndex
    ) -> None:
        index.apply([document(1, "sewing lessons"), document(2, "sew lessons")])
        assert ids(index, query("sew")) == [2, 1]

    def test_it_says_how_it_stands(self, index: SearchIndex) -> None:
        assert (index.facts().documents, bool(index.facts().engine)) == (0, True)
        index.apply([document(1, "mesin"), document(2, "meja")])
        index.apply([document(1, "mesin", revision=2)], removals=[2])
        facts = index.facts()
        assert facts.documents == 1
        assert facts.size_bytes > 0 or facts.engine == "memory"

    def test_an_upsert_replaces_the_document(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin")])
        index.apply([document(1, "meja", revision=2)])
        assert ids(index, query("mesin")) == []
        assert ids(index, query("meja")) == [1]
        assert index.revisions() == {1: 2}
        assert index.search(query()).total == 1

    def test_an_older_revision_never_replaces_a_newer_one(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin", revision=5)])
        index.apply([document(1, "meja", revision=4), document(2, "meja")])
        assert ids(index, query("mesin")) == [1]
        assert ids(index, query("meja")) == [2]
        assert index.revisions() == {1: 5, 2: 1}

    def test_what_is_taken_out_and_put_in_at_once_is_in(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin", revision=5)])
        index.apply([document(1, "meja", revision=2)], removals=[1])
        assert index.revisions() == {1: 2}
        assert ids(index, query("meja")) == [1]

    def test_the_same_id_twice_in_one_commit_counts_once(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin"), document(1, "meja", revision=2)])
        assert index.revisions() == {1: 2}
        assert ids(index, query("meja")) == [1]

    def test_removals_and_upserts_act_in_one_commit(self, index: SearchIndex) -> None:
        index.apply([document(1), document(2)])
        index.apply([document(3)], removals=[1, 99])
        assert sorted(index.revisions()) == [2, 3]
        index.apply([], removals=[2, 3])
        assert index.revisions() == {}
        index.apply([], removals=[2, 3])

    @pytest.mark.parametrize(
        "nothing",
        [
            {"kinds": frozenset()},
            {"categories": frozenset()},
            {"terms": frozenset()},
            {"reach": Reach(8, frozenset(), online=False)},
            {"reach": Reach(8, frozenset(), online=True)},
        ],
        ids=lambda given: next(iter(given)),
    )
    def test_an_empty_filter_lets_nothing_through(
        self, index: SearchIndex, nothing: dict[str, object]
    ) -> None:
        index.apply([document(1, "mesin")])
        for text in ("", "mesin"):
            found = index.search(query(text, **nothing))
            assert (found.hits, found.total) == ((), 0)

    def test_direction_kind_category_and_terms_filter(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1),
                document(2, direction="request"),
                document(3, kind="skill"),
                document(4, category="books"),
                document(5, terms=frozenset({"loan", "swap"})),
            ]
        )
        assert set(ids(index, query(direction="request"))) == {2}
        assert set(ids(index, query(kinds=frozenset({"skill", "mentoring"})))) == {3}
        assert set(ids(index, query(categories=frozenset({"books"})))) == {4}
        assert set(ids(index, query(terms=frozenset({"gift", "swap"})))) == {1, 2, 3, 4, 5}
        assert set(ids(index, query(terms=frozenset({"loan"})))) == {5}

    def test_a_reach_holds_its_cells_and_coarser_places_that_touch_it(
        self, index: SearchIndex
    ) -> None:
        index.apply(
            [
                document(1),
                document(2, cell=DEPOK_3_KM),
                document(3, cell=BOGOR),
                document(4, cell=cells.ancestor(DEPOK, 6)),
                document(5, cell=cells.ancestor(KUPANG, 5)),
            ]
        )
        assert set(ids(index, query(reach=reach(DEPOK, 1)))) == {1, 4}
        assert set(ids(index, query(reach=reach(DEPOK, 5)))) == {1, 2, 4}
        assert set(ids(index, query(reach=reach(DEPOK, 40)))) == {1, 2, 3, 4}

    def test_online_passes_when_allowed_and_unknown_places_never(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1, place_kind="online", cell=None),
                document(2, place_kind="unknown", cell=None),
                document(3, cell=KUPANG),
            ]
        )
        assert ids(index, query(reach=reach(DEPOK, 5, online=True))) == [1]
        assert ids(index, query(reach=reach(DEPOK, 5, online=False))) == []
        assert set(ids(index, query())) == {1, 2, 3}

    def test_what_has_expired_is_out_at_that_very_instant(self, index: SearchIndex) -> None:
        index.apply([document(1, expires_at=NOW + timedelta(seconds=1)), document(2)])
        assert set(ids(index, query())) == {1, 2}
        assert ids(index, query(now=NOW + timedelta(seconds=1))) == [2]

    def test_excluded_owners_and_ids_are_out_before_the_page_is_cut(
        self, index: SearchIndex
    ) -> None:
        index.apply([document(n, owner_id=n) for n in range(1, 8)])
        found = index.search(
            query(exclude_owners=frozenset({7, 6}), exclude_ids=frozenset({5}), limit=2)
        )
        assert [hit.id for hit in found.hits] == [4, 3]
        assert found.total == 4

    def test_best_prefers_words_then_near_then_fresh(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1, "mesin jahit", cell=BOGOR),
                document(2, "mesin jahit", cell=DEPOK_3_KM),
                document(3, "mesin cuci"),
                document(4, "mesin jahit", cell=BOGOR, published_at=NOW - timedelta(days=40)),
                *(document(n, "kursi") for n in range(10, 20)),
            ]
        )
        assert ids(index, query("mesin jahit", origin=DEPOK)) == [2, 1, 4, 3]

    def test_nearest_puts_distances_first_and_places_without_one_last(
        self, index: SearchIndex
    ) -> None:
        index.apply(
            [
                document(1, cell=BOGOR),
                document(2, place_kind="online", cell=None),
                document(3, cell=DEPOK_3_KM),
                document(4),
            ]
        )
        found = index.search(query(origin=DEPOK, sort="nearest")).hits
        assert [hit.id for hit in found] == [4, 3, 1, 2]
        assert [hit.distance_km for hit in found][::3] == [0.0, None]
        assert found[2].distance_km == pytest.approx(cells.km_between(DEPOK, BOGOR), rel=1e-3)

    def test_newest_puts_the_last_published_first(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(n, published_at=NOW - timedelta(hours=h))
                for n, h in ((1, 2), (2, 9), (3, 1))
            ]
        )
        assert ids(index, query(sort="newest")) == [3, 1, 2]

    def test_newest_leaves_out_what_holds_only_the_lesser_half_of_the_words(
        self, index: SearchIndex
    ) -> None:
        index.apply(
            [
                document(
                    1,
                    words={"mesin": 1.0, "jahit": 1.0},
                    published_at=NOW - timedelta(days=2),
                ),
                *(document(n, words={"mesin": 1.0, "cuci": 1.0}) for n in range(2, 9)),
            ]
        )
        both = ((("mesin", 1.0),), (("jahit", 1.0),))
        assert ids(index, query(groups=both, sort="newest")) == [1]
        assert index.search(query(groups=both)).total == 8

    def test_an_unknown_word_does_not_hide_what_the_others_find(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin jahit")])
        assert ids(index, query("mesin zzzz", sort="newest")) == [1]
        assert ids(index, query("zzzz")) == []

    def test_a_result_holds_the_share_of_the_words_that_is_needed(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1, words={"mesin": 1.0, "jahit": 1.0}),
                document(2, words={"mesin": 1.0}),
                document(3, words={"jahit": 1.0}),
                document(4, words={"~jahit": 1.0, "mesin": 1.0}),
                document(5, words={"mesin": 1.0, "^tool": 1.0}),
            ]
        )
        both = (
            (("mesin", 1.0),),
            (("jahit", 1.0), ("~jahit", 0.7), ("^tool", 0.1)),
        )
        for sort in ("best", "newest"):
            assert set(ids(index, query(groups=both, needed=1.0, sort=sort))) == {1, 4}
            assert set(ids(index, query(groups=both, needed=0.0, sort=sort))) == {1, 2, 3, 4, 5}
        known = (*both, (("never", 1.0), ("^tool", 0.1)))
        assert set(ids(index, query(groups=known, needed=1.0))) == {1, 4}

    def test_an_excluded_term_is_in_no_result(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin jahit"), document(2, "mesin cuci")])
        for text in ("", "mesin"):
            asked = query(text, excluded_terms=frozenset({"cuci", "never"}))
            assert ids(index, asked) == [1]
            assert index.search(asked).total == 1

    def test_nothing_but_the_named_ids_is_found_and_of_none_nothing(
        self, index: SearchIndex
    ) -> None:
        index.apply([document(n, "mesin") for n in range(1, 5)])
        assert ids(index, query("mesin", only_ids=frozenset({2, 4, 9}))) == [4, 2]
        assert ids(index, query("mesin", only_ids=frozenset())) == []
        assert index.facets(query(only_ids=frozenset())).kinds == {}

    def test_ending_soon_puts_the_first_to_expire_first_and_what_stays_last(
        self, index: SearchIndex
    ) -> None:
        ends = ((1, 9), (2, None), (3, 1), (4, 5))
        index.apply([document(n, expires_at=h and NOW + timedelta(hours=h)) for n, h in ends])
        assert ids(index, query(sort="ending")) == [3, 4, 1, 2]

    def test_a_facet_counts_what_each_of_its_choices_would_give(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1, "mesin jahit"),
                document(2, "mesin cuci", kind="skill", category="help", cell=BOGOR),
                document(3, "mesin", terms=frozenset({"loan", "swap"}), direction="request"),
                document(4, "meja"),
                document(5, "mesin", owner_id=9),
            ]
        )
        asked = query("mesin", exclude_owners=frozenset({9}), limit=1)
        near, far = reach(DEPOK, 1), reach(DEPOK, 60)
        found = index.facets(asked, (near, far))
        assert found.directions == {"offer": 2, "request": 1}
        assert found.kinds == {"goods": 2, "skill": 1}
        assert found.categories == {"tools": 2, "help": 1}
        assert found.terms == {"gift": 2, "loan": 1, "swap": 1}
        assert found.within == (2, 3)
        chosen = replace(asked, kinds=frozenset({"skill"}), reach=near)
        found = index.facets(chosen, (near, far))
        assert found.kinds == {"goods": 2}
        assert found.within == (0, 1)
        assert found.directions == {}

    def test_words_are_completed_by_the_most_frequent_first(self, index: SearchIndex) -> None:
        index.apply(
            [
                document(1, words={"meja": 1.0, "mesin": 1.0, "~mesin": 1.0, "#me": 1.0}),
                document(2, words={"mesin": 1.0, "menara": 1.0}),
                document(3, words={"kursi": 1.0}),
                document(4, words={"mekar": 1.0}),
            ]
        )
        index.apply([], removals=[4])
        assert index.completions("me", 9) == ["mesin", "meja", "menara"]
        assert index.completions("me", 1) == ["mesin"]
        assert index.completions("x", 9) == []
        assert index.completions("%", 9) == []

    def test_a_misspelt_word_has_living_neighbours_the_closest_first(
        self, index: SearchIndex
    ) -> None:
        index.apply(
            [
                document(1, words={"kulkas": 1.0, "~kulka": 1.0}),
                document(2, words={"kulkas": 1.0, "kukas": 1.0}),
                document(3, words={"kulaks": 1.0}),
            ]
        )
        index.apply([], removals=[3])
        assert index.neighbours("kulkass", 9) == ["kulkas"]
        assert index.neighbours("klukas", 9) == ["kulkas", "kukas"]
        assert index.neighbours("kulkas", 9) == ["kukas"]
        assert index.neighbours("kul", 9) == []

    def test_pages_are_cut_from_one_order_without_gap_or_overlap(self, index: SearchIndex) -> None:
        index.apply([document(n, published_at=NOW - timedelta(hours=n % 5)) for n in range(1, 48)])
        for sort in ("best", "nearest", "newest", "ending"):
            whole = ids(index, query(sort=sort, origin=DEPOK, limit=100))
            pages = [
                ids(index, query(sort=sort, origin=DEPOK, offset=n, limit=10))
                for n in range(0, 50, 10)
            ]
            assert [one for page in pages for one in page] == whole
            assert len(whole) == 47
        assert index.search(query(offset=100)).hits == ()
        assert index.search(query(limit=0)).total == 47

    def test_equal_documents_come_in_one_order_the_newest_id_first(
        self, index: SearchIndex
    ) -> None:
        index.apply([document(n) for n in (3, 1, 2)])
        for sort in ("best", "nearest", "newest", "ending"):
            assert ids(index, query("machine", sort=sort, origin=DEPOK)) == [3, 2, 1]

    def test_statistics_count_living_documents_only(self, index: SearchIndex) -> None:
        index.apply([document(1, words={"a": 1.0, "b": 3.0}), document(2, words={"b": 2.0})])
        index.apply([document(3, words={"b": 1.0})])
        index.apply([document(2, words={"c": 4.0}, revision=2)], removals=[3])
        found = index.stats(["a", "b", "c", "d"])
        assert found.documents == 2
        assert found.average_length == 4.0
        assert dict(found.frequencies) == {"a": 1, "b": 1, "c": 1, "d": 0}

    def test_scores_are_those_of_the_pure_formula(self, index: SearchIndex) -> None:
        index.apply([document(1, words={"a": 2.0}, cell=BOGOR), document(2, words={"b": 1.0})])
        asked = query(groups=((("a", 0.7),),), origin=DEPOK)
        stats = scoring.term_stats(index.stats(["a"]), "a")
        words = 0.7 * scoring.score(2.0, 2.0, stats, asked.weights)
        ceiling = 0.7 * stats.idf * (asked.weights.k1 + 1)
        near = scoring.nearness(scoring.chord_km(DEPOK, BOGOR))
        fresh = scoring.freshness(3600.0)
        (hit,) = index.search(asked).hits
        assert hit.score == pytest.approx(
            scoring.best(words / ceiling, near, fresh, asked.weights), rel=1e-12
        )

    def test_a_group_counts_its_best_alternative_once(self, index: SearchIndex) -> None:
        index.apply([document(1, words={"a": 1.0, "b": 1.0})])
        both = index.search(query(groups=((("a", 1.0), ("b", 0.7)),))).hits[0].score
        one = index.search(query(groups=((("a", 1.0),),))).hits[0].score
        assert both == pytest.approx(one)

    def test_a_rebuild_replaces_everything_and_tells_its_progress(self, index: SearchIndex) -> None:
        index.apply([document(1), document(2)])
        told: list[int] = []
        assert index.rebuild((document(n) for n in (2, 3, 4)), told.append) == 3
        assert told[-1] == 3
        assert sorted(index.revisions()) == [2, 3, 4]
        index.apply([document(5)])
        assert index.search(query()).total == 4

    def test_searches_are_answered_while_a_rebuild_runs(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin")])

        def slowly() -> Iterator[Document]:
            for n in (1, 2):
                assert ids(index, query("mesin")) == [1]
                assert index.usable()
                yield document(n, "meja")

        index.rebuild(slowly())
        assert ids(index, query("mesin")) == []

    def test_a_rebuild_that_fails_leaves_the_old_index(self, index: SearchIndex) -> None:
        index.apply([document(1, "mesin")])

        def failing() -> Iterator[Document]:
            yield document(2, "meja")
            raise RuntimeError("the database went away")

        with pytest.raises(RuntimeError):
            index.rebuild(failing())
        assert ids(index, query()) == [1]
        index.apply([document(3)])
        assert sorted(index.revisions()) == [1, 3]

    def test_many_small_commits_give_the_same_answers_as_one(self, index: SearchIndex) -> None:
        all_documents = [
            document(n, "mesin jahit" if n % 3 else "mesin", owner_id=n % 4) for n in range(1, 40)
        ]
        for one in all_documents:
            index.apply([one])
        small = index.search(query("mesin jahit", limit=100))
        index.rebuild(all_documents)
        assert index.search(query("mesin jahit", limit=100)) == small
        assert replace(small, hits=()).total == 39

    def test_hostile_text_is_taken_found_and_never_raises(self, index: SearchIndex) -> None:
        texts = list(HOSTILE.values())
        index.apply([document(n, text, description=text) for n, text in enumerate(texts, 1)])
        assert index.revisions() == dict.fromkeys(range(1, len(texts) + 1), 1)
        for n, text in enumerate(texts, 1):
            asked = query(text, limit=50)
            if asked.groups:
                assert n in ids(index, asked), text[:50]
                assert index.facets(asked).directions
        assert index.usable()

    def test_hostile_terms_and_numbers_find_nothing_and_never_raise(
        self, index: SearchIndex
    ) -> None:
        index.apply([document(1, words={"mesin": 1.0, "#machine": 1.0})])
        for text in HOSTILE.values():
            asked = query(groups=(((text, 1.0), (f"#{text}", 0.9)),))
            assert ids(index, asked) == []
            assert index.facets(asked).kinds == {}
            assert index.stats([text]).frequencies[text] == 0
            assert index.search(query(excluded_terms=frozenset({text}))).total == 1
            assert index.search(query(categories=frozenset({text}))).total == 0
            assert set(index.neighbours(text, 5)) <= {"mesin"}
            assert index.completions(text, 5) == ([] if text else ["mesin"])
        assert ids(index, query(only_ids=BEYOND)) == []
        assert ids(index, query(exclude_ids=BEYOND, exclude_owners=BEYOND)) == [1]
        assert ids(index, query(offset=10**12, limit=10**12)) == []
        assert ids(index, query(limit=10**12)) == [1]
        index.apply([], removals=BEYOND)
        assert index.usable()
