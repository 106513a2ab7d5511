"""What the terms of an index look like: words as written, and marked ones. Pure.

No word holds a mark, so that each kind of term has a space of its own in one index.
"""

STEM_MARK = "~"  # "~jahit" is the stem of jahit, menjahit, dijahit
CONCEPT_MARK = "#"  # "#sewing-machine" is said by mesin jahit, sewing machine
BELOW_MARK = "^"  # "^tool" is held by whatever speaks of a concept below tool
NOWHERE = STEM_MARK  # a term that no text has
MARKS = STEM_MARK + CONCEPT_MARK + BELOW_MARK


def is_word(term: str) -> bool:
    """Whether this is a word as it was written."""
    return not term.startswith(tuple(MARKS))
