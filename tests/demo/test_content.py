"""What was written for the demo: whole, varied, and made to fit."""

from collections import Counter
from datetime import timedelta
from itertools import product

from PIL import Image

from marketplace.demo import content
from marketplace.listings import categories, rules

DRAWING_BYTES_MAX = 16 * 1024


def test_sixty_members_and_about_four_hundred_posts_with_names_of_their_own() -> None:
    members, posts = content.members(), content.posts()
    assert len(members) == len({member.key for member in members}) == 60
    assert len({member.name for member in members}) == 60
    assert 400 <= len(posts) <= 480
    assert len({post.id for post in posts}) == len(posts)
    assert len({post.title.lower() for post in posts}) == len(posts)


def test_every_member_posts_and_every_region_is_there() -> None:
    posts = content.posts()
    assert {post.owner for post in posts} == {member.key for member in content.members()}
    regions = {member.area[:5] for member in content.members()}
    assert {"32.76", "31.74", "34.03", "53.71"} <= regions


def test_all_directions_kinds_terms_and_both_languages_occur_often() -> None:
    posts = content.posts()
    sides = Counter((post.direction, post.kind) for post in posts)
    assert set(sides) == set(product(rules.DIRECTIONS, rules.KINDS))
    assert min(sides.values()) >= 30
    terms = Counter(term for post in posts for term in post.terms)
    assert min(terms[term] for term in rules.TERMS) >= 50
    assert Counter(post.language for post in posts)["en"] >= 20


def test_at_least_120_pairs_are_made_for_each_other() -> None:
    sides: dict[str, Counter[str]] = {}
    for post in content.posts():
        for name in post.fits:
            sides.setdefault(name.rstrip("~"), Counter())[post.direction] += 1
    assert sum(group["offer"] * group["request"] for group in sides.values()) >= 120


def test_every_category_and_unit_that_is_named_exists() -> None:
    for post in content.posts():
        named = {post.category, *(category for _, category in post.wishes)}
        assert all(categories.is_category(slug) for slug in named), post.id
        assert post.unit in ("", *rules.UNITS), post.id


def test_drawings_are_small_described_in_both_languages_and_drawn_by_us() -> None:
    drawings = content.drawings()
    assert len(drawings) >= 40
    for name, drawing in drawings.items():
        assert drawing.file.stat().st_size <= DRAWING_BYTES_MAX, name
        assert drawing.file.with_suffix(".svg").is_file(), name
        assert all(drawing.alt[language] for language in ("id", "en")), name
        with Image.open(drawing.file) as picture:
            assert picture.format == "WEBP"
    stray = {path.stem for path in content.DRAWINGS.glob("*.svg")} - set(drawings)
    assert not stray


def test_drawings_belong_to_offers_only() -> None:
    assert all(post.direction == "offer" for post in content.posts() if post.drawing)


def test_conversations_are_about_posts_of_others() -> None:
    posts = {post.id: post for post in content.posts()}
    for one in content.conversations():
        owner = posts[one.post].owner
        assert one.opener != owner
        assert one.messages[0].sender == one.opener
        assert {message.sender for message in one.messages} <= {one.opener, owner}


def test_a_post_is_as_old_at_every_load_and_never_older_than_it_may_get() -> None:
    for post in content.posts():
        longest = timedelta(days=3)
        assert post.age(longest) == post.age(longest) < longest
