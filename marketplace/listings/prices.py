"""Does a text ask for money? Amounts, and words of selling, in Indonesian and English. Pure.

Finds what is plain and lets pass what is in doubt: a wrong accusation is worse than a missed price.
The cost of material ("biaya bahan Rp 20.000") may be mentioned; a number that counts something
("50 ribu langkah") is no price.
"""

import re

FOUND_MAX = 40  # characters of the text that are quoted back
_NUMBER = r"\d[\d.,]{0,14}"  # bounded, here and below, so that no text is slow to read
_THOUSANDS = r"(?:rb|ribu|jt|juta|rebu|k)\b"
_CURRENCY = r"(?:\brp\.?|\bidr\b|\busd\b|\bus\$|(?<![\w\\])[$€£])"
_GROUPED = r"\d{1,3}(?:[.,]\d{3}){1,4}"
_TRADE = r"(?:saja|aja|nego|net|nett|pas|per|bisa|semua|only)\b"

# An amount that says itself that it is money.
_AMOUNT = re.compile(
    rf"{_CURRENCY}\s?{_NUMBER}(?:\s?{_THOUSANDS})?"
    rf"|\b{_NUMBER}\s?(?:{_THOUSANDS}\s?)?(?:rupiah|perak|dollars?|bucks|euros?|usd|idr)\b"
    rf"|\b{_NUMBER}(?:rb|jt)(?:an)?\b(?![ \t]{{1,3}}(?!{_TRADE})[^\W\d]{{3}})",
    re.IGNORECASE,
)
# A number after a word of paying: "harga 2 juta", "tarif 50.000", "harga: 150 ribu".
_PAID = re.compile(
    r"\b(?:harga(?:nya)?|seharga|tarif(?:nya)?|bayar|mahar|ongkos|price[ds]?|costs?)\b"
    rf"[:\s]+(?:\w+\s+)?(?:{_NUMBER}\s?{_THOUSANDS}|{_GROUPED}|\d{{4,}})",
    re.IGNORECASE,
)
# "50 ribu" that counts nothing: alone between marks, or followed by a word of trade.
_BARE = re.compile(
    r"(?:^|[\n.,;:!?(])\s{0,3}(?:(?:cuma|hanya|only)\s{1,3})?"
    rf"({_NUMBER}\s?(?:ribu|rb|jt|juta))\s{{0,3}}(?=$|[\n.;:!?)]|/|{_TRADE})",
    re.IGNORECASE,
)
_SELLING = re.compile(
    r"\bdijual(?!\s+(?:belikan|bebas))\b"
    r"|(?:^|\n)[ \t]{0,3}(?:wts|jual)\b(?![\s-]+beli)"
    r"|\bjual\s+(?:cepat|cpt|murah|rugi|butuh|bu)\b"
    r"|\b(?:mau|ingin|saya|kami|aku)\s+(?:men)?jual\b"
    r"|\b(?:bisa|masih|harga)\s+(?:di)?nego\b|\bnego\s+(?:tipis|alus|halus|sampai|di)\b"
    r"|\b(?:bisa|via|lewat)\s+cod\b|\bcod\s?-?(?:an|only|saja|aja)\b|(?-i:\bCOD\b)"
    r"|\b(?:tf|transfer)\s+(?:dulu|dahulu|dp|bank|ke\s+(?:rekening|rek|bca|bri|bni|mandiri|dana))\b"
    r"|\b(?:for|on)\s+sale\b|\bselling\s+(?:my|this|these|a|an)\b|\bcash\s+on\s+delivery\b",
    re.IGNORECASE,
)
# "tidak dijual", "bukan untuk dijual", "not for sale": whoever says so does not sell.
_DENIED = re.compile(
    r"\b(?:tidak|tak|bukan|jangan|dilarang|tanpa|gak|nggak|ga|untuk|buat|not|never|isn't|no)"
    r"(?:\s+(?:untuk|perlu|usah|boleh|bisa|akan|ada|ada\s+yang|to\s+be))?\s*$",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\b(?:tidak|tak|bukan|jangan|tanpa|gak|nggak|ga|not|never|no)(?:\s+(?:perlu|usah|ada))?\s*$",
    re.IGNORECASE,
)
_LEARNING = re.compile(
    r"\b(?:cara|belajar|teknik|ilmu|latihan|tips|seni|kursus|les|how\s+to)\s*$", re.IGNORECASE
)
# What somebody has to pay anyway, for what the course or the repair uses up.
_MATERIAL = r"(?:bahan|material|materials|benang|kain|cat|suku\s+cadang|onderdil|spare\s?parts?)"
_MATERIAL_COST = re.compile(
    rf"\b(?:biaya|ongkos|uang|ganti|mengganti|iuran|patungan|beli|cost|costs|price)\s+(?:\w+\s+)?"
    rf"{_MATERIAL}(?:\s+\w+)?[\s:,(=~]*(?:(?:sekitar|kira-kira|about|around|is|are)\s+)?$"
    rf"|\b{_MATERIAL}\s+costs?\s+(?:about\s+|around\s+)?$",
    re.IGNORECASE,
)
_FOR_MATERIAL = re.compile(
    rf"^\s*(?:/\s?\w+\s+)?(?:untuk|buat|ganti|for)\s+(?:\w+\s+)?{_MATERIAL}\b", re.IGNORECASE
)
_ZERO = re.compile(r"^[^\d]*0+(?:[.,]0+)?\D*$")
_BEFORE, _AFTER = 60, 40  # characters that are looked at around what was found


def find(text: str) -> str:
    """The words that ask for money, as they stand in the text; empty when there are none."""
    for pattern in (_AMOUNT, _PAID, _BARE):
        for found in pattern.finditer(text):
            if not _is_harmless(text, found):
                return _quoted(found)
    for found in _SELLING.finditer(text):
        before = text[max(0, found.start() - _BEFORE) : found.start()]
        if not _DENIED.search(before) and not _LEARNING.search(before):
            return _quoted(found)
    return ""


def _is_harmless(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    start = re.search(r"\d", found[0])
    up_to_number = text[
        max(0, found.start() - _BEFORE) : found.start() + (start.start() if start else 0)
    ]
    up_to_number = re.sub(rf"{_CURRENCY}\s*$", "", up_to_number, flags=re.IGNORECASE)
    after = text[found.end() : found.end() + _AFTER]
    return bool(
        _ZERO.match(found[0])
        or _WITHOUT.search(before)
        or _MATERIAL_COST.search(up_to_number)
        or _FOR_MATERIAL.search(after)
    )


def _quoted(found: re.Match[str]) -> str:
    return " ".join(found[0].strip(" \n.,;:!?(").split())[:FOUND_MAX]
