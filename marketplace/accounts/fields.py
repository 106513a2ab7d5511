"""Words for what stands in the forms and pages of accounts."""

from flask_babel import lazy_gettext as _l

SPOKEN_NAMES = {
    "id": _l("Indonesian"),
    "jv": _l("Javanese"),
    "su": _l("Sundanese"),
    "mad": _l("Madurese"),
    "btk": _l("Batak"),
    "min": _l("Minangkabau"),
    "ban": _l("Balinese"),
    "bug": _l("Buginese"),
    "bjn": _l("Banjarese"),
    "ace": _l("Acehnese"),
    "bew": _l("Betawi"),
    "sas": _l("Sasak"),
    "en": _l("English"),
    "zh": _l("Mandarin"),
    "ar": _l("Arabic"),
    "inl": _l("BISINDO (sign language)"),
}


def spoken_names(codes: list[str]) -> list[str]:
    """The names of languages in that of the page; what is not known is left out."""
    return [str(SPOKEN_NAMES[code]) for code in codes if code in SPOKEN_NAMES]
