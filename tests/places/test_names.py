import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.places import names
from marketplace.places.names import Named

BEJI = Named("32.76.06", 3, ("Beji", "Kota Depok", "Jawa Barat"))
DEPOK = Named("32.76", 2, ("Kota Depok", "Jawa Barat"), 2_000_000)
SLEMAN_DEPOK = Named("34.04.07", 3, ("Depok", "Kabupaten Sleman", "Daerah Istimewa Yogyakarta"))
TEBET = Named(
    "31.74.01",
    3,
    ("Tebet", "Kota Administrasi Jakarta Selatan", "Daerah Khusus Ibukota Jakarta"),
)
KUKUSAN = Named("32.76.06.1006", 4, ("Kukusan", *BEJI.names))


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ma'rang", "marang"),
        ("Ma’rang", "marang"),
        ("  Gunung   Kidul ", "gunung kidul"),
        ("Lubuk Pakam I,II", "lubuk pakam i ii"),
        ("Kec. Beji", "kec beji"),
        ("São Tomé", "sao tome"),
        ("", ""),
    ],
)
def test_names_are_folded_to_plain_words(written, folded):
    assert names.fold(written) == folded


@given(st.text(max_size=200))
def test_folding_is_done_once_and_for_all(text):
    folded = names.fold(text)
    assert names.fold(folded) == folded
    assert folded.isascii()


def test_a_label_tells_a_city_from_its_regency():
    assert names.label(BEJI.names) == "Beji, Kota Depok, Jawa Barat"
    assert names.label(SLEMAN_DEPOK.names) == "Depok, Sleman, DI Yogyakarta"
    assert names.label(TEBET.names) == "Tebet, Jakarta Selatan, DKI Jakarta"
    assert names.label(TEBET.names[1:]) == "Kota Jakarta Selatan, DKI Jakarta"


def test_a_public_name_has_the_area_and_the_one_above():
    assert names.public_name(BEJI.names) == "Beji, Depok"
    assert names.public_name(DEPOK.names) == "Kota Depok"


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("beji", BEJI),
        ("be", BEJI),
        ("Beji, Depok", BEJI),
        ("beji depok jawa barat", BEJI),
        ("jawa barat beji", BEJI),
        ("kec beji", BEJI),
        ("Kecamatan Beji, Jabar", BEJI),
        ("kota depok", DEPOK),
        ("depok jogja", SLEMAN_DEPOK),
        ("tebet jaksel", TEBET),
        ("tebet dki", TEBET),
        ("kel kukusan", KUKUSAN),
    ],
)
def test_what_people_type_meets_the_area(text, area):
    words = names.typed_words(text)
    assert names.meets(words, area)
    assert names.ranked(words, [BEJI, DEPOK, SLEMAN_DEPOK, TEBET, KUKUSAN])[0] == area


@pytest.mark.parametrize("text", ["sukmajaya", "beji pasuruan", "beji x", "kota sleman"])
def test_a_word_that_fits_nowhere_leaves_the_area_out(text):
    assert not names.meets(names.typed_words(text), BEJI)


def test_the_wider_area_of_a_name_comes_first():
    order = names.ranked(names.typed_words("depok"), [SLEMAN_DEPOK, BEJI, DEPOK])
    assert order == [DEPOK, SLEMAN_DEPOK]


@pytest.mark.parametrize(
    ("text", "area", "exactly"),
    [
        ("Beji", BEJI, True),
        ("beji, depok", BEJI, True),
        ("Beji, Kota Depok, Jawa Barat", BEJI, True),
        ("Beji, Jawa Barat", BEJI, True),
        ("kec. beji", BEJI, True),
        ("desa beji", BEJI, False),
        ("bej", BEJI, False),
        ("Beji, Tuban", BEJI, False),
        ("Jawa Barat, Beji", BEJI, False),
        ("Tebet, jaksel", TEBET, True),
        ("kab sleman", Named("34.04", 2, SLEMAN_DEPOK.names[1:]), True),
        ("kota sleman", Named("34.04", 2, SLEMAN_DEPOK.names[1:]), False),
        ("jogja", Named("34", 1, SLEMAN_DEPOK.names[2:]), True),
    ],
)
def test_a_text_means_an_area_exactly_when_every_part_is_a_name(text, area, exactly):
    assert names.means_exactly(text, area) is exactly


@given(st.text(max_size=300))
def test_any_text_can_be_typed(text):
    words = names.typed_words(text)
    assert len(words) <= names.MOST_WORDS
    names.ranked(words, [BEJI, KUKUSAN])
    names.means_exactly(text, BEJI)
