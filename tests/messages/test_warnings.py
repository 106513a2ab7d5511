"""What calls for a warning, in both languages and everyday spellings; and what does not."""

import time

import pytest

from marketplace.messages.warnings import READ_MAX, warnings_of

ASKS_FOR_MONEY = (
    "Transfer dulu ya kak, nanti barangnya saya kirim",
    "tf dulu ke rekening saya",
    "trf dl 50rb buat ongkir",
    "TRANSFER DULUAN baru saya antar",
    "Bayar dulu sebelum diambil",
    "Transfer ongkir dulu ke BCA",
    "Bisa tf ongkirnya dulu?",
    "DP dulu 100 ribu",
    "Harus bayar DP supaya saya simpan",
    "minta dp 50%",
    "Perlu uang muka sedikit",
    "Ada uang tanda jadi, nanti dikembalikan",
    "Biaya admin 25.000 saja",
    "Kirim deposit supaya saya tahan",
    "deposit dulu ya",
    "Isi pulsa dulu ke nomor ini",
    "Kirimin pulsa 20rb dong",
    "pulsa dulu baru jalan",
    "Please pay first, then I will send it",
    "Could you send the money in advance?",
    "Just transfer the shipping fee first",
    "I need a small deposit to hold it",
    "There is an upfront payment of 50",
    "Buy me a gift card and send the number",
    "Send it by Western Union",
    "Beli voucher Google Play lalu kirim kodenya",
    "Tinggal scan QRIS ini",
)
ASKS_FOR_A_CODE = (
    "Kirim kode OTP yang masuk ke HP Bapak",
    "tolong kasih tau kode o.t.p nya",
    "Sebutkan kode verifikasi ya",
    "Minta kode WA yang barusan masuk",
    "kode verifikasi tadi berapa?",
    "kode OTP-nya masuk ke nomor ibu, kirim ke sini",
    "Please send me the verification code you got",
    "Tell me the one-time code from the SMS",
    "I need the login code that I sent you",
    "Berikan PIN ATM supaya uangnya masuk",
)
ASKS_TO_SIGN_IN = (
    "Klik bit.ly/hadiah-9 lalu login dengan akun Anda",
    "Verifikasi akun di sini: https://s.id/xYz12",
    "tinyurl.com/abc then sign in with your password",
)
HONEST = (
    "Halo, apakah mesin jahitnya masih ada?",
    "Kode pos saya 16424, dekat stasiun",
    "Saya mau transfer ilmu menjahit ke ibu-ibu",
    "Rumah saya di belakang kantor pos, dulu warung",
    "Dulu saya juga punya yang begini",
    "Bisa diambil besok pagi?",
    "Terima kasih banyak, sangat membantu",
    "Kalau bisa antar dulu ke balai RW",
    "Saya coba dulu mesinnya ya",
    "Boleh lihat dulu sebelum dibawa?",
    "Jangan transfer dulu ya, ketemu saja di balai desa",
    "Tidak perlu DP, gratis kok",
    "Tidak usah bayar dulu, ini hibah",
    "Tanpa uang muka, langsung ambil saja",
    "Gak usah kirim uang dulu",
    "Jangan pernah kirim kode OTP kepada siapa pun",
    "Never pay a deposit here, this is a gift",
    "Please do not send the money first, come and look",
    "No deposit, just bring it back",
    "You can leave your luggage at the deposit counter of the station",
    "Tempat deposit sampah plastik ada di RW 05",
    "Bank sampah: deposito botol setiap Sabtu",
    "First come, first served",
    "I can pay attention to your class first thing in the morning",
    "Shall I send a photo first?",
    "Kirim foto dulu ya",
    "Kirim alamat dulu nanti saya jemput",
    "Kode warnanya apa ya, biru tua?",
    "Kode buku di perpustakaan 398.2",
    "The code of the gate is on the paper at the post",
    "Saya pakai kode etik mengajar",
    "Ini kartu ucapan hadiah untuk ulang tahun",
    "A card as a gift for your daughter",
    "Pulsa saya habis, jadi baru bisa jawab",
    "Saya sedang belajar DPR dan MPR untuk ujian anak",
    "Ada printer dpi tinggi",
    "Fotonya ada di bit.ly/foto-kursi",
    "Peta lokasi: https://s.id/balairw",
    "Saya sudah masuk grup WA",
    "Sign in sheet for the workshop is at the door",
    "Uang saya belum cukup untuk beli baru, jadi senang sekali",
    "Ongkos angkot ke sana berapa?",
    "Saya yang bayar ongkos angkotnya sendiri",
    "Biaya bahan kain dibagi bersama",
    "Tolong beri tahu kalau sudah sampai",
    "Send my greetings to your mother",
    "We can transfer the plants to a bigger pot first week of May",
    "Mau pinjam tangga dua hari, kembali Minggu",
    "Bayarnya pakai pisang goreng ya, hehe",
    "Nomor pin bros-nya lucu",
    "Verifikasi data warga di kelurahan hari Senin",
    "The verification of the meter is on Monday",
    "PIN and needles are in the box",
    "Sebelum dikirim saya cuci dulu",
)


@pytest.mark.parametrize("body", ASKS_FOR_MONEY)
def test_asking_for_money_first_calls_for_a_warning(body: str) -> None:
    assert "money" in warnings_of(body)


@pytest.mark.parametrize("body", ASKS_FOR_A_CODE)
def test_asking_for_a_code_calls_for_a_warning(body: str) -> None:
    assert "code" in warnings_of(body)


@pytest.mark.parametrize("body", ASKS_TO_SIGN_IN)
def test_a_short_link_with_a_sign_in_calls_for_a_warning(body: str) -> None:
    assert "link" in warnings_of(body)


@pytest.mark.parametrize("body", HONEST)
def test_honest_sentences_call_for_none(body: str) -> None:
    assert warnings_of(body) == ()


def test_a_warning_in_one_sentence_does_not_excuse_the_next() -> None:
    assert "money" in warnings_of("Jangan takut. Ini aman sekali kok, transfer dulu ya")


@pytest.mark.parametrize(
    "piece", ["transfer ", "kirim ", "login bit.ly/", "a.", "dp ", "jangan ", "kode otp ", "send "]
)
def test_hostile_text_is_read_quickly(piece: str) -> None:
    began = time.perf_counter()
    warnings_of(piece * 50_000)
    assert time.perf_counter() - began < 0.2
    assert warnings_of(" " * READ_MAX + "transfer dulu") == ()
