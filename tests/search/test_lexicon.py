"""The files of the lexicon, and what reading them refuses."""

from pathlib import Path

import pytest

from marketplace.listings import categories
from marketplace.search.lexicon import LEXICON, LONGEST, read
from marketplace.search.meanings import concepts_of
from marketplace.search.tokens import tokens

LINE = "{}\t{}\thand-tools\tpalu\t\thammer"


def test_every_line_can_be_used() -> None:
    lexicon = read(categories={"", *categories.all_categories()})
    assert len(lexicon.concepts) >= 1_500
    for concept in lexicon.concepts.values():
        for written in concept.phrases:
            phrase = tuple(tokens(written))
            assert phrase, concept.slug
            assert concept.slug in concepts_of(phrase[:LONGEST]), written


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a\t\thand-tools\tpalu"], "line 1: 4 columns"),
        (["a\t\thand-tools\tpalu\t\t"], "line 1: no English words"),
        ([LINE.format("a", ""), "# b", LINE.format("a", "")], "line 3: a stands in x.tsv, line 1"),
        ([LINE.format("a", "b")], "line 1: there is no concept b"),
        ([LINE.format("a", "b"), LINE.format("b", "a")], "a lies below itself"),
        (
            [LINE.format("a", "").replace("hand-tools", "no-such")],
            "line 1: there is no category no-such",
        ),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, lines: list[str], said: str) -> None:
    (tmp_path / "x.tsv").write_text("\n".join(lines), "utf-8")
    with pytest.raises(ValueError, match=said):
        read(tmp_path, categories={"hand-tools"})


@pytest.mark.parametrize(
    ("line", "said"),
    [("a b", "line 1: neither < nor ~"), ("a < b", "there is no b"), ("c ~ a", "there is no c")],
)
def test_a_relation_that_is_wrong_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "x.tsv").write_text(LINE.format("a", ""), "utf-8")
    (tmp_path / "relations.txt").write_text(line, "utf-8")
    with pytest.raises(ValueError, match=said):
        read(tmp_path)


def test_relations_add_to_the_tree() -> None:
    assert {"childrens-clothes", "clothes", "baby-thing"} <= set(LEXICON.ancestors("baby-clothes"))
    assert "sewing-lesson" in LEXICON.beside("sewing-machine")
    assert "sewing-machine" in LEXICON.beside("sewing-lesson")


def test_what_lies_above_is_told_nearest_first() -> None:
    assert LEXICON.ancestors("pressure-cooker")[:2] == ["cookware", "kitchenware"]
