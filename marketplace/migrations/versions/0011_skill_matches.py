"""which lines of members fit which posts

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "skill_terms",
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=90), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["member_skills.id"],
            name=op.f("fk_skill_terms_skill_id_member_skills"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("skill_id", "term", name=op.f("pk_skill_terms")),
    )
    op.create_index(op.f("ix_skill_terms_term"), "skill_terms", ["term"])
    op.create_table(
        "skill_matches",
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "score >= 0 AND score <= 1", name=op.f("ck_skill_matches_score_in_unit")
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["member_skills.id"],
            name=op.f("fk_skill_matches_skill_id_member_skills"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"],
            ["listings.id"],
            name=op.f("fk_skill_matches_listing_id_listings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("skill_id", "listing_id", name=op.f("pk_skill_matches")),
    )
    op.create_index(op.f("ix_skill_matches_listing_id"), "skill_matches", ["listing_id"])


def downgrade() -> None:
    op.drop_table("skill_matches")
    op.drop_table("skill_terms")
