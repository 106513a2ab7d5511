"""Does a post look like something that may not be shared? A question, never a verdict. Pure.

Words alone cannot tell a box of cigarettes from a box for cigarettes: whoever says that the rule
does not concern them posts all the same. What is asked about is what the title says it is.
"""

import re
from dataclasses import dataclass

# By the rule that is quoted. Things only: lessons and help about any of it are fine.
_WORDS = {
    "medicine": (
        r"obat\s+(?:resep|keras|tidur|penenang|aborsi)|antibiotik|antibiotics?|amoks?[iy]cill?in|"
        r"amoxicillin|tramadol|xanax|alprazolam|psikotropika|insulin|prescription\s+(?:drugs?|medicines?)|"
        r"sleeping\s+pills"
    ),
    "alcohol_tobacco": (
        r"rokok(?:\s+elektrik)?|vape|vaping|pod\s+vape|cigarettes?|tembakau|tobacco|"
        r"miras|minuman\s+keras|tuak|arak|ciu|whisk[e]?y|vodka|wine|anggur\s+merah|bir|beer|liquor"
    ),
    "animals": (
        r"(?:anak|sepasang|seekor|adopsi)\s+(?:kucing|anjing|kelinci|hamster|burung|ayam|bebek|kambing|kura-kura|ular)|"
        r"(?:kucing|anjing|kelinci)\s+(?:persia|anggora|ras|jantan|betina|lucu|jinak|hidup)|"
        r"(?:ayam|bebek|ikan|kambing)\s+hidup|lovebird|burung\s+(?:kenari|murai|kicau)|"
        r"kittens?|pupp(?:y|ies)|live\s+(?:chickens?|ducks?|fish|animals?)|gading|sisik\s+trenggiling"
    ),
    "weapons": (
        r"senapan|senjata(?:\s+(?:api|tajam))?|pistol|airsoft|air\s?gun|peluru|amunisi|celurit|"
        r"petasan|mercon|rifles?|guns?|ammunition|firecrackers?|fireworks"
    ),
    "money": (
        r"pinjaman\s+uang|pinjam\s+uang|dana\s+talangan|pinjol|uang\s+tunai|lotre|togel|"
        r"kartu\s+perdana|sim\s?cards?|akun\s+(?:game|ml|ff)|loan\s+of\s+money|lottery\s+tickets?"
    ),
    "papers": r"ijazah|(?:ktp|paspor|passports?)\s+(?:asli|palsu|orang)|buku\s+nikah",
}
_PATTERNS = {
    rule: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
    for rule, words in _WORDS.items()
}
# What is around, against or only called after it: "asbak rokok", "kotak obat", "pistol mainan".
_AROUND = re.compile(
    r"\b(?:anti|stop|berhenti|tanpa|bebas|bukan|no|not|tidak|kotak|tempat|asbak|makanan|pakan|"
    r"kandang|pasir|rumah|boneka|mainan|buku|novel|komik|poster|kaos|gambar|lukisan|foto|kostum|bekas|botol|"
    r"kardus|dus|bungkus|kaleng|peti|gelas|rak|sarung|map|bingkai|pigura|lem|toy|box|bottles?|glass(?:es)?|books?|"
    r"cages?|food|frames?|glue|nail|heat|water|massage|spray|hot)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_CALLED_SO = re.compile(
    r"^\s*(?:mainan|air|lem|cat|gelembung|sabun|boneka|plastik|listrik|glass(?:es)?|bottles?|rack|box|"
    r"toy|food|cage|kaleng|pletok|jawa|lego|nerf|dispenser|opener|hitam\s+ekstrak|salon|holder)\b",
    re.IGNORECASE,
)
_BEFORE, _AFTER = 40, 30


@dataclass(frozen=True, slots=True)
class Doubt:
    """``rule``: which part of "what may not be shared"; ``found``: the words that suggest it."""

    rule: str
    found: str


def find(kind: str, title: str) -> Doubt | None:
    """What the title of a thing suggests; None for everything else."""
    if kind != "goods":
        return None
    for rule, pattern in _PATTERNS.items():
        for found in pattern.finditer(title):
            before = title[max(0, found.start() - _BEFORE) : found.start()]
            after = title[found.end() : found.end() + _AFTER]
            if not _AROUND.search(before) and not _CALLED_SO.search(after):
                return Doubt(rule, found[0])
    return None
