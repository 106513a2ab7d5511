"""A guess at the language of a short text, by its commonest words. Pure.

It only sets ``lang=`` and the stems; the member can correct it.
"""

import re

_INDONESIAN = (
    "yang dan di ke dari untuk dengan ada tidak bisa saya kami anda ini itu atau juga sudah masih "
    "akan pada lagi belum jika kalau karena oleh agar supaya boleh mau perlu butuh cari dicari "
    "siap pakai bekas baru anak rumah buku meja kursi baju mesin jahit sepeda layak gratis ambil "
    "sendiri bagi pinjam meminjam tukar ajar mengajar belajar guru les bantuan bantu mohon tolong "
    "yg utk dgn tdk gak nggak aja nih dong kak bu pak ibu bapak buat sama satu dua tiga kondisi "
    "bagus lengkap warga desa kampung sekolah makanan nasi sayur beras buah tas sepatu"
)
_ENGLISH = (
    "the and of to in for with is are was not can i we you this that or also already still will "
    "on at from by if because so please need needed want looking free pick up good condition used "
    "new child children house book books table chair clothes sewing machine bicycle bike offer "
    "offering borrow lend swap teach teaching learn lesson lessons help my our your a an some any "
    "have has it school food rice bag shoes one two three working"
)
INDONESIAN = frozenset(_INDONESIAN.split())
ENGLISH = frozenset(_ENGLISH.split())
_WORD = re.compile(r"[a-z]+")
MAX_CHARACTERS = 2000


def guess(text: str, default: str) -> str:
    """'id' or 'en'; ``default`` when the text gives no or equal hints."""
    words = _WORD.findall(text[:MAX_CHARACTERS].lower())
    indonesian = sum(word in INDONESIAN for word in words)
    english = sum(word in ENGLISH for word in words)
    if indonesian == english:
        return default
    return "id" if indonesian > english else "en"
