"""What the auditor has told of, so that several auditors tell it once."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute((Path(__file__).parent / "0021_findings.sql").read_text())


def downgrade() -> None:
    op.execute("DROP TABLE tierline.finding")
