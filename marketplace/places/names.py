"""How areas are written, typed and labelled. Pure.

Folds names and what people type to the same words, knows the everyday prefixes and short forms
("kab", "kec", "jaksel"), and decides which area a text means best.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

PROVINCE, REGENCY, DISTRICT, VILLAGE = 1, 2, 3, 4
LONGEST_TEXT = 80  # characters of a typed place that are read
MOST_WORDS = 7

# What people write before a name, and the level that it means.
LEVEL_WORDS = {
    "provinsi": PROVINCE,
    "prov": PROVINCE,
    "propinsi": PROVINCE,
    "kabupaten": REGENCY,
    "kab": REGENCY,
    "kota": REGENCY,
    "kotamadya": REGENCY,
    "regency": REGENCY,
    "city": REGENCY,
    "kecamatan": DISTRICT,
    "kec": DISTRICT,
    "district": DISTRICT,
    "desa": VILLAGE,
    "ds": VILLAGE,
    "kelurahan": VILLAGE,
    "kel": VILLAGE,
    "village": VILLAGE,
}

SHORT_FORMS = {
    "jaksel": "jakarta selatan",
    "jakbar": "jakarta barat",
    "jaktim": "jakarta timur",
    "jakut": "jakarta utara",
    "jakpus": "jakarta pusat",
    "jkt": "jakarta",
    "tangsel": "tangerang selatan",
    "jogja": "yogyakarta",
    "jogjakarta": "yogyakarta",
    "yogya": "yogyakarta",
    "diy": "yogyakarta",
    "jabar": "jawa barat",
    "jateng": "jawa tengah",
    "jatim": "jawa timur",
    "sumut": "sumatera utara",
    "sumbar": "sumatera barat",
    "sumsel": "sumatera selatan",
    "sumatra": "sumatera",
    "kalbar": "kalimantan barat",
    "kalteng": "kalimantan tengah",
    "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur",
    "kaltara": "kalimantan utara",
    "sulut": "sulawesi utara",
    "sulteng": "sulawesi tengah",
    "sulsel": "sulawesi selatan",
    "sultra": "sulawesi tenggara",
    "sulbar": "sulawesi barat",
    "malut": "maluku utara",
    "babel": "bangka belitung",
    "kepri": "kepulauan riau",
    "ntb": "nusa tenggara barat",
    "ntt": "nusa tenggara timur",
    "kep": "kepulauan",
    "gn": "gunung",
    "tj": "tanjung",
}

SHORT_PROVINCES = {
    "Daerah Khusus Ibukota Jakarta": "DKI Jakarta",
    "Daerah Istimewa Yogyakarta": "DI Yogyakarta",
}

_OFFICE = re.compile(r"^(Kabupaten|Kota)( Administrasi)? ")
_STATUS = re.compile(r"^Daerah (Khusus Ibukota|Istimewa) ")
_NOT_WORDS = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile("['’‘`]")


@dataclass(frozen=True, slots=True)
class Named:
    """An area with the names above it, nearest first: all that search and labels need."""

    code: str
    level: int
    names: tuple[str, ...]
    population: int = 0


@dataclass(frozen=True, slots=True)
class AreaLabel:
    """A choice for the member."""

    code: str
    name: str
    label: str
    level: int


def fold(text: str) -> str:
    """Lower-case ASCII words with one space between: "Ma'rang  Timur" -> "marang timur"."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    plain = plain.encode("ascii", "ignore").decode().lower()
    return _NOT_WORDS.sub(" ", plain).strip()


def joined(text: str) -> str:
    """A name without spaces, since "Gunung Kidul" and "Gunungkidul" are both written."""
    return fold(text).replace(" ", "")


def short_name(name: str) -> str:
    """A name without its office: "Kota Administrasi Jakarta Selatan" -> "Jakarta Selatan"."""
    return SHORT_PROVINCES.get(name) or _OFFICE.sub("", name)


def parent_name(name: str) -> str:
    """A regency in the label of what lies in it: a city keeps its "Kota", a regency does not."""
    city = name.startswith("Kota ") and not name.startswith("Kota Administrasi ")
    return name if city else short_name(name)


def label(names: Sequence[str]) -> str:
    """What a member chooses by: "Beji, Kota Depok, Jawa Barat"; `names` nearest first."""
    own = SHORT_PROVINCES.get(names[0], names[0]).replace(" Administrasi ", " ")
    return ", ".join([own, *(parent_name(n) for n in names[1:])])


