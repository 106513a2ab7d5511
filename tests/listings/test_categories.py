from marketplace.listings import categories
from marketplace.listings.rules import KINDS


def test_every_category_is_named_in_both_languages_and_has_a_known_kind():
    for category in categories.all_categories().values():
        assert category.name("en")
        assert category.name("id")
        assert category.name("en") != category.name("id")
        assert category.kind in KINDS
        assert len(category.slug) <= 40


def test_there_are_two_levels_only():
    every = categories.all_categories()
    for category in every.values():
        assert not category.parent or not every[category.parent].parent


def test_every_icon_is_in_the_sprite():
    sprite = (categories.FILE.parents[2] / "static" / "img" / "icons.svg").read_text("utf-8")
    for category in categories.all_categories().values():
        assert f'id="i-{category.icon}"' in sprite


def test_a_parent_stands_for_its_children():
    assert categories.with_children("food") > {"food", "harvest"}
    assert categories.with_children("harvest") == {"harvest"}
    assert categories.with_children("nonsense") == frozenset()


def test_every_child_is_offered_once_in_the_select():
    slugs = [slug for _, group in categories.grouped("id") for slug, _ in group]
    assert len(slugs) == len(set(slugs))
    assert len(slugs) + len(categories.parents()) == len(categories.all_categories())
