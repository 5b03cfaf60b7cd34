"""Previews of a version of the policy, and how far its terms were made to hold for open tickets."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0012_policy_previews.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.policy_preview")
