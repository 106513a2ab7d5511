"""What asks for money is found, in both languages; what only counts, costs or says so is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.listings import prices

ASKS = [
    ("Mesin jahit Rp 50.000", "Rp 50.000"),
    ("Mesin jahit rp.50000 saja", "rp.50000"),
    ("Rp50rb", "Rp50rb"),
    ("Tas bekas 50rb", "50rb"),
    ("Sepeda lipat, 50 ribu", "50 ribu"),
    ("50 ribu", "50 ribu"),
    ("cuma 75 ribu aja", ""),
    ("Kulkas harga 2 juta", "harga 2 juta"),
    ("Harga: 150.000", "Harga: 150.000"),
    ("harganya 1500000", "harganya 1500000"),
    ("Les gitar tarif 50.000 per jam", "tarif 50.000"),
    ("HP bekas 1,5jt nego", "1,5jt"),
    ("mahar 200 ribu", "mahar 200 ribu"),
    ("Meja, 100 ribu per buah", "100 ribu"),
    ("$20 for the bike", "$20"),
    ("Bike, US$ 20", "US$ 20"),
    ("IDR 300.000", "IDR 300.000"),
    ("20 dollars", "20 dollars"),
    ("seratus? tidak, 20.000 rupiah", "20.000 rupiah"),
    ("Price: 25000", "Price: 25000"),
    ("Kursi dijual cepat", "dijual"),
    ("Jual kursi roda", "Jual"),
    ("jual murah lemari", "jual"),
    ("Saya jual meja ini", "Saya jual"),
    ("Lemari, masih bisa nego", "bisa nego"),
    ("nego tipis", "nego tipis"),
    ("Ambil sendiri atau COD", "COD"),
    ("bisa cod di stasiun", "bisa cod"),
    ("transfer dulu baru kirim", "transfer dulu"),
    ("TF ke rekening BCA", "TF ke rekening"),
    ("For sale: old bike", "For sale"),
    ("Selling my old bike", "Selling my"),
    ("Tas bahan kulit Rp 50.000", "Rp 50.000"),
    ("Butuh bantuan SPP senilai Rp 200.000", "Rp 200.000"),
    ("Kamera senilai 2 juta rupiah", "2 juta rupiah"),
    ("ongkos 50 ribu", "ongkos 50 ribu"),
    ("Dilepas untuk Rp 75.000", "Rp 75.000"),
]
HONEST = [
    "",
    "Mesin jahit Singer, masih lancar",
    "Jalan kaki 50 ribu langkah sebulan",
    "Novel Laskar Pelangi, 5 juta pembaca",
    "Motor sudah jalan 50 ribu km",
    "2 juta rakyat, buku sejarah",
    "Kulkas 250 liter, 120 watt",
    "HP RAM 8GB, baterai 5000 mAh",
    "Power bank 20.000 mAh",
    "Batu bata 1.500 buah",
    "Beras 50 kg, 10 karung",
    "Telepon 0812-3456-7890",
    "Hubungi +62 812 3456 7890",
    "NIK 3276012345670001",
    "Tahun 2015, ukuran 38/40",
    "RPG board game untuk anak",
    "RPM meter dan obeng",
    "Harpa kecil dan kursi",
    "Kelas jahit. Biaya bahan Rp 20.000",
    "Kursus sablon, iuran bahan: 15rb",
    "Kelas batik, ganti uang kain Rp 35.000 per orang",
    "Les membuat roti; Rp 20.000 untuk bahan",
    "Sewing course, cost of materials about $3",
    "Pottery: materials cost about $5",
    "Servis sepeda, beli onderdil 30rb",
    "Gratis, Rp 0",
    "Gratis, 0 rupiah",
    "Tidak dijual, hanya dipinjamkan",
    "Bukan untuk dijual",
    "Mohon jangan dijual lagi",
    "Untuk dipakai, not for sale",
    "Belajar jual beli online",
    "Jual beli online: belajar bersama",
    "Kursus cara jual kue lewat internet",
    "Gerobak untuk jualan bakso",
    "Butuh etalase buat jualan",
    "Penjual sayur butuh timbangan",
    "Obat yang dijual bebas tidak dibagi di sini",
    "Belajar nego dengan pemasok",
    "Latihan negosiasi dan wawancara kerja",
    "Transfer ilmu merajut",
    "Transfer data dari HP lama",
    "Minyak hati ikan cod",
    "Kaset K-pop tahun 2010",
    "Lagu Harga Diri dan buku",
    "Tidak perlu bayar 10 ribu untuk parkir",
    "Hadiah senilai kasih sayang",
    "Paket buku kelas 5, 20 eksemplar",
    "Ember 20 l, 3 buah",
    "Bendera 17 Agustus, 50 lembar",
    "Kartu 1000 kata bahasa Inggris",
    "Regex \\$1 dan shell, les pemrograman",
    "Lampu 5 watt @ 3 buah",
    "Air galon 19 liter, isi ulang",
    "Garage full of books, come on Sunday",
    "On the sale of goods: law book",
    "A few bucks teeth models for dentists",
    "Jam 10.000 detik, poster sains",
]


@pytest.mark.parametrize(("text", "found"), ASKS)
def test_what_asks_for_money_is_found_and_quoted(text: str, found: str) -> None:
    said = prices.find(text)
    assert said, text
    assert said in " ".join(text.split())
    if found:
        assert said.lower().startswith(found.lower().split()[0]), (said, found)


@pytest.mark.parametrize("text", HONEST)
def test_what_only_counts_or_costs_or_denies_is_left_alone(text: str) -> None:
    assert prices.find(text) == ""


@pytest.mark.parametrize("text", [text for text, _ in ASKS])
def test_it_is_found_in_the_middle_of_a_longer_text(text: str) -> None:
    assert prices.find(f"Masih bagus, jarang dipakai.\n{text}\nSilakan datang.")


HONEST_WORDS = (
    *("kursi", "meja", "buku", "sepeda", "hijau", "masih", "bagus", "untuk", "anak", "sekolah"),
    *("chair", "book", "green", "old", "good", "for", "the", "school", "near", "market", "warm"),
)
WORDS = st.sampled_from(HONEST_WORDS)
NUMBERS = st.one_of(
    st.integers(1, 999).map(str),
    st.integers(1, 99).map(lambda n: f"{n} kg"),
    st.integers(1, 99).map(lambda n: f"{n} buah"),
    st.from_regex(r"\A08\d{9,10}\Z"),
    st.from_regex(r"\A\d{2}/\d{2}/20\d{2}\Z"),
)


@given(st.lists(st.one_of(WORDS, NUMBERS), max_size=30).map(" ".join))
def test_words_and_numbers_without_money_never_ask_for_it(text: str) -> None:
    assert prices.find(text) == ""


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert len(prices.find(text)) <= prices.FOUND_MAX


def test_hostile_text_is_read_in_no_time() -> None:
    import time

    for text in ("rp " * 2000, "1." * 2000, "dijual " * 500, "biaya " * 700, "harga a " * 500):
        begun = time.perf_counter()
        prices.find(text[:4000])
        assert time.perf_counter() - begun < 0.2
