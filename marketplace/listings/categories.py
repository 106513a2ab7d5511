"""The two-level categories of ``categories.csv``, with their names in both languages. Pure.

A category is a hint for people and for ranking; no rule forbids a kind in a category.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("categories.csv")


@dataclass(frozen=True, slots=True)
class Category:
    """``kind`` is the usual kind in it; ``spoils``: what is offered in it is fresh food."""

    slug: str
    parent: str
    names: tuple[tuple[str, str], ...]
    kind: str
    icon: str
    spoils: bool

    def name(self, language: str) -> str:
        """The name in ``language``; English when there is none."""
        names = dict(self.names)
        return names.get(language, names["en"])


@cache
def all_categories() -> dict[str, Category]:
    """Every category by slug, parents before their children, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["slug"]: _category(row) for row in csv.DictReader(file)}


def _category(row: dict[str, str]) -> Category:
    return Category(
        slug=row["slug"],
        parent=row["parent"],
        names=(("en", row["name_en"]), ("id", row["name_id"])),
        kind=row["kind"],
        icon=row["icon"],
        spoils=row["spoils"] == "yes",
    )


def find(slug: str) -> Category | None:
    """The category, or None for an unknown slug."""
    return all_categories().get(slug)


def is_category(slug: str) -> bool:
    return slug in all_categories()


def name(slug: str, language: str) -> str:
    """The name of a category; empty for an unknown slug."""
    category = find(slug)
    return category.name(language) if category else ""


def parents() -> list[Category]:
    """The upper level, in order."""
    return [category for category in all_categories().values() if not category.parent]


@cache
def children(slug: str) -> tuple[Category, ...]:
    """The lower level of one parent, in order."""
    return tuple(c for c in all_categories().values() if c.parent == slug)


@cache
def with_children(slug: str) -> frozenset[str]:
    """The slug and the slugs below it: what a filter by this category accepts."""
    if not is_category(slug):
        return frozenset()
    return frozenset({slug, *(category.slug for category in children(slug))})


def family(slug: str) -> str:
    """The slug of the parent; the slug itself when it is one."""
    category = find(slug)
    return (category.parent or category.slug) if category else ""


def grouped(language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """(name of the parent, [(slug, name), ...]) for a select with groups."""
    return [
        (parent.name(language), [(c.slug, c.name(language)) for c in children(parent.slug)])
        for parent in parents()
    ]
