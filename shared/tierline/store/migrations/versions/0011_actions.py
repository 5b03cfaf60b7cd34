"""Open actions of tickets, and people put beside their owners."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0011_actions.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.joined")
    op.execute("DROP TABLE tierline.action")