def public_name(names: Sequence[str]) -> str:
    """What everybody may read: the area and the one above, "Beji, Depok"."""
    if len(names) < 3:  # a regency or a province needs no second name
        return label(names[:1])
    return ", ".join(short_name(n) for n in names[:2])


@lru_cache(maxsize=20_000)
def index_words(name: str) -> frozenset[str]:
    """The words under which an area is found: each word, and the whole name without spaces."""
    short = short_name(name)
    return frozenset({*fold(name).split(), *fold(short).split(), joined(short)})


def typed_words(text: str) -> tuple[str, ...]:
    """What somebody typed, as words; short forms are written out, repeated words said once."""
    words: list[str] = []
    for word in fold(text[:LONGEST_TEXT]).split():
        words += SHORT_FORMS.get(word, word).split()
    return tuple(dict.fromkeys(words))[:MOST_WORDS]


def is_postcode(text: str) -> bool:
    """Three digits or more and nothing else: the beginning of a postcode."""
    text = text.strip()
    return text.isascii() and text.isdigit() and 3 <= len(text) <= 5


def spans(words: Sequence[str]) -> list[str]:
    """The words, and neighbouring words joined, under which a candidate may be found."""
    size = len(words)
    runs = {"".join(words[i:j]) for i in range(size) for j in range(i + 2, min(size, i + 4) + 1)}
    return [*dict.fromkeys(words), *sorted(runs)]


def meets(words: Sequence[str], area: Named) -> bool:
    """Whether each word (or run of words) begins a word of the area or of one above it."""
    if not words:
        return True
    known = [w for name in area.names for w in index_words(name)]
    level = LEVEL_WORDS.get(words[0])
    if level == area.level and meets(words[1:], area):
        return True
    for end in range(1, min(len(words), 4) + 1):
        run = "".join(words[:end])
        if any(w.startswith(run) for w in known) and meets(words[end:], area):
            return True
    return False


def _own_rank(words: Sequence[str], area: Named) -> int | None:
    """How well the area's own name is meant: 0 whole, 1 its beginning, 2 a later word."""
    own = joined(short_name(area.names[0]))
    bare = [w for w in words if w not in LEVEL_WORDS] or list(words)
    runs = spans(bare)
    if own in runs or joined(area.names[0]) in runs:
        return 0
    if any(own.startswith(run) for run in runs):
        return 1
    if any(w.startswith(run) for run in runs for w in index_words(area.names[0])):
        return 2
    return None


def _office_rank(words: Sequence[str], area: Named) -> int:
    """0 when "kota" or "kab", "kec", "desa" was typed and this is one, else 1."""
    return int(
        not any(
            LEVEL_WORDS.get(word) == area.level and _has_office(word, area.names[0], area.level)
            for word in words
        )
    )


def ranked(words: Sequence[str], areas: Sequence[Named]) -> list[Named]:
    """The areas that meet all words, best first: whole name, then beginning, then wider area."""
    found = []
    for area in areas:
        own = _own_rank(words, area)
        if own is not None and meets(words, area):
            above = 0 if len(area.names) == 1 else int(area.names[0] == area.names[1])
            key = (_office_rank(words, area), own, area.level, above, -area.population)
            found.append((*key, label(area.names), area.code, area))
    return [row[-1] for row in sorted(found, key=lambda row: row[:-1])]


def means_exactly(text: str, area: Named) -> bool:
    """Whether the text is this area's name, alone or with names above it, part by part."""
    parts = text[: 2 * LONGEST_TEXT].split(",")
    if not _is_name(parts[0], area.names[0], area.level):
        return False
    above = iter(range(1, len(area.names)))
    return all(
        any(_is_name(part, area.names[i], area.level - i) for i in above) for part in parts[1:]
    )


def _is_name(part: str, name: str, level: int) -> bool:
    """Whether somebody who writes this part means this name: "kec. beji", "jaksel", "Depok"."""
    words = [w for word in fold(part).split() for w in SHORT_FORMS.get(word, word).split()]
    own = {joined(name), joined(short_name(name)), joined(_STATUS.sub("", name))}
    if "".join(words) in own:
        return True
    if len(words) < 2 or LEVEL_WORDS.get(words[0]) != level:
        return False
    return "".join(words[1:]) in own and _has_office(words[0], name, level)


def _has_office(word: str, name: str, level: int) -> bool:
    """Whether "kota" or "kab" was typed of a city or of a regency; other levels have no two."""
    office = {"kab": "kabupaten", "kotamadya": "kota"}.get(word, word)
    return level != REGENCY or fold(name).startswith(office)
