"""Erasures of a person's data: what one that was cut short goes on with, and what remains of each."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0022_erasure.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.erasure")
