"""Finds what swindlers ask for in a message: money first, a code, a sign-in behind a link. Pure.

It reads Indonesian and English as people type them in a hurry (``tf dl``, ``kode o.t.p``). It says
only that a warning is due, never that the message is one; the message is shown in any case. What
is found is a kind; ``wording.WARNINGS`` has its sentence in the language of the reader.
"""

import re
import unicodedata

READ_MAX = 4000  # characters looked at; a message is no longer


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


# Everyday spellings, each as it is after ``_plain``: small letters, one space between words.
_TRANSFER = _any(
    *("transfer(?:kan|in)?", "tra?nsfr?", "tranfer", "trf", "tf", "tfin", "setor"),
    *("kirim uang", "bayar(?:kan|in)?"),
)
_FIRST = _any(
    *("dulu(?:an)?", "dl", "dlu", "dahulu", "duluin", "di ?muka", "lebih awal"),
    "sebelum (?:barang|diambil|dikirim|kirim|ambil)",
)
_MONEY = _any("uang", "duit", "dana", "ongkir", "biaya", r"rp ?\d", "pulsa", "saldo")
_CODE = _any(
    *("otp", "kode otp", "kode verif(?:ikasi)?"),
    "kode (?:wa|whatsapp|sms|masuk|rahasia|keamanan)",
    "pin (?:atm|m ?banking|bank|dana|ovo|gopay)",
    *("verification code", "one time (?:code|password|passcode)", "security code", "login code"),
    "code from (?:the )?sms",
)
_ASKS = _any(
    *("kirim(?:kan|in)?", "minta", "kasih(?: tahu| tau)?", "beri(?:kan| tahu)?"),
    *("sebut(?:kan|in)?", "bacakan", "share", "send", "give", "tell", "forward", "need"),
    *("what is", "type", "reply with"),
)
_ABOUT_A_CODE = _any("yang", "nya", "itu", "tadi", "tersebut", "that", "which", "you", "i", "dari")
_COMES = _any("kirim", "kasih", "masuk ke", "dikirim", "sent", "got", "received", "berapa")
_NEAR = r"(?:\w+ ){0,4}?"
_INDONESIAN_ASK = _any("bayar", "kirim", "transfer", "tf", "trf", "minta", "pakai", "pake")
_MUST = _any("harus", "wajib", "perlu", "kasih", "ada")
_WORDS_OF_PAYING = _any(
    *("it", "me", "us", "him", "her", "them", "the", "an?", "some", "for", "to", "half", "all"),
    *("now", "money", "cash", "fee", "payment", "shipping", "delivery", "transport", "courier"),
    *("rp", "idr", r"\d\S*"),
)
_PAID = rf"(?:{_WORDS_OF_PAYING} ){{0,5}}?"
_BEFORE = _any("first", "up ?front", "in advance", "beforehand", "before")
_SHORT_LINK = (
    _any(
        *(r"bit\.ly", r"tinyurl\.com", r"s\.id", r"cutt\.ly", r"t\.ly", r"rb\.gy", r"is\.gd"),
        *(r"rebrand\.ly", r"shorturl\.at", r"goo\.gl", r"linktr\.ee", r"wa\.link", r"ow\.ly"),
        *(r"tiny\.cc", r"v\.gd"),
    )
    + r"/\S+"
)
_SIGN_IN = _any(
    *("log ?in", "sign ?in", "masuk(?:kan)? (?:akun|email|nomor|sandi|password|data|pin)"),
    *("verifikasi akun", "verify your account", "konfirmasi akun", "isi data", "password"),
    "kata sandi",
)

