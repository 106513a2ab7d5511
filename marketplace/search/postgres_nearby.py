"""A search within a small reach of a build on PostgreSQL: terms and documents in one statement.

A hundred or two documents are left there, so that to ask twice costs as much as what is asked.
PostgreSQL looks the numbers of keys up itself, and hands over those of the words only.
"""

from collections.abc import Collection, Iterator
from typing import Any

from marketplace.search import postgres_ranking as ranking
from marketplace.search import scoring
from marketplace.search.port import Query, Results
from marketplace.search.postgres_builds import Build
from marketplace.search.postgres_query import AnyOf, exclusions, facts_wanted, places_around
from marketplace.search.postgres_ranking import Candidates
from marketplace.search.postgres_terms import BETWEEN, Known, as_text

SAID = "said"  # all words of the question, of which the numbers and frequencies are told


def search(build: Build, query: Query, most: int) -> Results | None:
    """The page of hits; None when the reach is not small, or may hold more than ``most``."""
    places = places_around(query)
    if places is None:
        return None
    values: dict[str, Any] = {"most": most, "between": BETWEEN}
    rows = build.ask(_statement(build.name, query, places, values), values)
    terms = Known.of([row[:-3] for row in rows])
    many, facts, words = rows[0][-3:]
    found = Candidates.of(facts, words)
    if many or len(found) >= most:
        return None
    plan = scoring.plan(query.groups, terms.stats(scoring.terms_of(query.groups)), query.weights)
    return ranking.results(found, query, plan, terms.numbers, reach=query.reach)


def _statement(build: str, query: Query, places: AnyOf, values: dict[str, Any]) -> str:
    """The state; the words; whether too many are to be expected, as if keys had nothing to do
    with each other; and the packed documents, unless so."""
    parts = [*_parts(query, places)]
    lists = {SAID: scoring.terms_of(query.groups), **{name: keys for name, _, keys in parts}}
    conditions, expected = [*exclusions(query, values)], "state.documents"
    for name, instead, _ in parts:
        conditions.append(f"keys && coalesce({name}.numbers, {instead}.numbers)")
        held = f"coalesce({name}.held, {instead}.held, 0)"
        expected += f" * least(1, {held} / greatest(1, state.documents))"
    if query.excluded_terms:
        lists["unwanted"] = query.excluded_terms
        conditions.append("NOT keys && coalesce(unwanted.numbers, '{}')")
    values |= {name: as_text(keys) for name, keys in lists.items()}
    looked_up = ", ".join(_looked_up(build, name) for name in lists)
    words = "string_agg(words, '')" if query.groups else "NULL"
    return f"""
        SELECT state.replaced, state.documents, state.length,
            said.terms, said.numbers, said.frequencies, {expected} > %(most)s, near.*
        FROM {build}.state, {looked_up}, LATERAL (
            SELECT string_agg(facts, ''), {words} FROM (
                SELECT facts, words FROM {build}.documents WHERE {" AND ".join(conditions)}
                LIMIT CASE WHEN {expected} > %(most)s THEN 0 ELSE %(most)s END
            ) AS one
        ) AS near"""


def _parts(query: Query, places: AnyOf) -> Iterator[tuple[str, str, Collection[str]]]:
    """Of each of these a document must hold one: what answers does, and little more. With the
    name of each, and of another part that stands for it when no document holds any of it."""
    for n, keys in enumerate(facts_wanted(query, places)):
        yield f"fact{n}", f"fact{n}", keys
    if scoring.needed_share(query) >= 1:
        for n, group in enumerate(query.groups):
            held = [term for term, weight in group if weight >= scoring.HOLDING_WEIGHT]
            yield f"word{n}", SAID, held  # one that occurs nowhere is not missed
    elif query.groups:
        yield SAID, SAID, scoring.terms_of(query.groups)


def _looked_up(build: str, name: str) -> str:
    told = ", array_agg(term) AS terms, array_agg(frequency) AS frequencies"
    return f"""(
            SELECT array_agg(number) AS numbers, sum(frequency)::float8 AS held
                {told if name == SAID else ""}
            FROM {build}.terms WHERE term = ANY(string_to_array(%({name})s, %(between)s))
        ) AS {name}"""
