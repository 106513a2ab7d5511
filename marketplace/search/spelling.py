"""Which words a misspelt one may stand for. Pure."""

import math
from collections.abc import Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

# Letters that may be wrong, left out, too many or swapped, by the length of the word: in short
# words one wrong letter makes another word.
EDITS = ((4, 0), (8, 1), (math.inf, 2))


def edits(word: str) -> int:
    """How many edits are forgiven; 0 for short words and for what holds a digit."""
    if any(character.isdigit() for character in word):
        return 0
    return next(most for shorter_than, most in EDITS if len(word) < shorter_than)


def nearest(word: str, frequencies: Mapping[str, int], most: int) -> list[str]:
    """The words within the forgiven edits (optimal string alignment), fewest edits first, then
    the most frequent, then by the alphabet; never ``word`` itself."""
    allowed = edits(word)
    if not allowed:
        return []
    found = process.extract(
        word, frequencies.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None
    )
    ranked = sorted((distance, -frequencies[one], one) for one, distance, _ in found if one != word)
    return [one for _, _, one in ranked[:most]]
