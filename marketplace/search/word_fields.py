"""Concepts of the lexicon, in words of the current language."""

from marketplace.search.lexicon import Concept
from marketplace.web import current_language

SHOWN = 6  # of the words for a concept


def concept_name(concept: Concept) -> str:
    """What most people call it."""
    return concept.english if current_language() == "en" else concept.indonesian


def other_names(concept: Concept) -> str:
    """Some of the other words for it, so that one sees which one is meant."""
    names = [one for one in dict.fromkeys(concept.phrases) if one != concept_name(concept)]
    return ", ".join(names[:SHOWN])
