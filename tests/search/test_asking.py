"""What is typed, understood: phrases, words that must be missing, misspellings."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from marketplace.search import asking, scoring
from marketplace.search.asking import Correction, understand
from marketplace.search.spelling import nearest
from marketplace.search.steps import Stepped, in_steps, shares
from tests.search.corpus import document, query


@pytest.mark.parametrize(
    ("text", "words", "phrases", "unwanted"),
    [
        ('"mesin jahit" anak', ("mesin", "jahit", "anak"), (("mesin", "jahit"),), set()),
        ("“mesin jahit”", ("mesin", "jahit"), (("mesin", "jahit"),), set()),
        ("mesin -cuci", ("mesin",), (), {"cuci", "~cuci"}),
        ("non-stick pan", ("non", "stick", "pan"), (), set()),
        ("t-shirt - murah", ("t", "shirt", "murah"), (), set()),
        ('mesin "jahit', ("mesin", "jahit"), (), set()),
        ('"mesin"', ("mesin",), (), set()),
        ('""', (), (), set()),
        ("-", (), (), set()),
    ],
)
def test_quotes_and_minus_are_understood_and_all_else_is_words(
    text: str, words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...], unwanted: set[str]
) -> None:
    asked = understand(text)
    assert asked.words == words
    assert asked.phrases == phrases
    assert asked.unwanted_terms == unwanted


def test_a_phrase_with_a_minus_is_unwanted() -> None:
    asked = understand('mesin -"mesin cuci"')
    assert (asked.words, asked.unwanted_phrases) == (("mesin",), (("mesin", "cuci"),))


def test_a_phrase_is_held_only_word_by_word() -> None:
    assert asking.holds("Dijual Mesin  JAHIT!", "", ("mesin", "jahit"))
    assert not asking.holds("mesin untuk jahit", "", ("mesin", "jahit"))
    assert not asking.holds("mesin", "jahit", ("mesin", "jahit"))
    assert not asking.holds("mesin jahitan", "", ("mesin", "jahit"))


class Corpus:
    """Words and how many documents hold each."""

    def __init__(self, **words: int) -> None:
        self.words = words

    def frequencies(self, terms: Collection[str]) -> Mapping[str, int]:
        return {term: self.words.get(term, 0) for term in terms}

    def neighbours(self, word: str, most: int) -> list[str]:
        return nearest(word, self.words, most)

    def mended(self, text: str) -> asking.Asked:
        return asking.mend(understand(text), self.frequencies, self.neighbours, bool)


def test_a_word_that_nobody_uses_is_read_as_the_one_that_was_meant() -> None:
    found = Corpus(kulkas=3, mesin=9).mended("mesin kulkass")
    assert found.corrections == (Correction("kulkass", "kulkas", beside=False),)
    assert found.words == ("mesin", "kulkas")
    assert found.groups[1][0] == ("kulkas", 1.0)


def test_a_rare_spelling_is_looked_for_beside_the_usual_one() -> None:
    found = Corpus(kulkas=30, kukkas=1).mended("kukkas")
    assert found.corrections == (Correction("kukkas", "kulkas", beside=True),)
    assert {"kukkas", "kulkas"} <= {term for term, _ in found.groups[0]}


def test_words_that_are_found_short_ones_and_quoted_ones_stay_as_typed() -> None:
    assert not Corpus(kulkas=30, kukkas=4).mended("kukkas").corrections
    assert not Corpus(tas=30).mended("ras").corrections
    assert not Corpus(kulkas=30).mended('"kulkass baru"').corrections
    assert not Corpus(sepatu=30).mended("kulkass42").corrections


@pytest.fixture
def index():
    from marketplace.search.memory_index import MemoryIndex

    index = MemoryIndex()
    index.rebuild(
        [
            *(document(n, words={"mesin": 2.0, "jahit": 2.0}) for n in range(1, 4)),
            *(document(n, words={"mesin": 9.0}) for n in range(10, 30)),
        ]
    )
    return index


BOTH = ((("mesin", 1.0),), (("jahit", 1.0),))


def stepped(index, enough: int = 5, **given: object) -> Stepped:
    asked = query(groups=BOTH, **{"limit": 50, **given})
    plan = scoring.plan(BOTH, index.stats(["mesin", "jahit"]), asked.weights)
    return in_steps(index.search, asked, plan, enough)


def test_what_holds_everything_stands_first_and_the_rest_follows_when_it_is_little(index) -> None:
    found = stepped(index)
    assert [hit.id for hit in found.results.hits[:3]] == [3, 2, 1]
    assert (found.whole, found.results.total) == (3, 23)
    assert found.needed < 1.0


def test_enough_that_holds_everything_is_all_there_is(index) -> None:
    found = stepped(index, enough=3)
    assert (found.whole, found.results.total, found.needed) == (None, 3, 1.0)


def test_pages_of_steps_have_neither_gap_nor_overlap(index) -> None:
    whole = stepped(index).results.hits
    for limit in range(1, 23):
        assert stepped(index, limit=limit).results.hits == whole[:limit]


def test_newest_first_is_one_list_by_date_not_two(index) -> None:
    found = stepped(index, sort="newest")
    ids = [hit.id for hit in found.results.hits]
    assert ids == [3, 2, 1], "what holds only the lesser half of the words is no answer by date"


def test_the_word_that_tells_least_is_the_first_to_be_missed(index) -> None:
    three = (*BOTH, (("kursi", 1.0),), (("never", 1.0),))
    stats = index.stats(["mesin", "jahit", "kursi", "never"])
    stats = replace(stats, frequencies={"mesin": 20, "jahit": 5, "kursi": 2, "never": 0})
    plan = scoring.plan(three, stats, query().weights)
    worth = {group.alternatives[0][0]: group.ceiling / plan.ceiling for group in plan.groups}
    everything, all_but_one, half = shares(plan)
    assert everything == 1.0
    assert worth["jahit"] + worth["mesin"] < all_but_one <= worth["jahit"] + worth["kursi"]
    assert worth["jahit"] < half <= worth["kursi"]
