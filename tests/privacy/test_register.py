"""Nothing that is held of a member is forgotten: the register is held against the schema."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table

from marketplace.db import db
from marketplace.privacy import fields
from marketplace.privacy.held import WHOLE, Held
from marketplace.privacy.register import HELD, OTHERS


def leads_to_members(metadata: MetaData) -> set[str]:
    """Every table from which foreign keys lead to a member, over however many others."""
    found = {"members"}
    while True:
        more = {
            table.name
            for table in metadata.sorted_tables
            if any(key.column.table.name in found for key in table.foreign_keys)
        } - found
        if not more:
            return found
        found |= more


def forgotten(metadata: MetaData, held: dict[str, Held]) -> list[str]:
    """What of the schema the register does not speak of, as sentences."""
    wrong = [f"{name}: no entry" for name in sorted(leads_to_members(metadata) - held.keys())]
    for name in sorted(metadata.tables.keys() - held.keys() - OTHERS.keys()):
        wrong.append(f"{name}: neither held nor listed among the others")
    for name, entry in held.items():
        table = metadata.tables.get(name)
        if table is None:
            wrong.append(f"{name}: no such table")
        else:
            wrong += _forgotten_columns(table, entry)
    return wrong


def _forgotten_columns(table: Table, entry: Held) -> Iterator[str]:
    name, columns = table.name, set(table.columns.keys())
    spoken_of = set(entry.whose) | set(entry.names)
    for key in table.foreign_keys:
        target = key.column.table.name
        if target == "members" and key.parent.name not in spoken_of:
            yield f"{name}.{key.parent.name} points at a member: whose, or names"
    named = spoken_of | set(entry.scrub) | entry.stays | set(entry.withheld) - {WHOLE}
    for column in sorted(named - columns):
        yield f"{name}.{column}: no such column"
    if entry.erase == "scrub":
        for column in sorted(columns - set(entry.scrub) - entry.stays):
            yield f"{name}.{column}: scrubbed, or may it stay?"
        for column in sorted(set(entry.scrub) & entry.stays):
            yield f"{name}.{column}: both scrubbed and kept"
    if entry.erase != "delete" and not entry.why:
        yield f"{name}: why may it stay?"
    if entry.part_of and not any(k.column.table.name == entry.part_of for k in table.foreign_keys):
        yield f"{name}: no key leads to {entry.part_of}"


def test_every_table_and_column_that_leads_to_a_member_is_spoken_for(app: Flask) -> None:
    assert forgotten(db.metadata, HELD) == []


@pytest.fixture
def schema(app: Flask) -> MetaData:
    """A copy of the schema to which a test may add."""
    copy = MetaData()
    for table in db.metadata.sorted_tables:
        table.to_metadata(copy)
    return copy


def test_a_new_table_with_a_way_to_a_member_is_noticed(schema: MetaData) -> None:
    Table("loans", schema, Column("listing_id", Integer, ForeignKey("listings.id")))
    Table("fines", schema, Column("loan", Integer, ForeignKey("loans.listing_id")))
    assert "loans: no entry" in forgotten(schema, HELD)
    assert "fines: no entry" in forgotten(schema, HELD)


def test_a_table_that_leads_nowhere_is_noticed_too(schema: MetaData) -> None:
    Table("diary", schema, Column("address", Integer))
    assert "diary: neither held nor listed among the others" in forgotten(schema, HELD)


def test_a_new_column_of_a_row_that_stays_is_noticed(schema: MetaData) -> None:
    schema.tables["members"].append_column(Column("motto", Integer))
    assert forgotten(schema, HELD) == ["members.motto: scrubbed, or may it stay?"]


def test_a_second_column_that_points_at_a_member_is_noticed(schema: MetaData) -> None:
    schema.tables["photos"].append_column(Column("taken_by", ForeignKey("members.id")))
    assert forgotten(schema, HELD) == ["photos.taken_by points at a member: whose, or names"]


def test_every_column_that_a_copy_shows_has_a_name_in_words(app: Flask) -> None:
    """A new column is either shown, then it is named, or withheld with a reason."""
    shown = [n for n, held in HELD.items() if WHOLE not in held.withheld]
    assert [name for name in shown if name not in fields.TABLES] == []
    keys = {(name, key) for name in shown for key in fields.keys_of(name)}
    assert sorted(f"{name}.{key}" for name, key in keys if key not in fields.COLUMNS) == []


def test_no_name_is_left_over(app: Flask) -> None:
    keys = {key for name in fields.TABLES for key in fields.keys_of(name)}
    assert sorted(fields.COLUMNS.keys() - keys) == []
    assert sorted(fields.TABLES.keys() - HELD.keys()) == []


def test_nothing_is_withheld_without_a_reason() -> None:
    for name, held in HELD.items():
        assert all(held.withheld.values()), name
