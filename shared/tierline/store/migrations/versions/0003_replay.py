"""Replay: a recorded log that is run through the services."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0003_replay.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.replay_command")
    op.execute("DROP TABLE tierline.replay")
