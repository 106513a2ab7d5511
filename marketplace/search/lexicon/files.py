"""The files of the lexicon: a concept per line, and relations; what is wrong is named. Pure."""

import hashlib
from collections.abc import Container, Iterator, Mapping
from itertools import product
from pathlib import Path

from marketplace.search.lexicon.concepts import Concept, Lexicon, Relations

FOLDER = Path(__file__).parent
GENERAL = "general"  # the file of what goes with things


def digest(folder: Path = FOLDER) -> str:
    """Names the content of the files."""
    found = hashlib.sha256()
    for path in sorted((*folder.glob("*.tsv"), *folder.glob("*.txt"))):
        found.update(path.read_bytes())
    return found.hexdigest()


def read(folder: Path = FOLDER, categories: Container[str] | None = None) -> Lexicon:
    """The lexicon of all files of a folder; ValueError names the line that is wrong.

    ``categories``: the slugs that there are; None leaves them unchecked.
    """
    concepts: dict[str, Concept] = {}
    where: dict[str, str] = {}
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                here = f"{path.name}, line {number}"
                try:
                    one = _concept(line, is_general=path.stem == GENERAL)
                except ValueError as error:
                    raise ValueError(f"{here}: {error}") from None
                if one.slug in concepts:
                    raise ValueError(f"{here}: {one.slug} stands in {where[one.slug]} too")
                if categories is not None and one.category not in categories:
                    raise ValueError(f"{here}: there is no category {one.category}")
                concepts[one.slug], where[one.slug] = one, here
    for slug, one in concepts.items():
        if one.broader and one.broader not in concepts:
            raise ValueError(f"{where[slug]}: there is no concept {one.broader}")
    _require_tree(concepts, where)
    return Lexicon(concepts, relations=_relations(folder / "relations.txt", concepts))


def _relations(path: Path, concepts: Container[str]) -> Relations:
    """Lines "a b < c" and "a ~ b c" of slugs."""
    above: dict[str, dict[str, None]] = {}
    beside: dict[str, dict[str, None]] = {}
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#"):
            left, sign, right = line.partition(" < " if " < " in line else " ~ ")
            if not sign:
                raise ValueError(f"{path.name}, line {number}: neither < nor ~")
            for one, other in product(left.split(), right.split()):
                if unknown := [slug for slug in (one, other) if slug not in concepts]:
                    raise ValueError(f"{path.name}, line {number}: there is no {unknown[0]}")
                (above if "<" in sign else beside).setdefault(one, {})[other] = None
                if "~" in sign:
                    beside.setdefault(other, {})[one] = None
    return Relations(
        {slug: tuple(others) for slug, others in above.items()},
        {slug: tuple(others) for slug, others in beside.items()},
    )


def _require_tree(concepts: Mapping[str, Concept], where: Mapping[str, str]) -> None:
    """No concept lies below itself."""
    ending: set[str] = set()  # those from which the way up is known to end
    for start in concepts:
        way, slug = [], start
        while slug and slug not in ending:
            if slug in way:
                raise ValueError(f"{where[start]}: {start} lies below itself")
            way.append(slug)
            slug = concepts[slug].broader
        ending.update(way)


def _concept(line: str, *, is_general: bool) -> Concept:
    slug, broader, category, *words = line.split("\t")
    if len(words) != 3:
        raise ValueError(f"{len(words) + 3} columns instead of 6")
    indonesian, also, english = (tuple(_listed(one)) for one in words)
    if not english:
        raise ValueError("no English words")
    both = (*indonesian, *also)
    phrases = tuple(dict.fromkeys((*both, *english)))
    first = next(iter(indonesian), "")
    return Concept(slug, broader, category, phrases, first, english[0], both, english, is_general)


def _listed(words: str) -> Iterator[str]:
    return (one.strip() for one in words.split(",") if one.strip())
