"""Places: due messages by the address they wait for."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0005_places.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX tierline.message_place")
    op.execute("DROP INDEX tierline.message_due")
    op.execute("CREATE INDEX message_due ON tierline.message (due_at) WHERE state = 'pending'")
