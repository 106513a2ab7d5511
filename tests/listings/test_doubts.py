"""A title that suggests what may not be shared is asked about; its surroundings are not."""

import pytest

from marketplace.listings import doubts

ASKED = [
    ("Obat resep sisa", "medicine"),
    ("Antibiotik amoxicillin 10 tablet", "medicine"),
    ("Insulin, belum dibuka", "medicine"),
    ("Rokok kretek dua slop", "alcohol_tobacco"),
    ("Vape bekas, lengkap", "alcohol_tobacco"),
    ("Tuak Toba satu jeriken", "alcohol_tobacco"),
    ("Six bottles? No: wine from Bali", "alcohol_tobacco"),
    ("Anak kucing lucu dua ekor", "animals"),
    ("Kucing persia jantan", "animals"),
    ("Ayam hidup 3 ekor", "animals"),
    ("Kittens, eight weeks old", "animals"),
    ("Senapan angin", "weapons"),
    ("Petasan sisa tahun baru", "weapons"),
    ("Pinjaman uang tanpa bunga", "money"),
    ("Kartu perdana aktif", "money"),
    ("Ijazah SMA", "papers"),
]
LEFT_ALONE = [
    "Asbak rokok keramik",
    "Kotak obat P3K",
    "Kardus rokok bekas untuk pindahan",
    "Kaos anti rokok",
    "Botol wine kosong untuk kerajinan",
    "Gelas bir, 6 buah",
    "Wine glasses, set of six",
    "Kandang kucing",
    "Makanan kucing 5 kg",
    "Pasir kucing",
    "Boneka anak anjing",
    "Buku tentang kucing",
    "Bir pletok khas Betawi",
    "Pistol mainan",
    "Pistol lem tembak",
    "Water guns for children",
    "Hot glue gun",
    "Map ijazah",
    "Bingkai ijazah",
    "Anggur hijau dari kebun",
    "Daging ayam beku",
    "Telur bebek",
    "Kandang ayam",
    "Bibit sirih dan jahe",
    "Termometer dan tensimeter",
    "Kursi roda",
    "Mesin jahit",
    "Buku investasi",
    "Dompet kartu",
    "Birkenstock ukuran 40",
    "Arakan pengantin: baju adat",
]


@pytest.mark.parametrize(("title", "rule"), ASKED)
def test_what_may_not_be_shared_is_asked_about(title: str, rule: str) -> None:
    found = doubts.find("goods", title)
    assert found is not None, title
    assert found.rule == rule
    assert found.found in title


@pytest.mark.parametrize("title", LEFT_ALONE)
def test_what_is_around_it_or_only_called_so_is_left_alone(title: str) -> None:
    assert doubts.find("goods", title) is None


@pytest.mark.parametrize("kind", ["skill", "mentoring"])
def test_help_and_lessons_about_any_of_it_are_fine(kind: str) -> None:
    for title, _ in ASKED:
        assert doubts.find(kind, title) is None
