"""Assignment: who is asked, what each person has in hand, whose turn it was when."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0008_assignment.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX tierline.event_turn")
    op.execute("DROP INDEX tierline.ticket_in_hand")
    op.execute("ALTER TABLE tierline.ticket DROP COLUMN offered_to")
