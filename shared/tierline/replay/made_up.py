"""A made-up incident log with the traits of a real one, the same for the same seed.

It stands in for recorded histories in tests and examples: everybody and everything in it is
invented. `examples/made-up.yaml` is its mapping.

`python -m tierline.replay.made_up FILE` writes it.
"""

import csv
import io
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tierline.replay.made_up_tales import TALES, Desk

INCIDENTS = 300
SEED = 1

COLUMNS: Final = (
    *("case", "at", "status", "sub_status", "team", "tier", "org_line"),
    *("impact", "product", "agent"),
)
MAPPING = Path(__file__).parent / "examples" / "made-up.yaml"
"""The mapping that reads it."""

_ZONE = ZoneInfo("Europe/Brussels")
_FIRST_DAY = datetime(2024, 9, 2, 6, tzinfo=UTC)
_DAYS = 400
_SHIFTS = (datetime(2024, 10, 26, 20, tzinfo=UTC), datetime(2025, 3, 29, 20, tzinfo=UTC))
"""The evenings before clocks change in Europe."""

_EVERY_SHIFT = 7
"""One incident in so many begins on such an evening."""


def log_text(count: int = INCIDENTS, seed: int = SEED) -> str:
    """The log as CSV with a header: `count` incidents, rows of an incident in time order.

    Instants are local times of Brussels without an offset, so that some do not exist twice a year
    and some occur twice.
    """
    return _as_csv(row for number in range(count) for row in _incident(number, seed))


def write_log(path: Path, count: int = INCIDENTS, seed: int = SEED) -> None:
    """Write `log_text` to a file."""
    path.write_text(log_text(count, seed), encoding="utf-8")


def _incident(number: int, seed: int) -> list[dict[str, str]]:
    chance = Random(f"{seed}/{number}")  # noqa: S311 - repeatable, not secret
    began = _FIRST_DAY + timedelta(seconds=chance.randrange(_DAYS * 86_400))
    if number % _EVERY_SHIFT == 0:
        began = chance.choice(_SHIFTS) + timedelta(minutes=chance.randrange(240))
    desk = Desk(chance, began)
    TALES[number % len(TALES)](desk)
    fixed = {"case": f"MU-{number + 1:04d}", "org_line": desk.client, "product": desk.product}
    return [{**fixed, **_local(row)} for row in desk.rows]


def _local(row: dict[str, str]) -> dict[str, str]:
    """A row with its instant as a local time, unless it is one nobody can read."""
    try:
        at = datetime.fromisoformat(row["at"]).astimezone(_ZONE)
    except ValueError:
        return row
    return {**row, "at": at.strftime("%Y-%m-%d %H:%M:%S")}


def _as_csv(rows: Iterable[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main(arguments: list[str]) -> int:
    """Write the log to the file that is named; returns the exit code."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    write_log(Path(arguments[0]))
    print(f"wrote {arguments[0]}; its mapping is {MAPPING}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
