"""Sweeps: until when a consumer has seen everything."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0014_sweep.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.sweep")
