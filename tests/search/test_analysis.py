"""Text into terms."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.search import stopwords
from marketplace.search.analysis import (
    BESIDE_WEIGHT,
    CONCEPT_WEIGHT,
    GENERAL_WEIGHT,
    MAX_QUERY_WORDS,
    PURPOSE_WEIGHT,
    SOFT_WEIGHT,
    STEM_WEIGHT,
    STRANGE_PART_WEIGHT,
    SURFACE_WEIGHT,
    document_terms,
    query_groups,
    words_of,
)
from marketplace.search.scoring import HOLDING_WEIGHT
from marketplace.search.stems import stem, stems
from marketplace.search.terms import BELOW_MARK, CONCEPT_MARK, STEM_MARK
from marketplace.search.tokens import MAX_WORD, normalise


def words(text: str) -> list[str]:
    return list(words_of(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mesin JAHIT", ["mesin", "jahit"]),
        ("café, Ｃａｆé", ["cafe", "cafe"]),
        ("Jum'at, Jum’at", ["jumat", "jumat"]),
        ("anak-anak, anak2, ANAK anak", ["anak", "anak", "anak"]),
        ("sayur-mayur", ["sayur", "mayur"]),
        ("mp3 A4 2 kg", ["mp3", "a4", "2kg"]),
        ("beras 5kg, 5 KG, 5 kilo, 1,5 ltr", ["beras", "5kg", "5kg", "5kg", "1.5l"]),
        ("2 x 3 m = 2x3 meter, 32 inci, 8GB", ["2x3m", "2x3m", "32inch", "8gb"]),
        ("kelas III, kelas 3, 3rd grade", ["kelas", "kelas3"] * 3),
        ("ukuran L, size M", ["ukuranl", "ukuranm"]),
        ("3 in 1", ["3", "1"]),
        ("buku2nya dan buku-bukunya", ["bukunya", "bukunya"]),
        ("oleh-oleh oleh2", ["oleholeh", "oleholeh"]),  # souvenirs; "oleh" alone says nothing
        ("hape, handphone; leptop utk sklh", ["hp", "hp", "laptop", "sekolah"]),
        ("boekoe djahit", ["buku", "jahit"]),
        ("pyjamas, jewellery", ["pajamas", "jewelry"]),
        ("se\u200bpe\u00adda", ["sepeda"]),
        ("नेपाल भूकम्प", ["नेपाल", "भूकम्प"]),
        ("🚲 !!! ---", []),
    ],
)
def test_words_are_normalised(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Butuh mesin jahit",
        "Ada yang punya mesin jahit?",
        "Does anyone have a mesin jahit",
        "Selamat pagi, saya mencari mesin jahit untuk anda. Terima kasih",
        "I am looking for mesin jahit please",
    ],
)
def test_asking_and_offering_say_nothing_about_the_thing(text: str) -> None:
    assert words(text) == ["mesin", "jahit"]


def test_a_phrase_is_left_out_whole_and_its_words_alone_stay() -> None:
    assert words("selamat pagi") == []
    assert words("pagi") == ["pagi"]
    assert words("terima barang") == ["terima", "barang"]


def test_stop_words_are_in_the_form_in_which_they_are_compared() -> None:
    for word in stopwords.WORDS | {word for phrase in stopwords.PHRASES for word in phrase}:
        assert normalise(word) == word
    assert not stopwords.WORDS & {"air", "buku", "help", "anak", "rumah", "beras", "food", "kerja"}


def test_both_languages_are_stemmed_beside_the_word() -> None:
    assert stem("menjahit", "id") == stem("jahit", "id") == "~jahit"
    assert stem("sewing", "en") == stem("sewed", "en") == "~sew"
    assert query_groups("aerofoils") == (
        (("aerofoils", 1.0), ("~aerofoils", STEM_WEIGHT), ("~aerofoil", STEM_WEIGHT)),
    )
    assert document_terms("aerofoils", "", "en") == {"aerofoils": 3.0, "~aerofoil": 3.0}


def test_a_word_of_one_language_is_not_stemmed_in_the_other() -> None:
    assert stems("gelas") == ["~gelas"]  # English would make it "gela"
    assert stems("dining") == ["~dine"]  # Indonesian would take "di" off
    assert "~jahit" in stems("dijahit", ("en",))


def test_the_title_counts_like_three() -> None:
    terms = document_terms("meja", "meja, lemari", "id")
    assert (terms["meja"], terms["lemari"]) == (4.0, 1.0)


def test_a_query_has_one_group_per_different_word() -> None:
    assert len(query_groups("meja meja kursi MEJA")) == 2
    assert query_groups("yang untuk butuh") == ()
    assert len(query_groups(" ".join(f"a{n}" for n in range(200)))) == MAX_QUERY_WORDS


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gives_terms_that_its_own_query_finds(title: str, description: str) -> None:
    terms = document_terms(title, description, "id")
    assert all(weight > 0 and len(term) <= MAX_WORD + 1 for term, weight in terms.items())
    assert not any(" " in term for term in terms)
    asked = {
        term
        for group in query_groups(title)
        for term, weight in group
        if weight >= HOLDING_WEIGHT
        and not term.startswith(BELOW_MARK)
        and not (term.startswith(CONCEPT_MARK) and weight <= BESIDE_WEIGHT)
    }
    assert asked <= terms.keys()
    assert bool(asked) == bool(document_terms(title, "", "id"))


HOSTILE = {
    "one word": "a" * 50_000,
    "doubled": "a-a-" * 12_500,
    "expanding": "\ufdfa" * 50_000,
    "reduplicated": "anak-anak2 " * 4_500,
    "marks": "\u0301" * 50_000,
    "letters": "x " * 25_000,
    "different": " ".join(f"menkata{n}kannya" for n in range(3_500)),
    "phrases": "ada yang bisa " * 3_500,
    "hyphens": "-" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_cut_before_it_is_slow(text: str) -> None:
    started = time.process_time()
    document_terms(text, text, "id")
    query_groups(text)
    assert time.process_time() - started < 0.2


def test_the_mark_of_stems_is_in_no_word() -> None:
    assert words(f"{STEM_MARK}jahit a{STEM_MARK}b") == ["jahit", "b"]


def weights(text: str) -> dict[str, float]:
    return {term: weight for group in query_groups(text) for term, weight in group}


def test_what_stands_behind_for_counts_less() -> None:
    assert weights("meja untuk bayi")["meja"] == SURFACE_WEIGHT
    assert weights("meja untuk bayi")["bayi"] == SURFACE_WEIGHT * PURPOSE_WEIGHT
    assert weights("untuk bayi")["bayi"] == SURFACE_WEIGHT


def test_words_that_go_with_anything_count_less() -> None:
    assert weights("murah")["murah"] == SOFT_WEIGHT
    assert not stopwords.SOFT & stopwords.WORDS


def test_a_part_that_alone_means_something_else_counts_half() -> None:
    assert document_terms("", "kursi roda", "id")["kursi"] == STRANGE_PART_WEIGHT
    assert document_terms("", "kursi lipat", "id")["kursi"] == 1.0
    assert "#chair" in weights("kursi")
    assert document_terms("", "servis kulkas", "id")["#refrigerator"] < 0.5


def test_whom_a_thing_is_for_counts_less_than_what_it_is() -> None:
    terms = document_terms("", "kulkas, tetangga", "id")
    assert terms["#neighbour"] == GENERAL_WEIGHT < terms["#refrigerator"] == 1.0


def test_several_meanings_are_each_less_likely() -> None:
    assert weights("kulkas")["#refrigerator"] == CONCEPT_WEIGHT
    meant = [weight for term, weight in weights("cat").items() if term.startswith("#")]
    assert len(meant) > 1
    assert max(meant) < CONCEPT_WEIGHT
