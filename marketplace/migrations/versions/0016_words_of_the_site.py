"""words that a site adds to the lexicon, and in which way texts were read

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

READ = sa.text("state IN ('pending', 'open', 'held')")
PRESENT = sa.text("removed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "synonyms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("words", sa.String(length=50), nullable=False),
        sa.Column("phrase", sa.String(length=50), nullable=False),
        sa.Column("same_as", sa.String(length=50), nullable=False),
        sa.Column("same_phrase", sa.String(length=50), nullable=False),
        sa.Column("concept", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synonyms")),
        sa.UniqueConstraint("public_id", name=op.f("uq_synonyms_public_id")),
    )
    op.create_index(
        "uq_synonyms_phrase_present",
        "synonyms",
        ["phrase"],
        unique=True,
        sqlite_where=PRESENT,
        postgresql_where=PRESENT,
    )
    # What is there was read in a way that has no name: the sweep reads it anew.
    for table in ("listings", "member_skills"):
        op.add_column(
            table, sa.Column("reading", sa.String(length=16), nullable=False, server_default="")
        )
    op.add_column("listings", sa.Column("reread_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_listings_state_reading",
        "listings",
        ["state", "reading"],
        sqlite_where=READ,
        postgresql_where=READ,
    )
    op.create_index("ix_member_skills_reading", "member_skills", ["reading"])


def downgrade() -> None:
    op.drop_index("ix_member_skills_reading", table_name="member_skills")
    op.drop_index("ix_listings_state_reading", table_name="listings")
    with op.batch_alter_table("listings") as batch:
        batch.drop_column("reread_at")
        batch.drop_column("reading")
    with op.batch_alter_table("member_skills") as batch:
        batch.drop_column("reading")
    op.drop_index("uq_synonyms_phrase_present", table_name="synonyms")
    op.drop_table("synonyms")
