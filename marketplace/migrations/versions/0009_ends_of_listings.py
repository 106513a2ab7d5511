"""when listings end, are confirmed, asked about, saved; photos taken off

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNPLANNED = (
    "state = 'open' AND source_id IS NULL AND expires_at IS NOT NULL "
    "AND (notice_for IS NULL OR notice_for <> expires_at)"
)


def upgrade() -> None:
    with op.batch_alter_table("listings") as batch:
        for name in ("confirmed_at", "asked_at", "notice_at", "notice_for"):
            batch.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        batch.create_index(op.f("ix_listings_notice_at"), ["notice_at"])
        batch.create_index(
            op.f("ix_listings_unplanned"),
            ["updated_at"],
            sqlite_where=sa.text(UNPLANNED),
            postgresql_where=sa.text(UNPLANNED),
        )
    with op.batch_alter_table("photos") as batch:
        batch.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_index(op.f("ix_photos_removed_at"), ["removed_at"])
    op.create_table(
        "saved_listings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_saved_listings_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_saved_listings_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_listings")),
        sa.UniqueConstraint("member_id", "listing_id", name=op.f("uq_saved_listings_member_id_listing_id")),
    )
    with op.batch_alter_table("saved_listings") as batch:
        batch.create_index(op.f("ix_saved_listings_listing_id"), ["listing_id"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_questions_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_questions_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("listing_id", "member_id", name=op.f("uq_questions_listing_id_member_id")),
    )
    with op.batch_alter_table("questions") as batch:
        batch.create_index(op.f("ix_questions_member_id"), ["member_id"])


def downgrade() -> None:
    op.drop_table("questions")
    op.drop_table("saved_listings")
    with op.batch_alter_table("photos") as batch:
        batch.drop_index(op.f("ix_photos_removed_at"))
        batch.drop_column("removed_at")
    with op.batch_alter_table("listings") as batch:
        batch.drop_index(op.f("ix_listings_unplanned"))
        batch.drop_index(op.f("ix_listings_notice_at"))
        for name in ("confirmed_at", "asked_at", "notice_at", "notice_for"):
            batch.drop_column(name)
