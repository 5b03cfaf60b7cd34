"""The bench's results: on the screen while they come, as JSON, as Markdown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.rows import SHORT, Row

RESULTS = Path(__file__).parent / "results"
PAGES = {False: RESULTS.with_name("RESULTS.md"), True: RESULTS.with_name("RESULTS-LONG.md")}
"""The page of a run, by whether it was of the long parts."""

NAME_WIDTH = 52
INTRODUCTION = (
    "Written by `python -m bench --markdown`; what is measured and how: [README.md](README.md)."
    " *Ratio*: how many times better than the rival (below 1: worse)."
)

Results = Mapping[str, Sequence[Row]]
"""Rows by part."""


def number(value: float | None) -> str:
    """A number with as many digits as mean something; a dash for none."""
    if value is None:
        return "-"
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def header() -> str:
    """The table's head for the screen."""
    return f"{'':{NAME_WIDTH}}{'measured':>11} {'unit':11}{'target':>9}{'ratio':>8}  "


def line(row: Row) -> str:
    """A row for the screen; its name may stand on a line of its own."""
    name = row.name if len(row.name) < NAME_WIDTH else f"{row.name}\n{'':{NAME_WIDTH}}"
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}x"
    target = "" if row.target is None else number(row.target)
    text = f"{name:{NAME_WIDTH}}{number(row.measured):>11} {row.unit:11}{target:>9}{ratio:>8}"
    return f"{text}  {row.verdict.upper() if row.verdict == SHORT else row.verdict}".rstrip()


def document(facts: Mapping[str, Any], results: Results) -> dict[str, Any]:
    """Facts and rows as one JSON object."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": dict(facts),
        "rows": [
            {"part": part, **asdict(row), "ratio": row.ratio, "verdict": row.verdict}
            for part, rows in results.items()
            for row in rows
        ],
    }


def write_json(said: Mapping[str, Any]) -> Path:
    """Keep a document in the folder of results; gives its path."""
    RESULTS.mkdir(exist_ok=True)
    stamp = said["at"].replace(":", "").replace("+0000", "Z")
    path = RESULTS / f"{stamp}.json"
    path.write_text(json.dumps(said, indent=1) + "\n")
    return path


def markdown(facts: Mapping[str, Any], results: Results) -> str:
    """Facts and rows as a page."""
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    lines = [
        "# Results of the bench",
        "",
        INTRODUCTION,
        "",
        f"Machine: {told}.",
    ]
    for part, rows in results.items():
        lines += [
            "",
            f"## {part}",
            "",
            "| | measured | unit | target | | rival | ratio | |",
            "|---|--:|---|--:|---|---|--:|---|",
            *(_cells(row) for row in rows),
        ]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> str:
    target = "" if row.target is None else number(row.target)
    rival = "" if row.rival is None else f"{row.rival_name} {number(row.rival)}"
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    cells = (row.name, number(row.measured), row.unit, target, row.verdict, rival, ratio, row.note)
    return "| " + " | ".join(cells) + " |"
