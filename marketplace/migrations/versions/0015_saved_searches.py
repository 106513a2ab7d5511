"""saved searches, and what they found

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op


revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PARTIAL = {
    "ix_saved_searches_due_at": ("saved_searches", "due_at", "due_at IS NOT NULL"),
    "ix_search_alerts_waiting": ("search_alerts", "search_id", "outcome = 'waiting'"),
    "ix_listings_unalerted": ("listings", "updated_at", "revision > alerted_revision"),
}


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=600), nullable=False),
        sa.Column("as_typed", sa.Boolean(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("area_code", sa.String(length=24), nullable=True),
        sa.Column("radius_km", sa.Float(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("same_as", sa.String(length=32), nullable=False),
        sa.Column("how_often", sa.String(length=8), nullable=False),
        sa.Column("feed_number", sa.Integer(), nullable=False),
        sa.Column("keyed_as", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "how_often IN ('at_once', 'daily', 'weekly', 'never')",
            name=op.f("ck_saved_searches_how_often"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_saved_searches_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("public_id", name=op.f("uq_saved_searches_public_id")),
        sa.UniqueConstraint(
            "member_id", "same_as", name=op.f("uq_saved_searches_member_id_same_as")
        ),
    )
    op.create_table(
        "saved_search_terms",
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=90), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_searches.id"],
            name=op.f("fk_saved_search_terms_search_id_saved_searches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", "term", name=op.f("pk_saved_search_terms")),
    )
    op.create_index(op.f("ix_saved_search_terms_term"), "saved_search_terms", ["term"])
    op.create_table(
        "search_alerts",
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('known', 'waiting', 'told', 'elsewhere', 'hidden')",
            name=op.f("ck_search_alerts_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_searches.id"],
            name=op.f("fk_search_alerts_search_id_saved_searches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_search_alerts_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", "listing_id", name=op.f("pk_search_alerts")),
    )
    op.create_index(op.f("ix_search_alerts_listing_id"), "search_alerts", ["listing_id"])
    op.add_column(
        "listings",
        sa.Column("alerted_revision", sa.Integer(), nullable=False, server_default="0"),
    )
    # What was there before the first saved search is no news.
    op.execute("UPDATE listings SET alerted_revision = revision")
    for name, (table, column, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_listings_unalerted", table_name="listings")
    with op.batch_alter_table("listings") as batch:
        batch.drop_column("alerted_revision")
    op.drop_table("search_alerts")
    op.drop_table("saved_search_terms")
    op.drop_table("saved_searches")
