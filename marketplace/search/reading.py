"""How texts are read at present, by name: what was read in another way is to be read anew. Pure.

A reading is the rules of ``analysis``, the lexicon, and the words that the site added. Every
process that has the same of all three gives it the same name.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version as version_of
from pathlib import Path

from marketplace.listings.rules import Analysed
from marketplace.search import lexicon
from marketplace.search.analysis import document_terms
from marketplace.search.lexicon import LEXICON, Concept

FOLDER = Path(__file__).parent
RULES = (
    *("analysis.py", "tokens.py", "terms.py", "stopwords.py", "lexicon/__init__.py"),
    *("lexicon/concepts.py", "lexicon/files.py"),
    *("measures.py", "roots.py", "stems.py", "meanings.py", "sounds.py"),
    *("stopwords.txt", "stop_phrases.txt", "soft_words.txt", "spellings.tsv", "roots.tsv"),
)
NAME_LENGTH = 16


def name() -> str:
    """The name of the present reading."""
    return _name(LEXICON.version)


def analysed(title: str, description: str, language: str) -> Analysed:
    """The terms of a listing with the name of their reading.

    Named first: when the words of the site change meanwhile, the name is that of the old reading,
    and the listing is read once more.
    """
    now = name()
    return Analysed(document_terms(title, description, language), now)


def take(added: Iterable[Concept]) -> None:
    """Let these concepts and further phrases hold beside those of the files."""
    added = sorted(added, key=lambda one: one.slug)
    written = "\n".join("\t".join((one.slug, *one.phrases)) for one in added)
    LEXICON.take(added, _digest(written.encode()) if added else "")


@lru_cache(maxsize=8)
def _name(of_site: str) -> str:
    return _digest(f"{_of_product()} {of_site}".encode())


@lru_cache(maxsize=1)
def _of_product() -> str:
    files = b"".join((FOLDER / rules).read_bytes() for rules in RULES)
    return f"{_digest(files)} {lexicon.digest()} {version_of('snowballstemmer')}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:NAME_LENGTH]
