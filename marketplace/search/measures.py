"""Numbers with what they count: "5 kg", "5kg" and "5 kilo" are one word. Pure."""

import re
from collections.abc import Iterator

_UNITS = {
    "kg": "kg kilo kilogram kgs kilos",
    "g": "g gr gram grams",
    "l": "l lt ltr liter litre liters litres",
    "ml": "ml mili mililiter",
    "m": "m mtr meter metre meters metres",
    "cm": "cm centi senti sentimeter",
    "mm": "mm milimeter",
    "km": "km kilometer",
    "inch": "inch inci inchi inches",
    "watt": "watt watts w",
    "volt": "volt v",
    "gb": "gb giga gigabyte",
    "tb": "tb terabyte",
    "mah": "mah",
    "pk": "pk",
    "tahun": "tahun thn th year years yo",
    "bulan": "bulan bln month months",
}
UNIT = {spelt: unit for unit, spellings in _UNITS.items() for spelt in spellings.split()}
_ROMAN_NUMBERS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN = {roman: str(number) for number, roman in enumerate(_ROMAN_NUMBERS, 1)}
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_unit = "|".join(sorted(UNIT, key=len, reverse=True))
_roman = "|".join(sorted(_ROMAN, key=len, reverse=True))
_MEASURE = re.compile(
    rf"""\b(?:
        (?P<sides>\d{{1,5}}(?:\s?[x\u00d7]\s?\d{{1,5}}){{1,2}})(?:\s?(?P<of>{_unit}))?
      | (?P<number>{_NUMBER})[\s-]?(?P<unit>{_unit})
      | (?P<class>kelas|kls|grade|class)\s(?P<step>\d{{1,2}}|{_roman})
      | (?P<nth>\d{{1,2}})(?:st|nd|rd|th)\s(?P<grade>grade|class)
      | (?:ukuran|uk|size|sz)[.:]?\s(?P<size>[sml])
    )\b""",
    re.VERBOSE,
)
_MAY = re.compile(r"\d|\b(?:kelas|kls|grade|class|ukuran|uk|size|sz)\b")


def may_hold(text: str) -> bool:
    """Whether it is worth to look."""
    return _MAY.search(text) is not None


def find(text: str) -> Iterator[re.Match[str]]:
    """Every measure of a normalised text."""
    return _MEASURE.finditer(text)


def written(measure: re.Match[str]) -> tuple[str, ...]:
    """The one way to write it: 5kg, 1.5l, 2x3m; classes keep their noun: kelas, kelas3."""
    found = measure.groupdict()
    if found["sides"]:
        sides = re.sub(r"[\sx\u00d7]+", "x", found["sides"])
        return (sides + UNIT.get(found["of"] or "", ""),)
    if found["number"]:
        number = found["number"].replace(",", ".")
        return (number + UNIT[found["unit"]],)
    if found["class"]:
        return "kelas", "kelas" + _ROMAN.get(found["step"], found["step"])
    if found["nth"]:
        return "kelas", "kelas" + found["nth"]
    return ("ukuran" + found["size"],)
