import pytest

from marketplace.listings.language import guess


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Mesin jahit bekas, masih bagus, ambil sendiri ya", "id"),
        ("butuh buku utk anak sekolah", "id"),
        ("Free baby clothes, good condition, pick up only", "en"),
        ("I can teach English to children", "en"),
    ],
)
def test_the_language_of_a_post_is_guessed_from_its_common_words(text, language):
    assert guess(text, "xx") == language


def test_without_hints_the_language_of_the_page_is_taken():
    assert guess("Honda Supra 2012", "id") == "id"
    assert guess("", "en") == "en"
