"""Run the one Alembic history: `python -m tierline.store.migrate`, as its own job."""

import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` (postgresql://...) to `revision`. Blocks until done."""
    command.upgrade(_config(url), revision)


def history() -> ScriptDirectory:
    """The revisions that this version knows."""
    return ScriptDirectory.from_config(_config(""))


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to `revision`. Blocks until done."""
    command.downgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return config


def main() -> int:
    """Migrate what TIERLINE_DATABASE_URL names; 0 when done, 2 where the variable is missing."""
    url = os.environ.get("TIERLINE_DATABASE_URL")
    if not url:
        print("TIERLINE_DATABASE_URL is not set", file=sys.stderr)
        return 2
    upgrade(url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
