"""What PostgreSQL hands over is read without it."""

import random

import numpy as np

from marketplace.search.postgres_ranking import Candidates
from marketplace.search.postgres_tables import FACTS, WORDS


def test_many_words_are_told_as_each_of_them_alone() -> None:
    chance = random.Random(8)
    said = [chance.sample(range(1, 40), chance.randrange(12)) for _ in range(50)]
    facts = np.zeros(len(said), FACTS)
    facts["words"] = [len(words) for words in said]
    packed = [(number, number + 1) for words in said for number in words]
    candidates = Candidates(facts, np.array(packed, WORDS))
    together = candidates.holding({str(number): number for number in range(1, 50)})
    for number in range(1, 50):
        documents, weights = together[str(number)]
        alone = candidates.holding({"alone": number})["alone"]
        assert documents.tolist() == alone[0].tolist()
        assert documents.tolist() == [n for n, words in enumerate(said) if number in words]
        assert weights.tolist() == alone[1].tolist() == [(number + 1) / 16] * len(documents)
