"""From phrases to concepts."""

import pytest

from marketplace.search.meanings import (
    DERIVED,
    HEARD,
    WRITTEN,
    concepts_of,
    guessed,
    longest,
    meaning_of,
)
from marketplace.search.roots import KNOWN, root
from marketplace.search.stems import root as known_root
from marketplace.search.tokens import SPELLINGS, tokens


def meant(text: str) -> tuple[str, ...]:
    return concepts_of(tuple(tokens(text)))


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("mesin jahit", "sewing-machine"),
        ("mesin jahitnya", "sewing-machine"),
        ("sewing machines", "sewing-machine"),
        ("mesinjahit", "sewing-machine"),
        ("magiccom", "rice-cooker"),
        ("lap top", "laptop"),
        ("leptop", "laptop"),
        ("kemejaku", "shirt"),
        ("ranjangnya", "bed"),
        ("guru ngaji", "quran-reading"),
        ("shelves", "shelf"),
        ("matress", "mattress"),
    ],
)
def test_what_people_write_is_understood(text: str, concept: str) -> None:
    assert concept in meant(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("keranjang", "bed"),  # Snowball takes "ke" off
        ("kemeja", "table"),
        ("terasi", "breast-milk"),
        ("short", "shorts"),
        ("leg", "leggings"),
        ("terpencil", "pencil"),
        ("makanan", "animal-feed"),
    ],
)
def test_words_that_only_look_alike_are_not_taken_for_each_other(text: str, concept: str) -> None:
    assert concept not in meant(text)


def test_a_neighbour_in_its_phrase_tells_what_a_misspelt_word_is() -> None:
    assert guessed("rda", "kursi", "") == "roda"
    assert guessed("mashine", "washing", "") == "machine"
    assert guessed("mesn", "", "jahit") == "mesin"
    assert guessed("roda", "kursi", "") == guessed("budi", "sepeda", "") == ""


def test_how_sure_a_meaning_is() -> None:
    assert meaning_of(("meja",)).sure == WRITTEN
    assert meaning_of(("mejanya",)).sure == WRITTEN
    assert meaning_of(("mencangkul",)).sure == DERIVED
    assert meaning_of(("matress",)).sure == HEARD


def test_the_longest_phrase_wins() -> None:
    words = tokens("mesin cuci dua tabung dan mesin jahit")
    size, meaning = longest(words, 0)
    assert size >= 2
    assert meaning.concepts == ("washing-machine",)
    assert longest(["entah"], 0)[0] == 1


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("menulis", "tulis"),
        ("memasak", "masak"),
        ("penanak", "tanak"),
        ("pelajaran", "ajar"),
        ("menyapu", "sapu"),
        ("mengecat", "cat"),
        ("ngajarin", "ajar"),
        ("membersihkan", "bersih"),
        ("kebersihan", "bersih"),
        ("bukunya", "buku"),
        *((word, word) for word in ("buku", "kamu", "ilmu", "meja", "kemeja", "keranjang")),
        *((word, word) for word in ("kelapa", "sekolah", "merica", "lemari", "kursi", "susu")),
    ],
)
def test_roots(word: str, expected: str) -> None:
    assert known_root(word) == expected


def test_hand_written_tables_are_consistent() -> None:
    for word, below in KNOWN.items():
        assert root(below, lambda _: False) == below, word
    for written, words in SPELLINGS.items():
        assert not SPELLINGS.keys() & set(words), written
        assert tokens(" ".join(words)) == list(words)
