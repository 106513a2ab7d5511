"""Scores of judged offers for each judged request: by the product's own core, and by methods of
others over the same words."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np

from marketplace.matching import core
from marketplace.matching.columns import Columns
from marketplace.matching.evaluation import Judged, Scores
from marketplace.matching.said import Codes
from marketplace.matching.sides import WordStats
from marketplace.search import trials
from marketplace.search.evaluation import Collection, Text

# Search of the other direction by the very words, by stems, by the stems of stop words too.
BESIDE = ("exact", "bm25", "bm25-all")
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # when no post says when it was written
SHUT = 2.0  # more than any score: what a gate keeps apart comes last


def by_core(judged: Judged) -> Scores:
    """r of every offer; what a gate keeps apart stands behind all the others."""
    stats, now = word_stats(judged), newest(judged)
    offers = Columns([post.side for post in judged.offers], Codes())
    found = {}
    for name, request in judged.requests.items():
        one = core.judge_all(request.side, offers, now=now, stats=stats)
        is_shut = (one.refusals > 0) & (one.refusals <= len(core.GATES))
        found[name] = one.scores - SHUT * is_shut
    return found


def by_others(judged: Judged, method: str) -> Scores:
    """The places that one of BESIDE gives; all that it does not find are equal, and last."""
    texts = tuple(Text(post.id, "", post.text) for post in judged.offers)
    queries = {name: post.text for name, post in judged.requests.items()}
    collection = Collection(texts, queries, judged.judgements)
    at = {text.id: number for number, text in enumerate(texts)}
    found = {}
    for name, ranked in trials.rankings(collection, method, depth=len(texts)).items():
        found[name] = np.zeros(len(texts))
        found[name][[at[one] for one in ranked]] = np.arange(len(ranked), 0, -1)
    return found


def word_stats(judged: Judged) -> WordStats:
    """As the index would count them, were all these offers and requests open."""
    posts = (*judged.offers, *judged.requests.values(), *judged.others)
    return WordStats(len(posts), Counter(term for post in posts for term in post.side.words))


def newest(judged: Judged) -> datetime:
    """The moment at which the pairs are judged: that of the newest post."""
    posts = (*judged.offers, *judged.requests.values())
    instants = (post.side.published_at for post in posts)
    return max((one for one in instants if one is not None), default=NOW)
