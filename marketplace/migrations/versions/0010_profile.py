"""photo, languages and skills of members

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("members") as batch:
        batch.add_column(
            sa.Column("photo_name", sa.String(length=40), nullable=False, server_default="")
        )
        batch.add_column(
            sa.Column("languages_spoken", sa.JSON(), nullable=False, server_default="[]")
        )
    op.create_table(
        "member_skills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "direction IN ('offer', 'request')", name=op.f("ck_member_skills_direction")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_member_skills_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_skills")),
        sa.UniqueConstraint("public_id", name=op.f("uq_member_skills_public_id")),
    )
    op.create_index(op.f("ix_member_skills_member_id"), "member_skills", ["member_id"])
    op.create_index("ix_member_skills_matched_at_id", "member_skills", ["matched_at", "id"])


def downgrade() -> None:
    op.drop_table("member_skills")
    with op.batch_alter_table("members") as batch:
        batch.drop_column("languages_spoken")
        batch.drop_column("photo_name")