KINDS: dict[str, tuple[str, ...]] = {
    "money": (
        rf"\b{_TRANSFER} (?:{_MONEY} )?(?:\w+ )?{_FIRST}\b",
        rf"\b{_TRANSFER} {_NEAR}{_MONEY} {_NEAR}{_FIRST}\b",
        r"\b(?:dp|dipi) (?:dulu|dl|dlu|sebesar|sejumlah|min(?:imal)?|\d|rp)",
        rf"\b{_any(_INDONESIAN_ASK, _MUST)} (?:\w+ )?dp\b",
        r"\b(?:uang muka|uang jaminan|tanda jadi|biaya admin(?:istrasi)?|uang pendaftaran)\b",
        rf"\b{_any(_INDONESIAN_ASK, _MUST)} {_NEAR}deposit\b",
        r"\b(?:pay|send|leave|needs?|requires?) (?:me )?(?:(?:an?|the|some|your) )?"
        r"(?:(?:small|little|refundable) )?deposit\b(?! (?:counter|box|slip))",
        r"\bdeposit (?:dulu|dl|first|rp|sebesar|\d)",
        rf"\b(?:pay|transfer|wire) {_PAID}{_BEFORE}\b",
        rf"\bsend {_PAID}(?:money|cash|payment|fee|\d\S*) {_PAID}{_BEFORE}\b",
        r"\b(?:advance|up ?front) payment\b",
        r"\b(?:send|transfer|wire|pay) (?:\w+ ){0,3}?(?:money|shipping fee|delivery fee|the fee)\b",
        r"\bgift ?cards?\b",
        r"\bvoucher (?:google play|gplay|steam|indomaret|alfamart)\b",
        r"\b(?:isi(?:in|kan)?|kirim(?:in|kan)?|beli(?:in|kan)?|transfer|minta) pulsa\b",
        r"\bpulsa (?:dulu|dl|dlu)\b",
        r"\bwestern union\b",
        r"\b(?:scan|pindai) qris\b",
    ),
    "code": (
        rf"\b{_ASKS} {_NEAR}{_CODE}\b",
        rf"\b{_CODE} (?:{_ABOUT_A_CODE} )*(?:\w+ )?{_COMES}\b",
    ),
    "link": (
        rf"{_SHORT_LINK}.{{0,200}}\b{_SIGN_IN}\b",
        rf"\b{_SIGN_IN}\b.{{0,200}}{_SHORT_LINK}",
    ),
}
_FOUND = {kind: tuple(map(re.compile, patterns)) for kind, patterns in KINDS.items()}
# "Never pay a deposit", "jangan kirim OTP": who warns does not ask.
_NO = _any("tidak", "tak", "gak?", "nggak")
_WARNING = _any(
    *("jangan(?:lah)?", rf"{_NO} (?:perlu|usah|boleh|ada|pakai|pake)", "tanpa", "bukan"),
    *("never", "do not", "don t", "no need", "without", "no"),
)
_WARNS = re.compile(rf"\b{_WARNING}\b(?: \w+){{0,3}} ?$|\b{_NO} ?$")
_SEPARATED = re.compile(r"\b(?:[a-z][.\-_*]){2,}[a-z]\b")


def warnings_of(body: str) -> tuple[str, ...]:
    """The kinds of warning that a message calls for: of money, code, link; mostly none."""
    text = _plain(body[:READ_MAX])
    return tuple(
        kind for kind, patterns in _FOUND.items() if any(_asks(text, one) for one in patterns)
    )


def _asks(text: str, pattern: re.Pattern[str]) -> bool:
    return any(not _WARNS.search(text[: found.start()]) for found in pattern.finditer(text))


def _plain(body: str) -> str:
    """Small letters without marks; ``O.T.P`` and ``o-t-p`` put together; one space between."""
    text = unicodedata.normalize("NFKD", body).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = _SEPARATED.sub(lambda found: re.sub(r"[^a-z]", "", found.group()), text)
    # Dots and slashes stay within addresses; everything else between words is a space.
    text = re.sub(r"[^\w./]+|_+|\.(?!\w)|(?<!\w)[./]", " ", text)
    return " ".join(text.split())
